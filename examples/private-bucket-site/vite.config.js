import { defineConfig } from 'vite';

// The workshop uploads two files, index.html and scripts.js; a style sheet goes
// beside them. All addresses are relative, so that the page works wherever its
// folder is served.
export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      output: { entryFileNames: 'scripts.js', assetFileNames: 'styles[extname]', codeSplitting: false },
    },
  },
});
