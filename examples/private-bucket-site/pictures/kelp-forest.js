// Looking up through a kelp forest at noon.
import { W, H, TAU, blend, chance, clamp, curve, fade, fillAll, finish, glow, layer, linear, mix, motes, ribbon, shafts } from './lib.js';

/** One kelp: a swaying stipe with blades and their gas bladders on both sides. */
function kelp(c, r, x, { colour, tip, scale, light }) {
  const sway = r.between(70, 135) * scale * (r.next() < 0.5 ? -1 : 1);
  const line = curve([x, H + 40], [x + sway * 0.3, H * 0.66], [x - sway, H * 0.34], [x + sway * 0.6, -60], 80);
  for (let i = 3; i < 80; i += Math.max(2, Math.round(3.4 - scale))) {
    const [px, py] = line[i], side = i % 2 ? 1 : -1;
    const size = scale * r.between(85, 150) * (0.62 + 0.5 * Math.sin((i / 80) * Math.PI));
    const a = (side > 0 ? -0.42 : Math.PI + 0.42) + r.bell() * 0.22 + (sway / 600) * side;
    const ex = px + Math.cos(a) * size, ey = py + Math.sin(a) * size;
    const blade = curve([px, py], [px + Math.cos(a) * size * 0.35, py + Math.sin(a) * size * 0.35 - 10 * scale],
      [px + Math.cos(a) * size * 0.7, ey - 22 * scale], [ex, ey + size * 0.22], 18);
    const lit = clamp(1 - py / H) * light;
    c.fillStyle = linear(c, px, py, ex, ey, blend(colour, tip, lit * 0.5), blend(colour, tip, 0.25 + lit));
    c.fill(ribbon(blade, (t) => scale * 25 * Math.sin(Math.PI * Math.min(1, t * 0.93 + 0.07)) ** 0.8 * (1 + 0.12 * Math.sin(t * 19))));
    c.strokeStyle = fade(tip, 0.22 * scale);
    c.lineWidth = 1.1 * scale;
    c.stroke(ribbon(blade.slice(0, 15), () => 0.5));
    c.fillStyle = blend(colour, tip, 0.35 + lit * 0.6);
    c.beginPath();
    c.ellipse(px + Math.cos(a) * 8 * scale, py + Math.sin(a) * 8 * scale, 8 * scale, 5 * scale, a, 0, TAU);
    c.fill();
  }
  c.fillStyle = linear(c, 0, 0, 0, H, blend(colour, tip, 0.8 * light), colour);
  c.fill(ribbon(line, (t) => scale * mix(9, 4, t)));
}

function fish(c, x, y, size, a, colour, shine) {
  c.save();
  c.translate(x, y);
  c.rotate(a);
  c.fillStyle = linear(c, 0, -size * 0.3, 0, size * 0.3, shine, colour, blend(colour, shine, 0.35));
  c.beginPath();
  c.moveTo(size, 0);
  c.quadraticCurveTo(size * 0.3, -size * 0.42, -size * 0.6, -size * 0.05);
  c.lineTo(-size * 1.05, -size * 0.32);
  c.quadraticCurveTo(-size * 0.85, 0, -size * 1.05, size * 0.32);
  c.lineTo(-size * 0.6, size * 0.05);
  c.quadraticCurveTo(size * 0.3, size * 0.42, size, 0);
  c.fill();
  c.restore();
}

export default function draw(c) {
  const r = chance(41);
  fillAll(c, linear(c, 0, 0, 0, H, '#c9f2cf', [0.12, '#7fd3bd'], [0.4, '#2b8f93'], [0.75, '#0f5569'], '#08303f'));
  glow(c, 640, -60, 620, '#fff6c4', 0.95);
  layer(c, { blur: 7, alpha: 0.55 }, (s) => {
    for (const x of [60, 170, 300, 420, 540, 690, 800, 930, 1050, 1150]) kelp(s, r, x, { colour: '#1f7a7d', tip: '#8fd6b4', scale: 0.5, light: 0.6 });
  });
  shafts(c, r, { from: [640, -260], count: 16, alpha: 0.3, colour: '#f3ffd9', spread: 1.15, length: 1250 });
  layer(c, { blur: 2.2, alpha: 0.85 }, (s) => {
    for (const x of [30, 215, 390, 815, 985, 1110]) kelp(s, r, x, { colour: '#2c6b4c', tip: '#c9cf6a', scale: 0.8, light: 0.75 });
  });
  for (let i = 0; i < 46; i++) { // a school that turns together
    const t = i / 46, x = 420 + t * 400 + r.bell() * 42, y = 470 - Math.sin(t * 2.6) * 120 + r.bell() * 48;
    fish(c, x, y, r.between(9, 17), -0.75 + t * 1.15 + r.bell() * 0.1, '#3d7f8a', '#e6fbe9');
  }
  motes(c, r, { count: 150, alpha: [0.08, 0.4] });
  for (const x of [-15, 128, 1120, 1218]) kelp(c, r, x, { colour: '#2f4520', tip: '#e2b445', scale: 1.35, light: 0.8 });
  layer(c, { blur: 1 }, (s) => { // three garibaldis, the reward for looking twice
    fish(s, 735, 560, 30, -0.12, '#e2661c', '#ffb457');
    fish(s, 815, 606, 23, -0.2, '#d95a17', '#ffa94d');
    fish(s, 655, 625, 19, 0.06, '#cf5215', '#ff9c45');
  });
  fillAll(c, linear(c, 0, H * 0.55, 0, H, fade('#06222e', 0), fade('#06222e', 0.62)));
  glow(c, 640, -40, 460, '#fff4c0', 0.5);
  finish(c, { seed: 5 });
}
