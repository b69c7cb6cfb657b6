// Signing in with Google, without a server: the ID token comes straight to the
// page.
//
// There are two ways. A redirect (OpenID Connect, response type id_token) works
// with every provider and needs no script from elsewhere. With the real Google
// its own button is used (Google Identity Services), and the redirect if that
// script cannot be loaded.
//
// The page checks that the token answers its own question (state and nonce) and
// is meant for it (audience). It does not check the signature, and need not:
// whoever hands out credentials for the token does.

const ASKED = 'signin.asked'; // what was asked, until the answer comes
const TOKEN = 'signin.token'; // until it expires, the person signs out, or the tab closes

/** A sign-in that did not work, in words for the person. */
export class SignInError extends Error {
  name = 'SignInError';
}

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

/** The claims of a token, unverified. */
export function claimsOf(token) {
  const part = token.split('.')[1];
  if (!part) throw new SignInError('what came back from the sign-in is not a token');
  const raw = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(raw));
}

/** The address people come back to: the folder of this page. */
const here = () => new URL('./', location.href.split(/[?#]/)[0]).href;

/** Leaves for the sign-in page. */
export function redirect(config) {
  const asked = { state: random(), nonce: random() };
  sessionStorage.setItem(ASKED, JSON.stringify(asked));
  const query = new URLSearchParams({
    client_id: config.clientId, redirect_uri: here(), response_type: 'id_token', response_mode: 'fragment',
    scope: 'openid email profile', prompt: 'select_account', ...asked,
  });
  location.assign(`${config.google}/o/oauth2/v2/auth?${query}`);
}

/**
 * Reads the answer of a redirect from the address, if there is one, and takes it
 * out of the address and the history.
 */
export function takeAnswer(config) {
  const answer = new URLSearchParams(location.hash.slice(1));
  if (!answer.has('id_token') && !answer.has('error')) return;
  history.replaceState(null, '', location.pathname + location.search);
  const asked = JSON.parse(sessionStorage.getItem(ASKED) || 'null');
  sessionStorage.removeItem(ASKED);
  if (!asked || answer.get('state') !== asked.state) {
    throw new SignInError('the answer does not belong to a question this page asked (state). Please sign in again');
  }
  if (answer.has('error')) {
    const why = answer.get('error_description') || answer.get('error');
    throw new SignInError(answer.get('error') === 'access_denied' ? 'it was cancelled' : `Google answered: ${why}`);
  }
  keep(config, answer.get('id_token'), asked.nonce);
}

function keep(config, token, nonce) {
  const claims = claimsOf(token);
  if (claims.nonce !== nonce) throw new SignInError('the token was made for another sign-in (nonce). Please sign in again');
  if (claims.aud !== config.clientId) throw new SignInError(`the token is meant for ${claims.aud}, not for this page`);
  sessionStorage.setItem(TOKEN, token);
}

/** The token of the person signed in, or null. */
export function currentToken() {
  const token = sessionStorage.getItem(TOKEN);
  if (token && claimsOf(token).exp * 1000 > Date.now()) return token;
  sessionStorage.removeItem(TOKEN);
  return null;
}

export function forget() {
  sessionStorage.removeItem(TOKEN);
  globalThis.google?.accounts?.id?.disableAutoSelect();
}

/** Whether Google's own button is to be used. */
export const wantsGoogleButton = (config) => new URL(config.google).origin === 'https://accounts.google.com';

/** Puts Google's button into place; onSignedIn is called when a token is kept. */
export async function googleButton(config, place, onSignedIn, onError) {
  await new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = `${config.google}/gsi/client`;
    script.async = true;
    script.onload = done;
    script.onerror = () => failed(new SignInError('Google’s button could not be loaded'));
    document.head.append(script);
  });
  const nonce = random();
  google.accounts.id.initialize({
    client_id: config.clientId,
    nonce,
    callback: ({ credential }) => {
      try {
        keep(config, credential, nonce);
        onSignedIn();
      } catch (e) {
        onError(e);
      }
    },
  });
  google.accounts.id.renderButton(place, { theme: 'outline', size: 'large', shape: 'pill', text: 'signin_with' });
}
