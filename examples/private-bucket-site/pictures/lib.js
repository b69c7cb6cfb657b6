// Brushes for the pictures: repeatable randomness, noise, organic shapes, light
// and grain. Everything is drawn on one 1200 by 800 canvas; the same seed makes
// the same picture.

export const W = 1200;
export const H = 800;
export const TAU = Math.PI * 2;

/** A repeatable random source (mulberry32) with the shapes of chance that drawing needs. */
export function chance(seed) {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    between: (lo, hi) => lo + (hi - lo) * next(),
    /** near 0, seldom beyond ±2 */
    bell: () => next() + next() + next() + next() - 2,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

const hash = (x, y, s) => {
  let h = Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(s, 2147483647);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
};
const ease = (t) => t * t * (3 - 2 * t);
export const mix = (a, b, t) => a + (b - a) * t;
export const clamp = (v, lo = 0, hi = 1) => Math.min(hi, Math.max(lo, v));

/** Smooth noise in 0..1. */
export function noise(x, y, seed = 1) {
  const xi = Math.floor(x), yi = Math.floor(y), u = ease(x - xi), v = ease(y - yi);
  return mix(
    mix(hash(xi, yi, seed), hash(xi + 1, yi, seed), u),
    mix(hash(xi, yi + 1, seed), hash(xi + 1, yi + 1, seed), u), v);
}

/** Noise in several octaves, 0..1. */
export function fbm(x, y, seed = 1, octaves = 4) {
  let sum = 0, amp = 0.5, total = 0;
  for (let i = 0; i < octaves; i++) {
    sum += amp * noise(x, y, seed + i);
    total += amp;
    x = x * 2.03 + 17.1; y = y * 2.03 + 9.7; amp *= 0.5;
  }
  return sum / total;
}

/** "#rrggbb" to [r, g, b]. */
export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
/** A colour between two, or a colour with an opacity. */
export const blend = (a, b, t) => {
  const p = rgb(a), q = rgb(b);
  return '#' + p.map((v, i) => Math.round(mix(v, q[i], clamp(t))).toString(16).padStart(2, '0')).join('');
};
export const fade = (hex, alpha) => `rgba(${rgb(hex).join(',')},${alpha})`;

/** A linear gradient along a line; colours are spread evenly unless given as [offset, colour]. */
export function linear(c, x0, y0, x1, y1, ...stops) {
  return withStops(c.createLinearGradient(x0, y0, x1, y1), stops);
}
export function radial(c, x, y, r0, r1, ...stops) {
  return withStops(c.createRadialGradient(x, y, r0, x, y, r1), stops);
}
function withStops(g, stops) {
  stops.forEach((s, i) => {
    const [at, colour] = Array.isArray(s) ? s : [i / (stops.length - 1), s];
    g.addColorStop(at, colour);
  });
  return g;
}

export function fillAll(c, style) {
  c.fillStyle = style;
  c.fillRect(0, 0, W, H);
}

/** A closed smooth path through points. */
export function smooth(points) {
  const p = new Path2D();
  const n = points.length;
  const mid = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  p.moveTo(...mid(points[n - 1], points[0]));
  for (let i = 0; i < n; i++) p.quadraticCurveTo(...points[i], ...mid(points[i], points[(i + 1) % n]));
  p.closePath();
  return p;
}

/** A pebble: a circle that was never quite one. */
export function blob(r, x, y, rx, ry, wobble = 0.12, turn = 0, n = 11) {
  const pts = [];
  for (let i = 0; i < n; i++) {
    const a = (i / n) * TAU, k = 1 + wobble * r.bell() * 0.7;
    const px = Math.cos(a) * rx * k, py = Math.sin(a) * ry * k;
    pts.push([x + px * Math.cos(turn) - py * Math.sin(turn), y + px * Math.sin(turn) + py * Math.cos(turn)]);
  }
  return smooth(pts);
}

/** A band along a line of points, as wide at each as width(t) says. */
export function ribbon(points, width) {
  const n = points.length, left = [], right = [];
  for (let i = 0; i < n; i++) {
    const a = points[Math.max(0, i - 1)], b = points[Math.min(n - 1, i + 1)];
    const dx = b[0] - a[0], dy = b[1] - a[1], len = Math.hypot(dx, dy) || 1;
    const w = width(i / (n - 1)) / 2;
    left.push([points[i][0] - (dy / len) * w, points[i][1] + (dx / len) * w]);
    right.unshift([points[i][0] + (dy / len) * w, points[i][1] - (dx / len) * w]);
  }
  const p = new Path2D();
  [...left, ...right].forEach((q, i) => (i ? p.lineTo(...q) : p.moveTo(...q)));
  p.closePath();
  return p;
}

/** Points of a cubic curve. */
export function curve(p0, p1, p2, p3, n = 24) {
  const out = [];
  for (let i = 0; i <= n; i++) {
    const t = i / n, u = 1 - t;
    out.push([0, 1].map((k) => u * u * u * p0[k] + 3 * u * u * t * p1[k] + 3 * u * t * t * p2[k] + t * t * t * p3[k]));
  }
  return out;
}

/** A layer drawn on its own and laid over the picture. */
export function layer(c, { mode = 'source-over', alpha = 1, blur = 0 }, draw) {
  const sheet = new OffscreenCanvas(W, H);
  draw(sheet.getContext('2d'));
  c.save();
  c.globalCompositeOperation = mode;
  c.globalAlpha = alpha;
  if (blur) c.filter = `blur(${blur}px)`;
  c.drawImage(sheet, 0, 0);
  c.restore();
}

/** Colours a picture point by point; step 2 computes every second one and softens. */
export function field(c, { mode = 'source-over', alpha = 1, step = 2, clip = null }, colour) {
  const w = Math.ceil(W / step), h = Math.ceil(H / step);
  const sheet = new OffscreenCanvas(w, h), s = sheet.getContext('2d');
  const img = s.createImageData(w, h);
  for (let y = 0, i = 0; y < h; y++) {
    for (let x = 0; x < w; x++, i += 4) {
      const q = colour(x * step, y * step);
      img.data[i] = q[0]; img.data[i + 1] = q[1]; img.data[i + 2] = q[2];
      img.data[i + 3] = 255 * (q[3] ?? 1);
    }
  }
  s.putImageData(img, 0, 0);
  c.save();
  if (clip) c.clip(clip);
  c.globalCompositeOperation = mode;
  c.globalAlpha = alpha;
  c.imageSmoothingQuality = 'high';
  c.drawImage(sheet, 0, 0, w * step, h * step);
  c.restore();
}

/** The net of light that moving water throws on the ground. */
export function caustics(c, { tint = '#fff6d8', alpha = 0.5, scale = 1, squash = 1, seed = 3, clip = null, mode = 'soft-light', where = () => 1 }) {
  const q = rgb(tint);
  field(c, { mode, alpha, clip, step: 2 }, (x, y) => {
    const u = (x / 95) * scale, v = (y / 95) * scale * squash;
    const wx = u + 0.55 * Math.sin(v * 2.1 + seed) + 0.3 * fbm(u, v, seed, 2), wy = v + 0.55 * Math.sin(u * 1.9 + seed * 2);
    // The two nearest of points that stand one to a cell: light gathers on the border between them.
    let first = 9, second = 9;
    for (let j = -1; j <= 1; j++) {
      for (let i = -1; i <= 1; i++) {
        const cx = Math.floor(wx) + i, cy = Math.floor(wy) + j;
        const d = Math.hypot(cx + hash(cx, cy, seed) - wx, cy + hash(cx, cy, seed + 7) - wy);
        if (d < first) { second = first; first = d; } else if (d < second) second = d;
      }
    }
    const line = second - first;
    return [...q, (0.75 * clamp(1 - line * 5.5) ** 2 + 0.25 * clamp(1 - line * 1.6)) * where(x, y)];
  });
}

/** Rough ground lit from the upper left: stone or sand, as the scales say. */
export function ground(c, { dark, light, scale = 70, relief = 3, seed = 8, octaves = 5, clip = null, stretch = 1, mode, alpha }) {
  const a = rgb(dark), b = rgb(light);
  const height = (x, y) => fbm(x / scale, (y / scale) * stretch, seed, octaves);
  field(c, { clip, step: 1, mode, alpha }, (x, y) => {
    const h = height(x, y), slope = (h - height(x + 2, y + 2)) * relief;
    const t = clamp(0.15 + h * 0.7 + slope * 4);
    return [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];
  });
}

/** Shafts of light from above. */
export function shafts(c, r, { from = [600, -200], count = 12, spread = 0.9, colour = '#d9fff0', alpha = 0.16, length = 1100 }) {
  layer(c, { mode: 'screen', blur: 14 }, (s) => {
    for (let i = 0; i < count; i++) {
      const a = Math.PI / 2 + r.bell() * spread * 0.6, w = r.between(0.012, 0.06);
      s.fillStyle = radial(s, ...from, 100, length, fade(colour, alpha * r.between(0.4, 1.2)), fade(colour, 0));
      s.beginPath();
      s.moveTo(...from);
      s.lineTo(from[0] + Math.cos(a - w) * length, from[1] + Math.sin(a - w) * length);
      s.lineTo(from[0] + Math.cos(a + w) * length, from[1] + Math.sin(a + w) * length);
      s.fill();
    }
  });
}

/** Motes and bubbles hanging in the water. */
export function motes(c, r, { count = 120, colour = '#eafff5', size = [0.6, 2.6], alpha = [0.1, 0.5], box = [0, 0, W, H] }) {
  for (let i = 0; i < count; i++) {
    c.fillStyle = fade(colour, r.between(...alpha));
    c.beginPath();
    c.arc(r.between(box[0], box[2]), r.between(box[1], box[3]), r.between(...size), 0, TAU);
    c.fill();
  }
}

/** A glow that adds light. */
export function glow(c, x, y, radius, colour, alpha = 0.6) {
  c.save();
  c.globalCompositeOperation = 'screen';
  c.fillStyle = radial(c, x, y, 0, radius, fade(colour, alpha), [0.4, fade(colour, alpha * 0.35)], fade(colour, 0));
  c.fillRect(x - radius, y - radius, radius * 2, radius * 2);
  c.restore();
}

/** Darker corners and the tooth of paper: the last two strokes of every picture. */
export function finish(c, { seed = 99, grain = 0.05, corners = 0.38, shade = '#04141c' } = {}) {
  const g = c.createRadialGradient(W / 2, H * 0.46, H * 0.42, W / 2, H / 2, W * 0.66);
  g.addColorStop(0, fade(shade, 0));
  g.addColorStop(1, fade(shade, corners));
  fillAll(c, g);
  const r = chance(seed);
  field(c, { step: 1.5, mode: 'overlay', alpha: grain * 4 }, () => {
    const v = 128 + r.bell() * 52;
    return [v, v, v];
  });
}
