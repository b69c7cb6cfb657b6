// The lighthouse at the hour when its lamp begins to count.
import { H, TAU, W, blend, chance, fade, fbm, field, fillAll, finish, glow, ground, layer, linear, mix, noise, rgb } from './lib.js';

const HORIZON = 560, LAMP = [812, 214];

function clouds(c) {
  const lit = rgb('#ffb48a'), under = rgb('#6b4a86');
  field(c, { step: 2 }, (x, y) => {
    const h = fbm(x / 330, y / 62, 4, 5), a = Math.max(0, h - 0.47) * 3.4 * Math.min(1, (HORIZON - y) / 240) * (y < HORIZON ? 1 : 0);
    const t = Math.min(1, Math.max(0, (fbm(x / 330, (y + 10) / 62, 4, 5) - h) * 7 + y / HORIZON));
    return [...[0, 1, 2].map((i) => mix(under[i], lit[i], t)), Math.min(0.85, a)];
  });
}

function sea(c, r) {
  c.fillStyle = linear(c, 0, HORIZON, 0, H, '#e98d7c', [0.12, '#8e5f86'], [0.45, '#3b4374'], '#101a3c');
  c.fillRect(0, HORIZON, W, H - HORIZON);
  for (let row = 0; row < 46; row++) { // waves grow towards us
    const t = row / 46, y = HORIZON + 3 + t * t * 250;
    for (let i = 0; i < 34; i++) {
      const x = r.between(-60, W), w = mix(14, 150, t) * r.between(0.4, 1.2);
      const warm = Math.exp(-(((x - 300) / mix(90, 260, t)) ** 2));
      c.strokeStyle = fade(r.next() < 0.5 + warm * 0.4 ? blend('#6f6aa6', '#ffd9a0', warm) : '#0d1636', mix(0.5, 0.3, t) * (0.5 + warm * 0.6));
      c.lineWidth = mix(0.8, 4.4, t) * r.between(0.5, 1);
      c.beginPath();
      c.moveTo(x, y);
      c.quadraticCurveTo(x + w / 2, y - mix(1, 9, t), x + w, y);
      c.stroke();
    }
  }
}

function cliff(top, seed) {
  const p = new Path2D();
  p.moveTo(W + 10, H + 10);
  p.lineTo(W + 10, top(W));
  for (let x = W; x >= 380; x -= 6) p.lineTo(x, Math.min(H + 10, top(x) + (90 * (noise(x / 46, seed, seed) - 0.5) + 30 * (noise(x / 13, seed, 8) - 0.5)) * Math.max(0.12, Math.min(1, (640 - x) / 60))));
  p.lineTo(380, H + 10);
  p.closePath();
  return p;
}

function tower(c) {
  const [x, y] = LAMP, base = 520, half = (v) => mix(26, 47, (v - y - 40) / (base - y - 40));
  const side = (from, to) => {
    const p = new Path2D();
    p.moveTo(x - half(from), from); p.lineTo(x + half(from), from); p.lineTo(x + half(to), to); p.lineTo(x - half(to), to);
    p.closePath();
    return p;
  };
  const round = (a, b, d) => linear(c, x - 46, 0, x + 46, 0, a, [0.3, b], d);
  c.fillStyle = round('#ffd9c0', '#f3e6e4', '#4d4770');
  c.fill(side(y + 40, base + 20));
  for (const [from, to] of [[300, 352], [406, 458]]) {
    c.fillStyle = round('#ff8a5e', '#d8402f', '#551a38');
    c.fill(side(from, to));
  }
  for (const [wy, s] of [[330, 7], [432, 8], [490, 9]]) {
    c.fillStyle = '#ffd06b';
    c.beginPath();
    c.roundRect(x - s * 0.6, wy - s, s * 1.2, s * 2.1, [s, s, 0, 0]);
    c.fill();
  }
  c.fillStyle = round('#4d3a56', '#2c2444', '#140f2a');
  c.fillRect(x - 42, y + 30, 84, 11);
  c.beginPath();
  c.moveTo(x - 30, y - 26); c.quadraticCurveTo(x, y - 66, x + 30, y - 26); c.closePath(); c.fill();
  c.fillRect(x - 2, y - 68, 4, 26);
  c.fillStyle = linear(c, 0, y - 26, 0, y + 30, '#fff8d8', '#ffd772', '#e79038');
  c.fillRect(x - 22, y - 26, 44, 56);
  c.strokeStyle = '#241b3a';
  c.lineWidth = 3;
  for (const k of [-22, -8, 8, 22]) { c.beginPath(); c.moveTo(x + k, y - 26); c.lineTo(x + k, y + 30); c.stroke(); }
  c.lineWidth = 1.6;
  for (let k = -42; k <= 42; k += 10.5) { c.beginPath(); c.moveTo(x + k, y + 30); c.lineTo(x + k, y + 12); c.stroke(); }
  c.beginPath(); c.moveTo(x - 42, y + 12); c.lineTo(x + 42, y + 12); c.stroke();
}

function house(c) {
  c.fillStyle = linear(c, 890, 0, 1010, 0, '#f2d3c6', '#6a5c84');
  c.fillRect(892, 466, 112, 66);
  c.fillStyle = linear(c, 0, 420, 0, 470, '#a23a3a', '#5b1f3a');
  c.beginPath();
  c.moveTo(880, 470); c.lineTo(908, 424); c.lineTo(992, 424); c.lineTo(1018, 470); c.closePath(); c.fill();
  c.fillRect(968, 404, 14, 30);
  for (const wx of [910, 946]) { c.fillStyle = '#ffcf6e'; c.fillRect(wx, 486, 19, 23); c.fillStyle = '#5b3a44'; c.fillRect(wx + 8.5, 486, 2, 23); c.fillRect(wx, 496.5, 19, 2); }
  glow(c, 936, 500, 90, '#ffb347', 0.45);
}

export default function draw(c) {
  const r = chance(15);
  fillAll(c, linear(c, 0, 0, 0, HORIZON, '#16204f', [0.3, '#3d3f80'], [0.58, '#93618f'], [0.8, '#ea8f7a'], '#ffd29a'));
  for (let i = 0; i < 150; i++) {
    const y = r.next() ** 2 * 330;
    c.fillStyle = fade('#fff6e4', r.between(0.2, 0.9) * (1 - y / 340));
    c.beginPath();
    c.arc(r.between(0, W), y, r.between(0.5, 1.5), 0, TAU);
    c.fill();
  }
  clouds(c);
  glow(c, 300, HORIZON - 4, 430, '#ffd08a', 0.9);
  c.fillStyle = '#fff3cf';
  c.beginPath();
  c.arc(300, HORIZON - 8, 34, Math.PI, 0);
  c.fill();
  sea(c, r);
  layer(c, { mode: 'screen', blur: 7 }, (s) => { // the beam
    for (const [to, spread, alpha] of [[[-300, 20], 105, 0.62], [[1900, 130], 90, 0.5]]) {
      s.fillStyle = linear(s, ...LAMP, ...to, fade('#fff1b8', alpha), fade('#ffdf9a', 0));
      s.beginPath();
      s.moveTo(LAMP[0], LAMP[1] - 12); s.lineTo(to[0], to[1] - spread); s.lineTo(to[0], to[1] + spread); s.lineTo(LAMP[0], LAMP[1] + 16);
      s.fill();
    }
  });
  const back = cliff((x) => 545 - (x - 620) * 0.02 + Math.max(0, 636 - x) ** 1.16 * 0.75, 3);
  ground(c, { dark: '#15122f', light: '#c98a7c', scale: 75, relief: 4.6, seed: 44, clip: back, stretch: 0.7 });
  c.save();
  c.clip(back);
  fillAll(c, linear(c, 420, 0, W, 0, fade('#ff9d6c', 0.3), fade('#2a1f50', 0.45), fade('#120d2c', 0.82)));
  fillAll(c, linear(c, 0, 540, 0, 800, fade('#0d0b26', 0), fade('#0d0b26', 0.8)));
  c.restore();
  house(c);
  tower(c);
  c.strokeStyle = '#3a4a3d'; // grass along the edge
  for (let i = 0; i < 900; i++) {
    const x = r.between(610, W), y = 549 - (x - 620) * 0.02 + r.bell() * 7 + 6;
    c.strokeStyle = fade(blend('#2a2647', '#d99a6a', r.next() * (1.1 - (x - 600) / 600)), 0.9);
    c.lineWidth = r.between(0.8, 2);
    c.beginPath();
    c.moveTo(x, y + 8);
    c.quadraticCurveTo(x + 1, y - 2, x + r.between(2, 9), y - r.between(4, 13));
    c.stroke();
  }
  glow(c, ...LAMP, 190, '#fff0b0', 0.95);
  for (let i = 0; i < 700; i++) { // spray at the foot of the cliff
    const x = 440 + r.bell() * 120, y = 786 - Math.abs(r.bell()) * 62 * Math.exp(-(((x - 440) / 110) ** 2));
    c.fillStyle = fade(blend('#b9a8d8', '#ffe0c4', r.next()), r.between(0.1, 0.6));
    c.beginPath();
    c.arc(x, y, r.between(0.6, 3.4) * r.next(), 0, TAU);
    c.fill();
  }
  c.strokeStyle = '#2a2147';
  c.lineWidth = 2.4;
  for (const [x, y, s] of [[420, 300, 15], [470, 270, 11], [378, 262, 9], [520, 318, 8]]) {
    c.beginPath();
    c.moveTo(x - s, y - s * 0.3); c.quadraticCurveTo(x - s * 0.4, y - s * 0.7, x, y); c.quadraticCurveTo(x + s * 0.4, y - s * 0.7, x + s, y - s * 0.35);
    c.stroke();
  }
  finish(c, { seed: 9, corners: 0.36, shade: '#0a0820' });
}
