// Signing in: going to a provider and coming back with a login, and keeping the
// logins of the tab.

import { KINDS, SignInError, here } from './providers.js';

const ASKED = 'signin.asked'; // what was asked, until the answer comes
const LOGINS = 'signin.logins'; // until they expire, the person signs out, or the tab closes
const IDENTITY = 'signin.identity'; // whom they belong to; also that of a guest

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
const read = (name) => JSON.parse(sessionStorage.getItem(name) || 'null');
const write = (name, value) => (value === null ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, JSON.stringify(value)));

/** The ways to sign in. A page for Google alone may say just clientId and google. */
export function ways(config) {
  if (config.providers) return config.providers;
  if (!config.clientId) return [];
  return [{ kind: 'google', name: 'Google', key: 'accounts.google.com', clientId: config.clientId, signIn: `${config.google ?? 'https://accounts.google.com'}/o/oauth2/v2/auth` }];
}

/** The logins that still serve: [{ key, token, name, person, … }]. */
export const currentLogins = () => (read(LOGINS) ?? []).filter((l) => l.expires > Date.now());

/** How many logins there were, whether they still serve or not. */
export const loginsKept = () => (read(LOGINS) ?? []).length;

/** The map that the identity pool takes. */
export const loginsMap = (logins) => Object.fromEntries(logins.map((l) => [l.key, l.token]));

/** The identity of this tab: { id, guest }, or null. */
export const currentIdentity = () => read(IDENTITY);
export const keepIdentity = (identity) => write(IDENTITY, identity);

export function forget() {
  for (const name of [LOGINS, IDENTITY, ASKED]) write(name, null);
  globalThis.google?.accounts?.id?.disableAutoSelect();
}

/** Leaves for a provider's sign-in page; add is for a further login of the same person. */
export async function leaveFor(provider, add = false) {
  const asked = { kind: provider.kind, add, state: random(), nonce: random() };
  if (provider.kind === 'developer') {
    write(ASKED, asked);
    return postTo(provider.signIn, {
      state: asked.state, identity: currentIdentity()?.id ?? '', logins: JSON.stringify(add ? loginsMap(currentLogins()) : {}),
    });
  }
  const query = new URLSearchParams(await KINDS[provider.kind].ask(provider, asked));
  write(ASKED, asked);
  location.assign(`${new URL(provider.signIn, here())}?${query}`);
}

/** The backend of the own accounts is told what there is to link, in a form: tokens do not belong into addresses. */
function postTo(address, fields) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = new URL(address, here());
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

/**
 * Reads a provider's answer from the address, if there is one, and takes it out of
 * the address and the history. Returns whether there was one.
 */
export async function takeAnswer(config) {
  const answer = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of new URLSearchParams(location.search)) answer.append(name, value);
  if (!answer.has('state')) return false;
  history.replaceState(null, '', location.pathname);
  const asked = read(ASKED);
  write(ASKED, null);
  if (!asked || answer.get('state') !== asked.state) {
    throw new SignInError('the answer does not belong to a question this page asked (state). Please sign in again');
  }
  const provider = ways(config).find((p) => p.kind === asked.kind);
  if (answer.has('error')) {
    const why = answer.get('error_description') || answer.get('error');
    throw new SignInError(answer.get('error') === 'access_denied' ? 'it was cancelled' : `${provider.name} answered: ${why}`);
  }
  keep(provider, await KINDS[asked.kind].take(provider, answer, asked), asked.add);
  return true;
}

/** A new login stands alone, or beside those there are. */
function keep(provider, login, add) {
  const others = add ? currentLogins().filter((l) => l.kind !== provider.kind) : [];
  write(LOGINS, [...others, { kind: provider.kind, name: provider.name, key: provider.key, ...login }]);
  // A guest stays the same identity; who was signed in is gone.
  if (!add && !currentIdentity()?.guest) write(IDENTITY, null);
}

/** Puts a login aside. */
export const drop = (login) => write(LOGINS, (read(LOGINS) ?? []).filter((l) => l.kind !== login.kind));

/** Whether Google's own button is to be used. */
export const wantsGoogleButton = (provider) => new URL(provider.signIn, here()).origin === 'https://accounts.google.com';

/** Puts Google's button into place; onSignedIn is called when a login is kept. */
export async function googleButton(provider, place, onSignedIn, onError) {
  await new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = 'https://accounts.google.com/gsi/client';
    script.async = true;
    script.onload = done;
    script.onerror = () => failed(new SignInError('Google’s button could not be loaded'));
    document.head.append(script);
  });
  const nonce = random();
  google.accounts.id.initialize({
    client_id: provider.clientId,
    nonce,
    callback: ({ credential }) => {
      try {
        keep(provider, KINDS.google.take(provider, new URLSearchParams({ id_token: credential }), { nonce }), false);
        onSignedIn();
      } catch (e) {
        onError(e);
      }
    },
  });
  google.accounts.id.renderButton(place, { theme: 'outline', size: 'large', shape: 'pill', text: 'signin_with' });
}
