// An ochre star on wet sand, left by the last wave.
import { H, TAU, W, blend, blob, caustics, chance, clamp, fade, fillAll, finish, ground, layer, linear, mix, noise, radial, ribbon, smooth } from './lib.js';

/** The outline of the star; each arm bends a little its own way. */
function outline(x, y, size, turn, bend, grow = 1) {
  const pts = [];
  for (let i = 0; i < 5; i++) {
    const a = turn + (i / 5) * TAU;
    for (const [da, d] of [[-0.63, 0.4], [-0.3, 0.5], [-0.125, 0.82], [-0.055, 1.02], [0.055, 1.02], [0.125, 0.82], [0.3, 0.5]]) {
      const q = a + da + bend[i] * d * d, k = size * d * grow;
      pts.push([x + Math.cos(q) * k, y + Math.sin(q) * k]);
    }
  }
  return smooth(pts);
}

function star(c, r, x, y, size, turn, [dark, mid, light]) {
  const bend = [0, 1, 2, 3, 4].map(() => r.bell() * 0.22);
  layer(c, { blur: size * 0.05, alpha: 0.62 }, (s) => {
    s.fillStyle = '#2a1a1c';
    s.fill(outline(x + size * 0.05, y + size * 0.09, size, turn, bend, 1.02));
  });
  const shape = outline(x, y, size, turn, bend);
  c.fillStyle = radial(c, x - size * 0.14, y - size * 0.18, 0, size * 1.1, light, [0.45, mid], dark);
  c.fill(shape);
  c.save();
  c.clip(shape);
  layer(c, { blur: size * 0.045 }, (s) => { // the flanks turn away from the light
    s.save();
    s.clip(shape);
    s.strokeStyle = fade(dark, 0.95);
    s.lineWidth = size * 0.1;
    s.stroke(shape);
    s.restore();
    s.strokeStyle = fade('#fff0cf', 0.5);
    s.lineWidth = size * 0.05;
    for (let i = 0; i < 5; i++) {
      s.beginPath();
      for (let d = 0.05; d < 0.96; d += 0.05) {
        const q = turn + (i / 5) * TAU + bend[i] * d * d - 0.04 / (d + 0.3);
        s.lineTo(x + Math.cos(q) * size * d - size * 0.02, y + Math.sin(q) * size * d - size * 0.03);
      }
      s.stroke();
    }
  });
  const bead = (px, py, s) => {
    c.fillStyle = fade(dark, 0.55);
    c.beginPath();
    c.arc(px + s * 0.35, py + s * 0.45, s, 0, TAU);
    c.fill();
    c.fillStyle = radial(c, px - s * 0.3, py - s * 0.4, 0, s * 1.5, '#fffaf0', blend(light, '#fff4e2', 0.55));
    c.beginPath();
    c.arc(px, py, s, 0, TAU);
    c.fill();
  };
  for (let i = 0; i < 5; i++) { // a spine of beads down each arm, a net of smaller ones beside it
    const a = turn + (i / 5) * TAU;
    for (let d = 0.06; d < 1; d += 0.034) {
      const q = a + bend[i] * d * d, half = mix(0.2, 0.05, clamp(d * 1.1));
      for (const k of [-2, -1, 0, 1, 2]) {
        const side = k * half * 0.4 * (1 + 0.14 * r.bell()), along = d + (k % 2 ? 0.017 : 0) + r.bell() * 0.004;
        const px = x + Math.cos(q) * size * along - Math.sin(q) * size * side, py = y + Math.sin(q) * size * along + Math.cos(q) * size * side;
        bead(px, py, size * (k ? 0.0095 : 0.0145) * mix(1.1, 0.75, d) * r.between(0.8, 1.15));
      }
    }
  }
  c.restore();
}

function scallop(c, x, y, size, turn, colour) {
  const rim = [];
  for (let i = 0; i <= 22; i++) {
    const a = mix(-1.08, 1.08, i / 22);
    rim.push([Math.sin(a) * size, -Math.cos(a) * size * (i % 2 ? 1.02 : 0.96)]);
  }
  const path = new Path2D();
  path.moveTo(-size * 0.17, size * 0.16);
  rim.forEach((q) => path.lineTo(...q));
  path.lineTo(size * 0.17, size * 0.16);
  path.closePath();
  c.save();
  c.translate(x, y);
  c.rotate(turn);
  c.save();
  c.filter = 'blur(7px)';
  c.translate(size * 0.06, size * 0.1);
  c.fillStyle = fade('#2a1a1c', 0.5);
  c.fill(path);
  c.restore();
  c.fillStyle = radial(c, 0, size * 0.1, size * 0.1, size * 1.1, blend(colour, '#ffffff', 0.7), [0.5, colour], [0.62, blend(colour, '#ffffff', 0.55)], [0.8, colour], blend(colour, '#ffffff', 0.65));
  c.fill(path);
  c.lineWidth = size * 0.03;
  for (let i = 0; i <= 22; i += 2) {
    c.strokeStyle = fade(blend(colour, '#40151c', 0.6), 0.5);
    c.beginPath();
    c.moveTo(0, size * 0.1);
    c.lineTo(...rim[i]);
    c.stroke();
  }
  c.restore();
}

function weed(c, r, x, y, size) {
  for (let i = 0; i < 9; i++) {
    let a = r.between(-2.6, -0.4), px = x, py = y;
    const pts = [[px, py]];
    for (let k = 0; k < 14; k++) {
      a += r.bell() * 0.22;
      px += Math.cos(a) * size * 0.09; py += Math.sin(a) * size * 0.09;
      pts.push([px, py]);
    }
    c.fillStyle = fade('#1d1512', 0.35);
    c.fill(ribbon(pts.map(([u, v]) => [u + 5, v + 7]), (t) => size * 0.06 * (1 - t * 0.6)));
    c.fillStyle = linear(c, x, y, px, py, '#3b3a14', '#7d8a2c', '#b7b64a');
    c.fill(ribbon(pts, (t) => size * 0.06 * (1 - t * 0.6) * (1 + 0.35 * Math.sin(t * 40))));
  }
}

export default function draw(c) {
  const r = chance(3);
  ground(c, { dark: '#8a6a4c', light: '#f6deb6', scale: 190, relief: 1.3, seed: 5, stretch: 1.7, octaves: 7 });
  fillAll(c, linear(c, 0, 0, W, H, fade('#ffe7b0', 0.35), fade('#c98f6c', 0.1), fade('#5b3b49', 0.42)));
  for (let i = 0; i < 900; i++) { // grains that are pebbles
    const s = r.between(0.8, 3.2);
    c.fillStyle = fade(r.pick(['#5c4a40', '#fff5df', '#a58365', '#3d4b50']), 0.55);
    c.beginPath();
    c.arc(r.between(0, W), r.between(0, H), s, 0, TAU);
    c.fill();
  }
  // The wave: a sheet of water with a torn edge of foam, from the upper right.
  const edge = (x) => 470 - x * 0.62 + 46 * Math.sin(x / 130 + 0.6) + 90 * (noise(x / 210, 3, 9) - 0.5);
  const sheet = (shift) => {
    const p = new Path2D();
    p.moveTo(-60, -60);
    for (let x = -60; x <= W + 60; x += 8) p.lineTo(x, -edge(W - x) + 330 + shift);
    p.lineTo(W + 60, -60);
    p.closePath();
    return p;
  };
  layer(c, { blur: 5, alpha: 0.55 }, (s) => { s.fillStyle = '#6b4c3e'; s.fill(sheet(46)); });
  layer(c, { alpha: 0.92 }, (s) => { s.fillStyle = linear(s, 400, 420, 120, -60, fade('#8fdccb', 0.4), fade('#37a9ac', 0.82), '#0f6f86'); s.fill(sheet(14)); });
  caustics(c, { clip: sheet(10), alpha: 0.75, scale: 1.1, seed: 17, mode: 'overlay', tint: '#ffffff' });
  for (const [shift, width, alpha] of [[14, 15, 0.95], [-14, 6, 0.6], [-44, 3.5, 0.4], [34, 3, 0.5]]) {
    c.save();
    c.strokeStyle = fade('#fffdf6', alpha);
    c.lineWidth = width;
    c.lineJoin = 'round';
    c.setLineDash(shift === 14 ? [] : [r.between(60, 130), r.between(20, 60), r.between(20, 50), r.between(12, 40)]);
    c.stroke(sheet(shift));
    c.restore();
  }
  for (let i = 0; i < 520; i++) {
    const x = r.between(0, W), y = -edge(W - x) + 338 + r.bell() * 16;
    c.fillStyle = fade('#fffef8', r.between(0.35, 0.95));
    c.beginPath();
    c.arc(x, y, r.between(1, 7) * r.next(), 0, TAU);
    c.fill();
  }
  weed(c, r, 150, 235, 190);
  scallop(c, 1010, 640, 74, 0.5, '#e98f86');
  scallop(c, 1090, 548, 40, -0.7, '#c9a2c4');
  scallop(c, 235, 716, 46, 2.2, '#f0b27a');
  for (let i = 0; i < 26; i++) {
    const left = i % 2, x = left ? r.between(40, 380) : r.between(880, 1180), y = r.between(left ? 668 : 420, 785), s = r.between(7, 22), colour = r.pick(['#6c7678', '#9aa39c', '#d8cdb8', '#584a4b', '#b48a74']);
    c.fillStyle = fade('#2a1a1c', 0.4);
    c.fill(blob(chance(i), x + 4, y + 6, s, s * 0.75, 0.12));
    c.fillStyle = linear(c, x - s, y - s, x + s, y + s, blend(colour, '#ffffff', 0.4), blend(colour, '#1c1418', 0.45));
    c.fill(blob(chance(i), x, y, s, s * 0.75, 0.12));
  }
  star(c, r, 330, 190, 74, 0.9, ['#5b1f4d', '#a5487e', '#e79ac0']);
  star(c, r, 570, 475, 318, -1.25, ['#a8321a', '#ee7a2a', '#ffc45c']);
  finish(c, { seed: 8, corners: 0.42, shade: '#2b1420' });
}
