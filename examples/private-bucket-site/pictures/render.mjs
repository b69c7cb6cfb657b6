// Draws the pictures in a headless Chromium and writes them as JPEG files.
//
//   npm install --no-save playwright-core
//   node pictures/render.mjs ../../internal/demo/pictures [NAME…]
//
// CHROMIUM names the browser, /usr/bin/chromium if unset.

import { createServer } from 'node:http';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const [out, ...only] = process.argv.slice(2);
if (!out) {
  console.error('usage: node pictures/render.mjs OUTPUT-FOLDER [NAME…]');
  process.exit(2);
}
const here = path.dirname(fileURLToPath(import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript' };

// A server of our own, because modules do not load from file: addresses.
const server = createServer(async (req, res) => {
  const name = path.basename(new URL(req.url, 'http://x').pathname);
  const type = types[path.extname(name)];
  const text = type && (await readFile(path.join(here, name)).catch(() => null));
  res.writeHead(text ? 200 : 404, { 'content-type': type ?? 'text/plain' });
  res.end(text || 'not found');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}/page.html`;

const scenes = (await readdir(here)).filter((f) => f.endsWith('.js') && f !== 'lib.js').map((f) => f.slice(0, -3));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  await mkdir(out, { recursive: true });
  for (const name of scenes.filter((s) => !only.length || only.includes(s))) {
    const page = await browser.newPage();
    await page.goto(`${base}#${name}`);
    const drawn = await page.waitForFunction('window.drawn', null, { timeout: 120_000 });
    const fault = await drawn.jsonValue();
    if (fault !== true) throw new Error(`${name}: ${fault}`);
    const url = await page.evaluate(() => document.getElementById('sheet').toDataURL('image/jpeg', 0.8));
    const jpeg = Buffer.from(url.split(',')[1], 'base64');
    await writeFile(path.join(out, `${name}.jpg`), jpeg);
    console.log(`${name}.jpg`, Math.round(jpeg.length / 1000), 'kB');
    await page.close();
  }
} finally {
  await browser.close();
  server.close();
}
