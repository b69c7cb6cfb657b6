// The night shift of the tide-pool station: for staff only.
import { H, TAU, W, blend, blob, chance, fade, fbm, field, fillAll, finish, glow, ground, layer, linear, mix, noise, radial, rgb } from './lib.js';

const HORIZON = 430;

function stars(c, r) {
  const haze = rgb('#8fb7ff'), core = rgb('#ffd9f0');
  field(c, { mode: 'screen', step: 2 }, (x, y) => { // the Milky Way, from the lower left to the upper right
    if (y > HORIZON) return [0, 0, 0, 0];
    const d = (x * 0.42 + y - 560) / 1.1 + 90 * (fbm(x / 190, y / 190, 4) - 0.5), band = Math.exp(-((d / 95) ** 2));
    const dust = fbm(x / 70, y / 70, 9, 5), a = band * Math.max(0, dust * 1.5 - 0.42);
    return [...[0, 1, 2].map((i) => mix(haze[i], core[i], band * dust)), Math.min(0.75, a * 0.9)];
  });
  for (let i = 0; i < 900; i++) {
    const x = r.between(0, W), y = r.between(0, HORIZON), near = Math.exp(-(((x * 0.42 + y - 560) / 130) ** 2));
    if (r.next() > 0.35 + near) continue;
    c.fillStyle = fade(r.pick(['#ffffff', '#cfe0ff', '#ffe9cf']), r.between(0.15, 0.95) * Math.min(1, (HORIZON - y) / 120));
    c.beginPath();
    c.arc(x, y, r.next() ** 4 * 1.9 + 0.4, 0, TAU);
    c.fill();
  }
}

/** Waves that light up where they break. */
function sea(c, r) {
  c.fillStyle = linear(c, 0, HORIZON, 0, 610, '#14365a', '#08182f');
  c.fillRect(0, HORIZON, W, H - HORIZON);
  for (let row = 0; row < 24; row++) {
    const t = row / 24, y = HORIZON + 3 + t * t * 150;
    for (let i = 0; i < 20; i++) {
      const x = r.between(-50, W), w = mix(14, 120, t) * r.between(0.4, 1.2);
      c.strokeStyle = fade(r.pick(['#3f79a8', '#0a1a33', '#2a5f93']), 0.5);
      c.lineWidth = mix(0.7, 3, t);
      c.beginPath(); c.moveTo(x, y); c.quadraticCurveTo(x + w / 2, y - mix(1, 6, t), x + w, y); c.stroke();
    }
  }
  for (const [y, size, from, to] of [[476, 3.5, 60, 520], [505, 5, 420, 1150], [548, 8, -20, 760], [590, 10, 120, 1220]]) {
    const crest = (x) => y + 10 * Math.sin(x / 120 + y) - 6 * noise(x / 40, y, 3), thick = (x) => size * Math.sin(Math.PI * ((x - from) / (to - from))) ** 0.6 * (0.35 + noise(x / 55, y, 7));
    for (const [blur, k, colour, alpha] of [[16, 3.2, '#1aa8ff', 0.8], [5, 1.3, '#38e0ff', 0.9], [1, 0.4, '#e3ffff', 0.95]]) {
      layer(c, { mode: 'screen', blur, alpha }, (s) => {
        s.fillStyle = colour;
        for (let x = from; x < to; x += 3) { s.beginPath(); s.ellipse(x, crest(x), 5, Math.max(0.2, thick(x) * k), 0, 0, TAU); s.fill(); }
      });
    }
  }
}

function hut(c) {
  c.fillStyle = '#0a1224';
  for (const x of [905, 965, 1035, 1100]) c.fillRect(x, 400, 8, 200);
  c.fillRect(880, 396, 260, 10);
  c.fillStyle = linear(c, 900, 0, 1120, 0, '#2b2f4a', '#141a30');
  c.fillRect(905, 290, 205, 108);
  c.strokeStyle = fade('#0a1022', 0.6);
  c.lineWidth = 1.5;
  for (let y = 302; y < 398; y += 12) { c.beginPath(); c.moveTo(905, y); c.lineTo(1110, y); c.stroke(); }
  c.fillStyle = linear(c, 0, 238, 0, 292, '#1b2440', '#0b1122');
  c.beginPath(); c.moveTo(886, 294); c.lineTo(936, 240); c.lineTo(1082, 240); c.lineTo(1130, 294); c.closePath(); c.fill();
  c.fillRect(1050, 196, 3, 50); c.fillRect(1036, 206, 31, 2.5); c.fillRect(1042, 218, 19, 2.5);
  for (const [x, w] of [[928, 58], [1048, 40]]) {
    c.fillStyle = linear(c, x, 316, x, 362, '#fff0b8', '#ff9f43');
    c.fillRect(x, 316, w, 46);
    c.fillStyle = '#3a2230';
    c.fillRect(x + w / 2 - 1.5, 316, 3, 46); c.fillRect(x, 338, w, 2.5);
  }
  c.fillStyle = '#3a2230'; // somebody's microscope on the sill
  c.fillRect(940, 350, 16, 12); c.fillRect(946, 332, 5, 20); c.fillRect(943, 330, 12, 5);
  c.fillStyle = '#1a1424';
  c.fillRect(1002, 322, 34, 76);
  glow(c, 958, 340, 170, '#ff9d3c', 0.5);
  glow(c, 1068, 340, 130, '#ff9d3c', 0.42);
}

function shore(c) {
  const top = (x) => 640 - 40 * Math.exp(-(((x - 1080) / 190) ** 2)) - 70 * Math.exp(-(((x - 60) / 210) ** 2)) + 34 * (noise(x / 60, 2, 5) - 0.5) + 12 * (noise(x / 17, 4, 6) - 0.5);
  const p = new Path2D();
  p.moveTo(-10, H + 10);
  for (let x = -10; x <= W + 10; x += 4) p.lineTo(x, top(x));
  p.lineTo(W + 10, H + 10);
  p.closePath();
  ground(c, { dark: '#040913', light: '#31476a', scale: 80, relief: 4.4, seed: 90, clip: p });
  c.save(); c.clip(p);
  fillAll(c, linear(c, 0, 580, 0, H, fade('#0f4f86', 0.35), [0.25, fade('#060c1c', 0.35)], fade('#03060f', 0.78)));
  c.restore();
}

function pool(c, r, x, y, w, h) {
  const shape = blob(r, x, y, w, h, 0.14, 0, 15);
  c.fillStyle = '#02060e';
  c.save(); c.translate(0, 5); c.fill(shape); c.restore();
  c.fillStyle = radial(c, x, y, 0, w, '#7ff6ff', [0.45, '#1795c9'], '#062a4f');
  c.fill(shape);
  c.save(); c.clip(shape);
  for (let i = 0; i < w * 0.9; i++) { // what lives there and shines
    c.fillStyle = fade(r.pick(['#c8fff8', '#63f3ff', '#a0ffd0', '#ff9ad8']), r.between(0.3, 1));
    c.beginPath(); c.arc(x + r.bell() * w * 0.6, y + r.bell() * h * 0.6, r.next() ** 3 * 3.4 + 0.6, 0, TAU); c.fill();
  }
  c.strokeStyle = fade('#d8ffff', 0.35);
  c.lineWidth = 1.4;
  for (let k = 0.3; k < 1.1; k += 0.24) { c.beginPath(); c.ellipse(x + w * 0.14, y, w * k * 0.6, h * k * 0.56, 0, 0, TAU); c.stroke(); }
  c.restore();
  glow(c, x, y, w * 1.35, '#19c7ff', 0.42);
}

/** The colleague, kneeling, with a lamp on the brow and a notebook on the knee. */
function person(c, x, y, s) {
  const at = (px, py) => [x + px * s, y + py * s];
  const limb = (width, ...pts) => { c.lineWidth = width * s; c.beginPath(); pts.forEach((q, i) => (i ? c.lineTo(...at(...q)) : c.moveTo(...at(...q)))); c.stroke(); };
  c.lineCap = c.lineJoin = 'round';
  c.strokeStyle = '#0a1120';
  limb(0.3, [-0.3, -0.55], [0.32, -0.42], [0.2, -0.06]); // far leg
  c.strokeStyle = '#121c33';
  limb(0.32, [-0.34, -0.5], [0.1, -0.1], [-0.62, -0.04]); // near leg, kneeling
  limb(0.16, [-0.62, -0.04], [-0.78, -0.05]);
  c.fillStyle = linear(c, ...at(-0.55, 0), ...at(0.35, 0), '#3d1a1c', [0.6, '#b9451f'], '#ffa24d'); // the coat
  c.beginPath();
  c.moveTo(...at(-0.56, -0.42)); c.bezierCurveTo(...at(-0.62, -0.95), ...at(-0.3, -1.36), ...at(0.06, -1.34)); c.bezierCurveTo(...at(0.3, -1.24), ...at(0.2, -0.8), ...at(-0.04, -0.42)); c.closePath(); c.fill();
  c.strokeStyle = '#8f3519';
  limb(0.19, [0.02, -1.12], [0.24, -0.76], [0.6, -0.6]);
  c.fillStyle = '#e7b48f';
  c.beginPath(); c.arc(...at(0.64, -0.58), 0.08 * s, 0, TAU); c.fill();
  c.save(); c.translate(...at(0.74, -0.58)); c.rotate(0.5); c.fillStyle = '#f3ead2'; c.fillRect(-0.06 * s, -0.14 * s, 0.2 * s, 0.26 * s); c.restore();
  c.fillStyle = linear(c, ...at(0.05, -1.5), ...at(0.42, -1.5), '#6b3d33', '#f0bd93'); // the head, bowed
  c.beginPath(); c.ellipse(...at(0.22, -1.5), 0.19 * s, 0.22 * s, 0.35, 0, TAU); c.fill();
  c.fillStyle = linear(c, ...at(0, -1.7), ...at(0.4, -1.5), '#1c2a4d', '#4f7fb8'); // a knitted cap
  c.beginPath(); c.ellipse(...at(0.17, -1.6), 0.22 * s, 0.19 * s, 0.35, Math.PI * 0.92, Math.PI * 2.05); c.closePath(); c.fill();
  c.fillStyle = '#fffbe2';
  c.beginPath(); c.arc(...at(0.38, -1.56), 0.055 * s, 0, TAU); c.fill();
}

export default function draw(c) {
  const r = chance(8);
  fillAll(c, linear(c, 0, 0, 0, HORIZON, '#060a22', [0.5, '#10235a'], [0.85, '#1f5482'], '#3d8aa0'));
  stars(c, r);
  sea(c, r);
  hut(c);
  shore(c);
  pool(c, r, 560, 722, 190, 44);
  pool(c, r, 900, 764, 120, 26);
  pool(c, r, 190, 760, 100, 22);
  layer(c, { mode: 'screen', blur: 9 }, (s) => { // the headlamp
    s.fillStyle = linear(s, 372, 510, 580, 730, fade('#fff6cf', 0.75), fade('#fff0b8', 0.05));
    s.beginPath(); s.moveTo(368, 500); s.lineTo(480, 745); s.lineTo(690, 712); s.closePath(); s.fill();
  });
  person(c, 318, 688, 118);
  glow(c, 364, 504, 70, '#fff6cf', 0.95);
  c.fillStyle = '#2a3350'; // a bucket of samples
  c.beginPath(); c.moveTo(176, 640); c.lineTo(224, 640); c.lineTo(218, 690); c.lineTo(182, 690); c.closePath(); c.fill();
  c.fillStyle = '#58e6ff'; c.beginPath(); c.ellipse(200, 640, 24, 6, 0, 0, TAU); c.fill();
  glow(c, 200, 638, 60, '#37d6ff', 0.5);
  finish(c, { seed: 12, corners: 0.4, shade: '#02040c' });
}
