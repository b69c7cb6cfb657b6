// Purple urchins in their hollows, seen from above through clear water.
import { H, TAU, W, blend, blob, caustics, chance, fade, fillAll, finish, ground, layer, linear, mix, motes, radial, ribbon } from './lib.js';

function urchin(c, r, x, y, size, { dark, mid, light }) {
  layer(c, { blur: size * 0.09, alpha: 0.75 }, (s) => { // the shadow in its hollow
    s.fillStyle = '#071a22';
    s.fill(blob(r, x + size * 0.1, y + size * 0.16, size * 1.18, size * 1.1, 0.08));
  });
  const rings = 11;
  for (let k = 0; k < rings; k++) { // from the rim, flat and long, to the crown, pointing at us
    const t = k / (rings - 1), count = Math.round(mix(112, 9, t));
    for (let i = 0; i < count; i++) {
      const a = ((i + (k % 2) / 2) / count) * TAU + r.bell() * 0.05;
      const from = size * mix(0.6, 0.03, t), len = size * mix(0.62, 0.3, t) * r.between(0.8, 1.14);
      const tilt = a + r.bell() * 0.15;
      const fx = x + Math.cos(a) * from, fy = y + Math.sin(a) * from;
      const ex = fx + Math.cos(tilt) * len - size * 0.05 * t, ey = fy + Math.sin(tilt) * len - size * 0.07 * t;
      const lit = 0.5 - 0.5 * Math.cos(a - Math.PI * 1.28 + Math.PI); // light from the upper left
      const colour = blend(mid, light, 0.08 + 0.34 * t + (1 - lit) * 0.4 + r.bell() * 0.09);
      c.fillStyle = linear(c, fx, fy, ex, ey, dark, [0.45, blend(dark, colour, 0.85)], [0.9, colour], blend(colour, '#ffffff', 0.4));
      c.fill(ribbon([[fx, fy], [mix(fx, ex, 0.5), mix(fy, ey, 0.5)], [ex, ey]], (q) => size * mix(0.046, 0.012, q) * mix(0.9, 1.15, t)));
    }
    c.fillStyle = radial(c, x, y, 0, size * mix(0.66, 0.1, t), fade(dark, 0.05), fade(dark, 0.34 * (1 - t)));
    c.beginPath();
    c.arc(x, y, size * mix(0.66, 0.1, t), 0, TAU);
    c.fill();
  }
}

function pebbles(c, r, count) {
  for (let i = 0; i < count; i++) {
    const x = r.between(0, W), y = r.between(0, H), s = r.between(5, 24);
    const colour = r.pick(['#b8a78c', '#8f9a90', '#c9bda6', '#6f7d7a', '#a6897a', '#e0d7c2']);
    const turn = r.between(0, TAU), flat = r.between(0.6, 0.9);
    c.fillStyle = fade('#0a2026', 0.45);
    c.fill(blob(chance(i), x + s * 0.18, y + s * 0.26, s, s * flat, 0.14, turn));
    c.fillStyle = linear(c, x - s, y - s, x + s, y + s, blend(colour, '#ffffff', 0.32), colour, blend(colour, '#10262c', 0.55));
    c.fill(blob(chance(i), x, y, s, s * flat, 0.14, turn));
  }
}

export default function draw(c) {
  const r = chance(12);
  ground(c, { dark: '#123c40', light: '#b7a883', scale: 120, relief: 2.4, seed: 20 });
  layer(c, { mode: 'multiply', alpha: 0.8 }, (s) => {
    fillAll(s, radial(s, 520, 330, 120, 820, '#e9fff2', '#7fb8b0', '#2c6a72'));
  });
  layer(c, { blur: 9, alpha: 0.85, mode: 'soft-light' }, (s) => { // pink crusts of coralline algae
    for (let i = 0; i < 34; i++) {
      s.fillStyle = fade(r.pick(['#ff7fa6', '#f2658f', '#ffa7b8', '#b8ff8a']), r.between(0.35, 0.9));
      s.fill(blob(r, r.between(0, W), r.between(0, H), r.between(24, 105), r.between(20, 76), 0.4, r.between(0, 3)));
    }
  });
  pebbles(c, r, 80);
  caustics(c, { alpha: 0.9, tint: '#fffbe0', scale: 0.8, seed: 14, mode: 'overlay' });
  caustics(c, { alpha: 0.22, tint: '#fffbe0', scale: 0.8, seed: 14, mode: 'screen' });
  const violet = { dark: '#1b0b33', mid: '#5a2b8c', light: '#c79bf0' };
  const plum = { dark: '#240a2a', mid: '#7a2a70', light: '#f0a3cf' };
  const ink = { dark: '#0d1030', mid: '#32408f', light: '#a5b8ff' };
  urchin(c, r, 1010, 150, 118, ink);
  urchin(c, r, 150, 640, 128, plum);
  urchin(c, r, 985, 655, 94, plum);
  urchin(c, r, 165, 120, 84, violet);
  urchin(c, r, 555, 405, 252, violet);
  caustics(c, { alpha: 0.4, tint: '#fffbe0', scale: 0.8, seed: 14, mode: 'soft-light' });
  layer(c, { mode: 'screen', alpha: 0.25 }, (s) => fillAll(s, linear(s, 0, 0, W, H, '#9fe8e0', '#0d3b45', '#000000')));
  motes(c, r, { count: 45, size: [0.8, 3], alpha: [0.15, 0.5] });
  finish(c, { seed: 6, corners: 0.5 });
}
