// Small helpers for making and finding elements. Text always goes in as text,
// never as markup, whatever a service answers.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element: el('p', { class: 'x', 'data-key': k }, 'text', child).
 * Attributes that are null, undefined or false are left out.
 */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

/** "hermit-crab.jpg" to "Hermit crab". */
export function titleOf(key) {
  const words = key.replace(/^.*\//, '').replace(/\.[^.]*$/, '').replace(/[-_]+/g, ' ').trim() || key;
  return words[0].toUpperCase() + words.slice(1);
}

/** 123456 to "123 kB". */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1_000_000 ? `${Math.round(n / 1000)} kB` : `${(n / 1_000_000).toFixed(1)} MB`;
}

export const plural = (n, one) => `${n} ${one}${n === 1 ? '' : 's'}`;

/** ['a', 'b', 'c'] to "a, b and c". */
export const listed = (words) => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);
