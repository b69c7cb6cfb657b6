// A giant anemone, open in the still water of a pool.
import { H, TAU, W, blend, blob, caustics, chance, curve, fade, fillAll, finish, glow, ground, layer, linear, mix, motes, radial, ribbon, shafts } from './lib.js';

const X = 600, Y = 430; // the middle of the mouth disc
const RX = 205, RY = 84;

function tentacle(c, r, a, reach, { root, tip }) {
  const x = X + Math.cos(a) * RX * 0.93, y = Y + Math.sin(a) * RY * 0.93;
  const out = Math.cos(a), depth = Math.sin(a);
  const len = reach * r.between(0.82, 1.15);
  const ex = x + out * len * 1.05 + r.bell() * 26, ey = y + depth * len * 0.62 - len * (0.42 - depth * 0.2) + r.bell() * 20;
  const line = curve([x, y], [x + out * len * 0.35 + r.bell() * 16, y + depth * len * 0.3 - len * 0.34],
    [ex - out * len * 0.1 + r.bell() * 46, ey - len * 0.05 + 30 * depth], [ex, ey], 26);
  const fat = mix(20, 29, (depth + 1) / 2);
  const width = (t) => fat * (1 - 0.66 * t ** 1.2) * (t > 0.93 ? Math.sqrt((1 - t) / 0.07) : 1);
  c.fillStyle = linear(c, x, y, ex, ey, root, [0.55, blend(root, tip, 0.62)], [0.86, tip], '#fff3e4');
  c.fill(ribbon(line, width));
  const lit = line.map(([px, py], i) => [px - width(i / 26) * 0.17, py - width(i / 26) * 0.1]).slice(1, 24);
  c.fillStyle = linear(c, x, y, ex, ey, fade('#fff6ee', 0.05), fade('#fffaf2', 0.5));
  c.fill(ribbon(lit, (t) => fat * 0.2 * Math.sin(Math.PI * t)));
}

function column(c, r) {
  const body = new Path2D();
  body.moveTo(X - RX * 0.95, Y + 8);
  body.bezierCurveTo(X - RX * 0.66, Y + 130, X - RX * 0.7, Y + 210, X - RX * 0.94, Y + 300);
  body.lineTo(X + RX * 0.98, Y + 300);
  body.bezierCurveTo(X + RX * 0.68, Y + 210, X + RX * 0.68, Y + 130, X + RX * 0.95, Y + 8);
  body.closePath();
  c.fillStyle = linear(c, X - RX, 0, X + RX, 0, '#3b1238', [0.3, '#b0436b'], [0.5, '#d9687c'], [0.75, '#8a2e5e'], '#2c0f33');
  c.fill(body);
  c.save();
  c.clip(body);
  for (let row = 0; row < 9; row++) { // rows of warts, closer towards the edges of the round
    for (let i = -9; i <= 9; i++) {
      const a = ((i + (row % 2) / 2) / 9) * 1.35;
      const x = X + Math.sin(a) * RX * (0.8 - 0.05 * Math.sin(row / 2)), y = Y + 60 + row * 29 + Math.cos(a) * 14;
      c.fillStyle = fade(r.pick(['#ffc2a8', '#f7a3a1', '#c7e59a']), 0.75 * Math.cos(a) + 0.1);
      c.beginPath();
      c.ellipse(x, y, 6.5 * Math.cos(a) + 1, 6, 0, 0, TAU);
      c.fill();
    }
  }
  c.fillStyle = linear(c, 0, Y, 0, Y + 300, fade('#1d0a26', 0.72), [0.4, fade('#1d0a26', 0.1)], fade('#0a1f2c', 0.6));
  c.fillRect(0, 0, W, H);
  c.restore();
}

function disc(c) {
  c.save();
  c.translate(X, Y);
  c.scale(1, RY / RX);
  c.fillStyle = radial(c, 0, 0, 4, RX, '#4a1640', [0.12, '#e8825f'], [0.3, '#f5b26d'], [0.62, '#d05f77'], '#702357');
  c.beginPath();
  c.arc(0, 0, RX, 0, TAU);
  c.fill();
  for (let i = 0; i < 72; i++) {
    c.strokeStyle = i % 2 ? fade('#fff0d0', 0.3) : fade('#4a1640', 0.26);
    c.lineWidth = i % 6 ? 1.6 : 3.4;
    c.beginPath();
    c.moveTo(Math.cos((i / 72) * TAU) * 26, Math.sin((i / 72) * TAU) * 26);
    c.lineTo(Math.cos((i / 72) * TAU) * RX * 0.9, Math.sin((i / 72) * TAU) * RX * 0.9);
    c.stroke();
  }
  c.restore();
  c.fillStyle = '#3a0f33';
  c.beginPath();
  c.ellipse(X, Y, 27, 8, 0, 0, TAU);
  c.fill();
}

/** Stones of three distances; the nearest hides the foot of the column. */
function rocks(c, r, nearest) {
  const far = blob(r, 180, 800, 470, 260, 0.2, -0.1, 16), near = blob(r, 1090, 830, 440, 235, 0.2, 0.1, 16), foot = blob(r, 600, 868, 760, 172, 0.14, 0, 22);
  for (const [i, shape] of [far, near, foot].entries()) {
    if (nearest !== (i === 2)) continue;
    ground(c, { dark: ['#0d2c3c', '#102838', '#1a1f33'][i], light: ['#4f8f8a', '#5b8a80', '#a08a7c'][i], scale: 85, relief: 3.2, seed: 30 + i, clip: shape });
  }
  for (let i = 0; i < 90 && nearest; i++) { // crusts and small anemones yet closed
    const x = r.between(0, W), y = 730 + r.next() * 70 - Math.max(0, Math.abs(x - X) - 260) * 0.2 * r.next();
    const s = r.between(6, 19), colour = r.pick(['#d8527c', '#f2a65a', '#7fae5b', '#c8d4a4', '#8b5fb0']);
    c.fillStyle = linear(c, x - s, y - s, x + s, y + s, blend(colour, '#ffffff', 0.35), blend(colour, '#0a2029', 0.55));
    c.fill(blob(r, x, y, s, s * 0.62, 0.16));
  }
}

export default function draw(c) {
  const r = chance(77);
  fillAll(c, linear(c, 0, 0, 0, H, '#8fe0d0', [0.25, '#2fa3a8'], [0.6, '#126178'], '#0a2f45'));
  layer(c, { blur: 26, alpha: 0.8 }, (s) => {
    for (let i = 0; i < 26; i++) {
      s.fillStyle = fade(r.pick(['#0d4d5e', '#1c7d80', '#c65b7c', '#e79a5d', '#3e8f6b']), r.between(0.2, 0.7));
      s.fill(blob(r, r.between(-40, W + 40), r.between(330, 720), r.between(40, 150), r.between(50, 130), 0.3));
    }
  });
  shafts(c, r, { from: [420, -240], alpha: 0.28, colour: '#f0ffe2', count: 13, spread: 1.1 });
  rocks(c, r, false);
  caustics(c, { alpha: 0.8, scale: 1, squash: 2.4, seed: 4, mode: 'overlay', where: (x, y) => Math.max(0, (y - 560) / 240) });
  layer(c, { blur: 16, alpha: 0.6 }, (s) => {
    s.fillStyle = '#061a24';
    s.beginPath();
    s.ellipse(X + 50, Y + 305, 270, 40, 0, 0, TAU);
    s.fill();
  });
  column(c, r);
  rocks(c, r, true);
  caustics(c, { alpha: 0.5, scale: 1, squash: 2.4, seed: 4, mode: 'overlay', where: (x, y) => Math.max(0, (y - 700) / 100) });
  const arms = [];
  for (const [count, reach, root, tip] of [[48, 250, '#5b1c55', '#f08fae'], [42, 205, '#7c2760', '#ffb3a8'], [34, 150, '#9a3567', '#ffd2ae']]) {
    for (let i = 0; i < count; i++) arms.push({ a: (i / count) * TAU + r.bell() * 0.06, reach, root, tip });
  }
  arms.sort((p, q) => Math.sin(p.a) - Math.sin(q.a));
  const back = arms.filter((t) => Math.sin(t.a) < 0.12);
  for (const t of back) tentacle(c, r, t.a, t.reach, { root: blend(t.root, '#14304a', 0.35), tip: blend(t.tip, '#3a8aa0', 0.22) });
  disc(c);
  for (const t of arms.filter((q) => Math.sin(q.a) >= 0.12)) tentacle(c, r, t.a, t.reach * 0.86, t);
  glow(c, 560, 260, 420, '#ffe9c4', 0.28);
  motes(c, r, { count: 110, alpha: [0.1, 0.55] });
  finish(c, { seed: 7, corners: 0.48 });
}
