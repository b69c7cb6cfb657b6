// The pictures, each behind an address signed for it, and the large view.

import { byId, bytes, el, titleOf } from './dom.js';

const LOCK = '<svg viewBox="0 0 24 28"><path d="M4 12V8a8 8 0 0 1 16 0v4h1a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3H3a3 3 0 0 1-3-3V15a3 3 0 0 1 3-3zm4 0h8V8a4 4 0 0 0-8 0zm4 4a3 3 0 0 0-1.6 5.5L10 25h4l-.4-3.5A3 3 0 0 0 12 16z"/></svg>';

export class Gallery {
  #list = byId('gallery');
  #box = byId('box');
  #pictures = [];
  #at = 0;

  constructor() {
    byId('box-close').addEventListener('click', () => this.#box.close());
    byId('box-before').addEventListener('click', () => this.#turn(-1));
    byId('box-after').addEventListener('click', () => this.#turn(1));
    this.#box.addEventListener('click', (e) => e.target === this.#box && this.#box.close());
    this.#box.addEventListener('keydown', (e) => {
      if (e.key === 'ArrowLeft') this.#turn(-1);
      if (e.key === 'ArrowRight') this.#turn(1);
    });
    this.lock();
  }

  /** Covered frames, for those who are not signed in. */
  lock() {
    if (this.#box.open) this.#box.close();
    this.#pictures = [];
    this.#list.classList.add('locked');
    this.#list.replaceChildren(...Array.from({ length: 7 }, () => {
      const frame = el('li', { class: 'frame', 'aria-hidden': 'true' });
      frame.innerHTML = LOCK;
      return frame;
    }));
  }

  /** Shows pictures: [{ key, size, url }]. */
  show(pictures) {
    this.#pictures = pictures;
    this.#list.classList.remove('locked');
    this.#list.replaceChildren(...pictures.map((p, i) => {
      const image = el('img', { src: p.url, alt: titleOf(p.key), 'data-key': p.key, loading: 'lazy', decoding: 'async', width: 1200, height: 800 });
      const button = el('button', { type: 'button', class: 'picture', 'aria-label': `${titleOf(p.key)}, show large`, onclick: () => this.#open(i) },
        image, el('span', { class: 'caption' }, el('b', {}, titleOf(p.key)), el('small', {}, `${p.key} · ${bytes(p.size)}`)));
      const item = el('li', {}, button);
      image.addEventListener('error', () => item.replaceChildren(closed(p)));
      return item;
    }));
  }

  #open(i) {
    this.#at = i;
    this.#draw();
    this.#box.showModal();
  }

  #turn(by) {
    this.#at = (this.#at + by + this.#pictures.length) % this.#pictures.length;
    this.#draw();
  }

  #draw() {
    const p = this.#pictures[this.#at];
    byId('box-image').src = p.url;
    byId('box-image').alt = titleOf(p.key);
    byId('box-title').textContent = titleOf(p.key);
    byId('box-note').textContent = `${p.key} · ${this.#at + 1} of ${this.#pictures.length}`;
  }
}

/** A picture that the bucket lists, and the role may not open. */
function closed(p) {
  const frame = el('div', { class: 'frame closed', 'data-closed': p.key });
  frame.innerHTML = LOCK;
  frame.append(el('span', {}, el('b', {}, titleOf(p.key)), el('small', {}, 'not for your role')));
  return frame;
}
