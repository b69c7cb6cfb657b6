// Low tide in the morning: the pools keep a piece of the sky each.
import { H, TAU, W, blend, blob, chance, fade, fbm, field, fillAll, finish, glow, ground, layer, linear, mix, noise, rgb } from './lib.js';

const HORIZON = 300, SUN = [770, 262];

function sky(c) {
  fillAll(c, linear(c, 0, 0, 0, HORIZON, '#5aa3c4', [0.35, '#9fcdd0'], [0.68, '#f6dcb4'], '#ffc790'));
  const lit = rgb('#fffaf0'), under = rgb('#d99a94');
  field(c, { step: 2 }, (x, y) => {
    if (y > HORIZON) return [0, 0, 0, 0];
    const h = fbm(x / 260, y / 46, 21, 5), below = fbm(x / 260, (y + 9) / 46, 21, 5);
    const t = Math.min(1, Math.max(0, 0.55 + (below - h) * 7));
    return [...[0, 1, 2].map((i) => mix(under[i], lit[i], t)), Math.min(0.9, Math.max(0, h - 0.5) * 4)];
  });
  glow(c, ...SUN, 330, '#fff0c0', 0.9);
  c.fillStyle = '#fffbe8';
  c.beginPath();
  c.arc(...SUN, 26, 0, TAU);
  c.fill();
}

/** Headlands, paler the farther away. */
function headlands(c) {
  for (const [from, height, colour, seed, left] of [[-20, 88, '#8fa9b4', 3, true], [-20, 62, '#5f8291', 6, true], [W + 20, 46, '#a9b3b4', 9, false]]) {
    c.fillStyle = linear(c, 0, HORIZON - height, 0, HORIZON, colour, blend(colour, '#ffd9ae', 0.45));
    c.beginPath();
    c.moveTo(from, HORIZON + 4);
    for (let d = 0; d <= 1; d += 0.01) {
      const x = left ? d * (seed === 3 ? 560 : 330) - 20 : W + 20 - d * 250;
      c.lineTo(x, HORIZON - height * (1 - d) ** 0.8 * (0.7 + 0.6 * noise(d * 9, seed, seed)));
    }
    c.lineTo(left ? 560 : W - 230, HORIZON + 4);
    c.fill();
  }
}

function surf(c, r) {
  c.fillStyle = linear(c, 0, HORIZON, 0, 400, '#e9c9a4', [0.15, '#8fc0bf'], '#4f9aa2');
  c.fillRect(0, HORIZON, W, 110);
  for (let row = 0; row < 30; row++) {
    const t = row / 30, y = HORIZON + 2 + t * t * 92;
    for (let i = 0; i < 26; i++) {
      const x = r.between(-40, W), w = mix(12, 90, t) * r.between(0.4, 1.3), near = Math.exp(-(((x + w / 2 - SUN[0]) / mix(60, 190, t)) ** 2));
      c.strokeStyle = fade(blend('#3d8490', '#fff6d6', near * 0.9 + r.next() * 0.2), 0.35 + near * 0.5);
      c.lineWidth = mix(0.7, 2.6, t);
      c.beginPath();
      c.moveTo(x, y); c.quadraticCurveTo(x + w / 2, y - mix(0.5, 4, t), x + w, y);
      c.stroke();
    }
  }
  for (const [y, size, alpha] of [[362, 5, 0.75], [384, 8, 0.9], [404, 10, 0.95]]) { // three lines of surf
    c.fillStyle = fade('#fffdf4', alpha);
    for (let x = -10; x < W; x += 5) {
      const s = size * (0.3 + 1.1 * noise(x / 60, y, 2)) * (0.6 + 0.8 * r.next());
      c.beginPath();
      c.ellipse(x, y + 9 * Math.sin(x / 150 + y) + s * 0.1, s * 1.6, s * 0.55, 0, 0, TAU);
      c.fill();
    }
  }
}

/** Where water stands on the flat: the same noise everywhere, drawn out towards the horizon. */
const depth = (x, y) => {
  const z = 1 / Math.max(0.02, (y - HORIZON) / 260);
  return fbm((x - 600) * z * 0.0034 + 40, z * 2.9 + 7, 51, 4);
};

function flat(c) {
  const sand = rgb('#c39a74'), wet = rgb('#6d5a58'), shade = rgb('#4f6f7c');
  const up = [rgb('#ffd9a2'), rgb('#f3d8b8'), rgb('#9fc9cc'), rgb('#4e93b2')];
  field(c, { step: 1 }, (x, y) => {
    if (y < 404 + 8 * Math.sin(x / 150 + 2)) return [0, 0, 0, 0];
    const t = (y - 404) / (H - 404), h = depth(x, y), pool = Math.min(1, Math.max(0, (h - 0.5) * 34));
    const slope = (h - depth(x - 3, y - 3)) * 22, ripple = 0.5 + 0.5 * Math.sin(y * mix(1.4, 0.32, t) + 5 * noise(x / 90, y / 30, 8) + x / 60);
    const k = Math.min(1, Math.max(0, 0.3 + slope + ripple * 0.22 + t * 0.1));
    const ground = [0, 1, 2].map((i) => mix(wet[i], sand[i], k) + (i === 2 ? 6 : 14) * Math.exp(-(((x - SUN[0]) / 260) ** 2)));
    const q = Math.min(2.99, t * 3.1 + 0.35 * (noise(x / 70, y / 9, 5) - 0.5)), i0 = Math.max(0, Math.floor(q));
    let water = [0, 1, 2].map((i) => mix(up[i0][i], up[Math.min(3, i0 + 1)][i], q - i0));
    const glare = Math.exp(-(((x - SUN[0]) / mix(55, 150, t)) ** 2)) * (0.6 + 0.4 * noise(x / 30, y / 4, 6));
    water = water.map((v, i) => mix(v, [255, 248, 218][i], glare * 0.85));
    const rim = Math.max(0, 1 - Math.abs(h - 0.5) * 110) * 0.5;
    return [0, 1, 2].map((i) => mix(mix(ground[i], water[i], pool * 0.94), shade[i] * 0.8, rim));
  });
}

function boulder(c, r, x, y, s, tall) {
  c.save();
  c.globalAlpha = 0.4;
  c.fillStyle = '#2b3a46';
  c.fill(blob(r, x - s * 0.1, y + s * 0.34, s * 1.08, s * 0.22, 0.1)); // its reflection and shadow
  c.restore();
  const shape = blob(r, x, y - s * tall * 0.35, s, s * tall, 0.2, r.bell() * 0.1, 13);
  ground(c, { dark: '#1c2630', light: '#8d8577', scale: s * 0.55, relief: 4, seed: 60 + Math.round(x), clip: shape });
  c.save();
  c.clip(shape);
  c.fillStyle = linear(c, x - s, y, x + s, y - s * 0.5, fade('#13202b', 0.75), [0.55, fade('#13202b', 0.1)], fade('#ffcf96', 0.5));
  c.fillRect(x - s * 1.5, y - s * 2, s * 3, s * 4);
  for (let i = 0; i < s * 2.6; i++) { // barnacles and weed at the foot
    const py = y + s * 0.36 - Math.abs(r.bell()) * s * 0.36;
    c.fillStyle = fade(r.pick(['#6b7a35', '#8a8f3d', '#d9d2bf', '#41512c']), 0.85);
    c.beginPath();
    c.ellipse(x + r.bell() * s * 0.7, py, r.between(0.8, 1.6 + s * 0.014), r.between(0.8, 1.6 + s * 0.02), 0, 0, TAU);
    c.fill();
  }
  c.restore();
}

function wader(c, x, y, s) {
  c.strokeStyle = '#2a2f38';
  c.lineWidth = Math.max(1, s * 0.045);
  for (const k of [-0.1, 0.08]) { c.beginPath(); c.moveTo(x + k * s, y - s * 0.5); c.lineTo(x + k * s * 1.6, y); c.stroke(); }
  c.fillStyle = linear(c, x - s * 0.4, 0, x + s * 0.4, 0, '#3b3d45', '#8b7f78');
  c.beginPath();
  c.moveTo(x - s * 0.5, y - s * 0.5);
  c.quadraticCurveTo(x - s * 0.1, y - s * 0.9, x + s * 0.24, y - s * 0.78);
  c.quadraticCurveTo(x + s * 0.32, y - s * 1.02, x + s * 0.44, y - s * 0.94);
  c.lineTo(x + s * 0.78, y - s * 0.84);
  c.lineTo(x + s * 0.44, y - s * 0.84);
  c.quadraticCurveTo(x + s * 0.36, y - s * 0.5, x, y - s * 0.44);
  c.closePath();
  c.fill();
}

export default function draw(c) {
  const r = chance(23);
  sky(c);
  headlands(c);
  surf(c, r);
  flat(c);
  for (const q of [[300, 428, 34, 0.5], [352, 432, 20, 0.5], [1010, 440, 42, 0.55], [1075, 446, 26, 0.5], [620, 452, 18, 0.5]]) boulder(c, r, ...q);
  boulder(c, r, 1120, 640, 165, 0.72);
  boulder(c, r, 965, 690, 62, 0.6);
  boulder(c, r, 40, 720, 190, 0.7);
  boulder(c, r, 232, 752, 58, 0.55);
  for (const [x, y, s] of [[520, 470, 34], [566, 480, 40], [690, 462, 30]]) wader(c, x, y, s);
  c.strokeStyle = '#3d4c58';
  c.lineWidth = 2.2;
  for (const [x, y, s] of [[470, 120, 13], [520, 98, 10], [440, 88, 8]]) {
    c.beginPath();
    c.moveTo(x - s, y - s * 0.3); c.quadraticCurveTo(x - s * 0.4, y - s * 0.7, x, y); c.quadraticCurveTo(x + s * 0.4, y - s * 0.7, x + s, y - s * 0.35);
    c.stroke();
  }
  glow(c, SUN[0], 420, 380, '#ffe7b0', 0.3);
  layer(c, { mode: 'soft-light', alpha: 0.5 }, (s) => fillAll(s, linear(s, 0, 0, 0, H, '#fff2d0', '#ffb27a', '#20405a')));
  finish(c, { seed: 10, corners: 0.34, shade: '#16202c' });
}
