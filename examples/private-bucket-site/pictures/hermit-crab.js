// A hermit crab that likes its house.
import { H, TAU, W, blend, blob, caustics, chance, curve, fade, fillAll, finish, glow, ground, layer, linear, mix, motes, radial, ribbon, shafts } from './lib.js';

const FLOOR = 610;

/** A limb of several parts, each with its own light. */
function limb(c, parts, fat, [dark, mid, light]) {
  for (let i = 0; i + 1 < parts.length; i++) {
    const [a, b] = [parts[i], parts[i + 1]], w0 = fat * (1 - i * 0.2), w1 = fat * (1 - (i + 1) * 0.22);
    const middle = [mix(a[0], b[0], 0.5) , mix(a[1], b[1], 0.5) - w0 * 0.12];
    const line = curve(a, middle, middle, b, 16), tip = i + 2 === parts.length;
    c.fillStyle = linear(c, a[0], a[1] - w0, a[0] + w0 * 0.5, a[1] + w0, light, mid, dark);
    c.fill(ribbon(line, (t) => mix(w0, tip ? w1 * 0.25 : w1, t) * (0.86 + 0.2 * Math.sin(t * Math.PI))));
    for (let t = 0.2; t < 0.9; t += 0.22) { // bands
      const q = line[Math.round(t * 16)];
      c.fillStyle = fade('#fff1dc', 0.5);
      c.beginPath();
      c.arc(q[0], q[1] - w0 * 0.18, w0 * 0.07, 0, TAU);
      c.fill();
    }
    if (!tip) {
      c.fillStyle = radial(c, b[0] - 3, b[1] - 4, 0, w1 * 0.75, light, mid, dark);
      c.beginPath();
      c.arc(...b, w1 * 0.56, 0, TAU);
      c.fill();
    }
  }
}

function claw(c, x, y, s, turn, [dark, mid, light]) {
  c.save();
  c.translate(x, y);
  c.rotate(turn);
  const paint = linear(c, 0, -s * 0.5, s * 0.2, s * 0.5, light, [0.45, mid], dark);
  c.fillStyle = paint;
  c.beginPath(); // the lower finger
  c.moveTo(s * 0.4, s * 0.12); c.bezierCurveTo(s * 0.75, s * 0.5, s * 1.25, s * 0.42, s * 1.45, -s * 0.02); c.bezierCurveTo(s * 1.15, s * 0.16, s * 0.85, s * 0.1, s * 0.6, -s * 0.04); c.closePath(); c.fill();
  c.beginPath(); // palm and upper finger
  c.moveTo(-s * 0.22, -s * 0.04);
  c.bezierCurveTo(-s * 0.1, -s * 0.56, s * 0.6, -s * 0.62, s * 0.95, -s * 0.38);
  c.bezierCurveTo(s * 1.2, -s * 0.3, s * 1.42, -s * 0.2, s * 1.5, -s * 0.06);
  c.bezierCurveTo(s * 1.2, -s * 0.14, s * 0.95, -s * 0.14, s * 0.72, -s * 0.02);
  c.bezierCurveTo(s * 0.7, s * 0.3, s * 0.2, s * 0.48, -s * 0.05, s * 0.26);
  c.closePath();
  c.fill();
  const r = chance(5);
  for (let i = 0; i < 46; i++) {
    const px = r.between(-0.1, 1) * s, py = (-0.16 + r.bell() * 0.15) * s;
    c.fillStyle = fade(r.next() < 0.6 ? '#fff0d6' : dark, 0.55);
    c.beginPath();
    c.arc(px, py, s * r.between(0.01, 0.026), 0, TAU);
    c.fill();
  }
  c.restore();
}

/** A moon snail's shell: whorls that shrink by a fixed part, each turned a little further. */
function shell(c, r, x, y, size) {
  layer(c, { blur: 15, alpha: 0.55 }, (s) => { s.fillStyle = '#0d2029'; s.beginPath(); s.ellipse(x + 10, FLOOR + 32, size * 1.25, 34, 0, 0, TAU); s.fill(); });
  let cx = x, cy = y, k = size;
  const whorls = [];
  for (let i = 0; i < 7; i++) {
    whorls.push([cx, cy, k]);
    cx += k * 0.62 * Math.cos(-0.62 - i * 0.06); cy += k * 0.62 * Math.sin(-0.62 - i * 0.06);
    k *= 0.665;
  }
  for (const [i, [wx, wy, wk]] of [...whorls.entries()].reverse()) {
    c.save();
    c.translate(wx, wy);
    c.rotate(-0.62);
    const body = new Path2D();
    body.ellipse(0, 0, wk * 0.88, wk, 0, 0, TAU);
    c.fillStyle = radial(c, -wk * 0.12, -wk * 0.42, wk * 0.05, wk * 1.25, '#fff6df', [0.3, '#f3c98d'], [0.62, '#bf7547'], [0.85, '#6f3a35'], '#3d1f2a');
    c.fill(body);
    c.clip(body);
    for (let j = -9; j <= 9; j++) { // growth lines and bands run with the turn of the shell
      c.strokeStyle = fade(j % 3 ? '#7c3f33' : '#fff3d6', j % 3 ? 0.25 : 0.35);
      c.lineWidth = wk * (j % 3 ? 0.012 : 0.035);
      c.beginPath();
      c.ellipse(wk * 1.25, 0, wk * (1.3 + j * 0.105), wk * (1.32 + j * 0.07), 0, 0, TAU);
      c.stroke();
    }
    for (let j = 0; j < 40; j++) {
      const a = r.between(0, TAU), d = wk * Math.sqrt(r.next());
      c.fillStyle = fade(r.pick(['#6b2f2c', '#8a4a33', '#fff1d2']), r.between(0.12, 0.5));
      c.fill(blob(r, Math.cos(a) * d, Math.sin(a) * d, wk * r.between(0.015, 0.075), wk * r.between(0.012, 0.035), 0.3, Math.PI / 2));
    }
    if (i < 6) { // the seam under the next whorl
      c.strokeStyle = fade('#2e1620', 0.6);
      c.lineWidth = wk * 0.06;
      c.filter = `blur(${wk * 0.03}px)`;
      c.beginPath();
      c.ellipse(wk * 0.62, 0, wk * 0.6, wk * 0.68, 0, 0, TAU);
      c.stroke();
    }
    c.restore();
  }
  c.save(); // the door
  c.translate(x - size * 0.52, y + size * 0.36);
  c.rotate(0.55);
  c.fillStyle = radial(c, 0, 0, 10, size * 0.62, '#2a0f1a', [0.7, '#4b1d24'], '#f6d3a6');
  c.beginPath();
  c.ellipse(0, 0, size * 0.4, size * 0.6, 0, 0, TAU);
  c.fill();
  c.lineWidth = size * 0.05;
  c.strokeStyle = linear(c, -80, -80, 80, 80, '#fff3da', '#e0a774', '#8a4c40');
  c.stroke();
  c.restore();
}

function eye(c, x0, y0, x, y) {
  c.fillStyle = linear(c, x0, y0, x, y, '#c54a2c', '#ffd6a0');
  c.fill(ribbon(curve([x0, y0], [x0 - 4, y0 - 30], [x + 4, y + 30], [x, y]), (t) => mix(15, 9, t)));
  c.fillStyle = radial(c, x - 4, y - 5, 0, 15, '#5f6f86', [0.5, '#151a26'], '#05070c');
  c.beginPath();
  c.ellipse(x, y, 11, 14, 0.2, 0, TAU);
  c.fill();
  c.fillStyle = '#ffffff';
  c.beginPath();
  c.arc(x - 4, y - 5, 3, 0, TAU);
  c.fill();
}

export default function draw(c) {
  const r = chance(31), red = ['#6b1a1c', '#d9532f', '#ffb26b'], far = ['#4a1822', '#9c3a2f', '#cf7a55'];
  fillAll(c, linear(c, 0, 0, 0, FLOOR, '#d2f1df', [0.3, '#7ccabf'], '#2e8f9c'));
  layer(c, { blur: 20, alpha: 0.75 }, (s) => {
    for (let i = 0; i < 22; i++) {
      s.fillStyle = fade(r.pick(['#1a6f78', '#3e9a86', '#5fae7a', '#d88a76', '#7a6ea0']), r.between(0.25, 0.7));
      s.fill(blob(r, r.between(-60, W + 60), r.between(430, 640), r.between(50, 150), r.between(50, 150), 0.3));
    }
  });
  shafts(c, r, { from: [820, -260], alpha: 0.32, colour: '#ffffe6', count: 12, spread: 1 });
  layer(c, { blur: 5, alpha: 0.8 }, (s) => { // eelgrass behind
    for (let i = 0; i < 46; i++) {
      const x = r.pick([r.between(-20, 330), r.between(860, W + 20)]), top = r.between(190, 470), bend = r.bell() * 60;
      s.fillStyle = linear(s, x, FLOOR, x, top, '#1d6a5c', '#8fc47a');
      s.fill(ribbon(curve([x, FLOOR + 30], [x + bend * 0.2, FLOOR - 90], [x - bend, top + 90], [x + bend, top]), (t) => 15 * (1 - t * 0.8)));
    }
  });
  const sand = new Path2D();
  sand.moveTo(-10, H + 10); sand.lineTo(-10, FLOOR - 30);
  sand.bezierCurveTo(260, FLOOR - 66, 520, FLOOR + 18, 780, FLOOR - 22); sand.bezierCurveTo(960, FLOOR - 44, 1100, FLOOR - 12, W + 10, FLOOR - 40);
  sand.lineTo(W + 10, H + 10); sand.closePath();
  ground(c, { dark: '#8a7254', light: '#ffe9bf', scale: 130, relief: 1.6, seed: 70, stretch: 2.6, octaves: 7, clip: sand });
  c.save(); c.clip(sand);
  fillAll(c, linear(c, 0, FLOOR - 60, 0, H, fade('#5cb3ab', 0.5), [0.3, fade('#ffe2a8', 0.08)], fade('#3a2c3a', 0.5)));
  c.restore();
  caustics(c, { clip: sand, alpha: 0.7, squash: 2.6, scale: 1, seed: 23, mode: 'overlay' });
  for (let i = 0; i < 70; i++) {
    const y = FLOOR + r.next() ** 1.4 * 190, s = mix(4, 19, (y - FLOOR) / 190) * r.between(0.5, 1.3), x = r.between(0, W), colour = r.pick(['#7d8a88', '#c9b79a', '#efe3cb', '#8b6a62', '#5f6f74']);
    if (x > 300 && x < 920 && y < FLOOR + 90) continue;
    c.fillStyle = fade('#2a2530', 0.4); c.fill(blob(chance(i), x + s * 0.2, y + s * 0.3, s, s * 0.6, 0.14));
    c.fillStyle = linear(c, x, y - s, x, y + s, blend(colour, '#ffffff', 0.4), blend(colour, '#1c2028', 0.45)); c.fill(blob(chance(i), x, y, s, s * 0.6, 0.14));
  }
  limb(c, [[470, 520], [360, 470], [268, 560], [226, 640]], 34, far);
  limb(c, [[500, 540], [430, 500], [352, 590], [330, 664]], 34, far);
  shell(c, r, 650, 440, 205);
  eye(c, 486, 478, 452, 372);
  eye(c, 516, 470, 508, 356);
  for (const [tx, ty] of [[210, 300], [292, 236]]) { // feelers
    c.fillStyle = linear(c, 480, 490, tx, ty, '#d9532f', fade('#ffd6a0', 0.9));
    c.fill(ribbon(curve([482, 492], [400, 380], [330, 330], [tx, ty]), (t) => 6 * (1 - t * 0.85)));
  }
  c.fillStyle = radial(c, 490, 488, 4, 85, '#ffc58a', [0.5, '#e0633a'], '#7d221f'); // the head
  c.fill(blob(chance(2), 512, 520, 68, 54, 0.06, 0.3));
  limb(c, [[560, 560], [520, 610], [470, 640], [424, 700]], 36, red);
  limb(c, [[590, 575], [590, 628], [566, 668], [556, 722]], 36, red);
  limb(c, [[520, 556], [440, 560], [392, 600]], 50, red);
  claw(c, 400, 604, 112, 2.72, red);
  limb(c, [[535, 562], [478, 600], [450, 634]], 36, red);
  claw(c, 456, 634, 62, 2.4, red);
  glow(c, 640, 300, 420, '#fff7d6', 0.24);
  motes(c, r, { count: 90, alpha: [0.12, 0.55] });
  finish(c, { seed: 11, corners: 0.4, shade: '#0a1c26' });
}
