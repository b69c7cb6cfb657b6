// The story: one step after another, each with what was asked, what came back
// and the request id.

import { describe } from './aws.js';
import { byId, el } from './dom.js';

const STEPS = [
  ['token', 'Somebody vouches for you', 'You choose an account with a provider. It hands the page a proof: an ID token, an access token, a signed response.'],
  ['identity', 'The pool knows you', 'GetId checks the proof and finds your identity: the same one, every time you come.'],
  ['credentials', 'You are lent keys', 'GetCredentialsForIdentity chooses a role and mints keys that melt away by themselves.'],
  ['list', 'The bucket opens', 'ListObjectsV2, signed in your browser with those keys. The policy of the role decides.'],
];

export class Story {
  #steps = new Map();

  constructor() {
    const list = byId('story');
    list.replaceChildren();
    STEPS.forEach(([name, title, sentence], i) => {
      const text = el('p', { class: 'sentence' }, sentence);
      const facts = el('dl', { class: 'facts' });
      const foot = el('p', { class: 'foot-note' });
      const item = el('li', { class: 'step', 'data-testid': `step-${name}`, 'data-state': 'waiting' },
        el('span', { class: 'dot', 'aria-hidden': 'true' }, String(i + 1)),
        el('div', { class: 'body' }, el('h3', {}, title), text, facts, foot));
      this.#steps.set(name, { item, text, facts, foot, sentence, title });
      list.append(item);
    });
  }

  /** All steps wait again. */
  reset() {
    for (const s of this.#steps.values()) {
      s.item.dataset.state = 'waiting';
      s.text.textContent = s.sentence;
      s.item.querySelector('h3').textContent = s.title;
      s.item.querySelectorAll('.login').forEach((e) => e.remove());
      s.facts.replaceChildren();
      s.foot.replaceChildren();
    }
  }

  begin(name) {
    this.#steps.get(name).item.dataset.state = 'working';
  }

  /**
   * A step is done. facts are [label, value or element]; calls are
   * [operation, request id, milliseconds]. title is another one for the step, and
   * logins are [name, facts] of their own.
   */
  done(name, sentence, facts, calls = [], { title, logins = [] } = {}) {
    const s = this.#steps.get(name);
    s.item.dataset.state = 'done';
    s.text.textContent = sentence;
    if (title) s.item.querySelector('h3').textContent = title;
    s.facts.replaceChildren(...pairs(facts));
    s.facts.before(...logins.map(([who, all]) => el('div', { class: 'login' }, el('h4', {}, who), el('dl', { class: 'facts' }, ...pairs(all)))));
    s.foot.replaceChildren(...calls.map(call));
  }

  fail(name, error) {
    const s = this.#steps.get(name), d = describe(error);
    s.item.dataset.state = 'failed';
    s.text.replaceChildren(el('strong', {}, d.code), ` ${d.message}`);
    s.foot.replaceChildren(...(d.id ? [call(['Refused', d.id, null])] : []));
  }
}

const pairs = (facts) => facts.filter(Boolean).map(([label, value]) => el('div', {}, el('dt', {}, label), el('dd', {}, value)));

function call([operation, id, ms]) {
  return el('span', { class: 'call' }, el('b', {}, operation), ms === null || ms === undefined ? null : ` ${Math.max(1, Math.round(ms))} ms `,
    id ? el('span', { class: 'id' }, ' request ', el('code', { 'data-request-id': id }, id)) : null);
}

/**
 * What a service answered to an attempt, in its own words. explain is the command
 * that says why a request was denied, without its id; it is shown for what
 * policies deny.
 */
export function showAnswer(place, { kind, lead, error, id, detail, explain }) {
  const d = error ? describe(error) : null;
  const recorded = d?.id ?? id;
  const denied = explain && d?.id && /^AccessDenied/.test(d.code);
  place.replaceChildren(el('div', { class: `verdict ${kind}` },
    el('p', { class: 'lead-in' }, lead),
    d ? el('blockquote', {}, el('strong', {}, d.status ? `${d.code} · HTTP ${d.status}` : d.code), el('p', {}, d.message)) : null,
    detail ? el('p', {}, detail) : null,
    recorded ? el('p', { class: 'foot-note' }, el('span', {}, 'request ', el('code', { 'data-request-id': recorded }, recorded))) : null,
    denied ? whyCommand(`${explain} ${d.id}`) : null));
}

/** The command to copy, for whoever runs the server. */
function whyCommand(command) {
  const code = el('code', { 'data-testid': 'explain-command', tabindex: '0' }, command);
  const told = el('span', { role: 'status', class: 'told' });
  return el('div', { class: 'why' },
    el('p', {}, 'Which statement came closest, and what would allow it? Whoever runs the server can read it in a terminal:'),
    el('div', { class: 'command' }, code,
      el('button', { type: 'button', 'data-testid': 'explain-copy', onclick: () => copy(command, code, told) }, 'Copy')), told);
}

/** Copies, or where the browser does not let the page, marks the text for the person to do it. */
async function copy(text, shown, told) {
  try {
    await navigator.clipboard.writeText(text);
    told.textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren(shown);
    told.textContent = 'Marked: press Ctrl+C or ⌘C.';
  }
}
