// The ways to sign in, one entry for each kind of provider: what its sign-in page
// is asked, and what comes of its answer.
//
// Every answer ends as a login: the key under which the identity pool knows the
// provider, and the proof that goes there. What each proof is differs, and that is
// what this file is about; everything after it is the same for all.
//
// The page checks that an answer belongs to its own question (state, and nonce
// where there is one) and is meant for it (audience). It does not check signatures,
// and need not: whoever hands out keys for the proof does.

/** A sign-in that did not work, in words for the person. */
export class SignInError extends Error {
  name = 'SignInError';
}

/** The address people come back to: the folder of this page. */
export const here = () => new URL('./', location.href.split(/[?#]/)[0]).href;

/** The claims of a JSON Web Token, unverified. */
export function claimsOf(token) {
  const part = token?.split('.')[1];
  if (!part) throw new SignInError('what came back from the sign-in is not a token');
  const raw = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(raw));
}

const b64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const text = (value) => (Array.isArray(value) ? value.join(', ') : String(value));
const inSeconds = (s) => Date.now() + Number(s || 3600) * 1000;

/** What the page shows of the claims of an ID token; the rest is for machines. */
const SHOWN = ['iss', 'aud', 'sub', 'token_use', 'email', 'groups', 'cognito:groups', 'cognito:preferred_role'];

/** The login of an ID token, checked against what was asked. */
function idToken(provider, token, asked, more = {}) {
  const claims = claimsOf(token);
  if (claims.nonce !== asked.nonce) throw new SignInError('the token was made for another sign-in (nonce). Please sign in again');
  if (claims.aud !== provider.clientId) throw new SignInError(`the token is meant for ${claims.aud}, not for this page`);
  return {
    token, proof: 'ID token', checked: 'the token’s signature, issuer, audience and time were checked',
    person: claims.name ?? more.person ?? claims.email ?? claims.sub, picture: claims.picture ?? null, expires: claims.exp * 1000,
    claims: SHOWN.filter((c) => claims[c] !== undefined).map((c) => [c, text(claims[c])]),
  };
}

/** Asks who an opaque token stands for, to greet the person. It proves nothing to anybody. */
async function profile(address, init) {
  const answer = await fetch(address, { ...init, referrerPolicy: 'no-referrer' });
  if (!answer.ok) throw new SignInError(`the provider did not say who signed in (HTTP ${answer.status})`);
  return answer.json();
}

/** The authorization code grant with PKCE: the code for tokens, no secret needed. */
const codeFlow = {
  proof: 'ID token',
  async ask(provider, asked) {
    asked.verifier = b64url(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(asked.verifier));
    return {
      client_id: provider.clientId, redirect_uri: here(), response_type: 'code', scope: 'openid email profile',
      state: asked.state, nonce: asked.nonce, code_challenge_method: 'S256', code_challenge: b64url(new Uint8Array(digest)),
    };
  },
  async take(provider, answer, asked) {
    const got = await fetch(provider.token, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code', client_id: provider.clientId, code: answer.get('code'), redirect_uri: here(), code_verifier: asked.verifier,
      }),
    });
    const tokens = await got.json();
    if (!got.ok) throw new SignInError(`${provider.name} answered: ${tokens.error_description ?? tokens.error}`);
    return idToken(provider, tokens.id_token, asked);
  },
};

export const KINDS = {
  google: {
    mark: 'G',
    ask: (provider, asked) => ({
      client_id: provider.clientId, redirect_uri: here(), response_type: 'id_token', response_mode: 'fragment',
      scope: 'openid email profile', prompt: 'select_account', state: asked.state, nonce: asked.nonce,
    }),
    take: (provider, answer, asked) => idToken(provider, answer.get('id_token'), asked),
  },

  facebook: {
    mark: 'f',
    ask: (provider, asked) => ({ client_id: provider.clientId, redirect_uri: here(), response_type: 'token', scope: 'public_profile,email', state: asked.state }),
    async take(provider, answer) {
      const token = answer.get('access_token');
      const me = await profile(`${provider.profile}?${new URLSearchParams({ fields: 'id,name,email,picture', access_token: token })}`);
      return {
        token, proof: 'access token', checked: 'Facebook was asked whose the token is, and for which app',
        person: me.name, picture: me.picture?.data?.url ?? null, expires: inSeconds(answer.get('expires_in')),
        claims: [['app id', provider.clientId], ['user id', me.id], ['email', me.email]],
      };
    },
  },

  amazon: {
    mark: 'a',
    ask: (provider, asked) => ({ client_id: provider.clientId, redirect_uri: here(), response_type: 'token', scope: 'profile', state: asked.state }),
    async take(provider, answer) {
      const token = answer.get('access_token');
      const me = await profile(provider.profile, { headers: { Authorization: `bearer ${token}` } });
      return {
        token, proof: 'access token', checked: 'Amazon was asked whose the token is, and for which client (tokeninfo)',
        person: me.name, picture: null, expires: inSeconds(answer.get('expires_in')),
        claims: [['client id', provider.clientId], ['user_id', me.user_id], ['email', me.email]],
      };
    },
  },

  apple: {
    mark: 'A',
    // The answer is a form that the browser posts to the page's backend, which puts
    // it into the address of this page.
    ask: (provider, asked) => ({
      client_id: provider.clientId, redirect_uri: new URL(provider.redirect, here()).href, response_type: 'code id_token', response_mode: 'form_post',
      scope: 'name email', state: asked.state, nonce: asked.nonce,
    }),
    take(provider, answer, asked) {
      const user = JSON.parse(answer.get('user') ?? 'null'); // the first time only
      return idToken(provider, answer.get('id_token'), asked, user ? { person: `${user.name.firstName} ${user.name.lastName}` } : {});
    },
  },

  x: {
    mark: 'X',
    // Signed questions need the application's secret: the backend asks them.
    ask: (_, asked) => ({ state: asked.state }),
    take: (provider, answer) => ({
      token: answer.get('x_token'), proof: 'token and its secret (OAuth 1.0a)', checked: 'X was asked whose the token is, in a request signed with it (verify_credentials)',
      person: `@${answer.get('screen_name')}`, picture: null, expires: inSeconds(),
      claims: [['user id', answer.get('user_id')], ['screen name', answer.get('screen_name')]],
    }),
  },

  userpool: { mark: 'U', ...codeFlow },
  oidc: { mark: 'L', ...codeFlow },

  saml: {
    mark: 'H',
    ask: (_, asked) => ({ state: asked.state }), // travels as RelayState
    take(provider, answer) {
      const token = answer.get('SAMLResponse');
      const xml = new DOMParser().parseFromString(new TextDecoder().decode(Uint8Array.from(atob(token), (c) => c.charCodeAt(0))), 'text/xml');
      const all = (name) => [...xml.getElementsByTagNameNS('urn:oasis:names:tc:SAML:2.0:assertion', name)];
      const subject = all('NameID')[0]?.textContent;
      const attributes = all('Attribute').map((a) => [a.getAttribute('Name').replace(/^.*\//, ''), [...a.children].map((v) => v.textContent).join(', ')]);
      if (!subject) throw new SignInError('what came back from the sign-in is not a SAML response');
      const until = Date.parse(all('SubjectConfirmationData')[0]?.getAttribute('NotOnOrAfter') ?? '');
      return {
        token, proof: 'SAML response', checked: 'the signature, issuer, recipient and time of the assertion were checked',
        person: attributes.find(([name]) => name === 'name')?.[1] ?? subject, picture: null, expires: until || inSeconds(),
        claims: [['Issuer', all('Issuer')[0]?.textContent], ['NameID', subject], ...attributes],
      };
    },
  },

  developer: {
    mark: 'T',
    take(_, answer) {
      const token = answer.get('developer_token');
      const claims = claimsOf(token);
      return {
        token, key: 'cognito-identity.amazonaws.com', proof: 'the pool’s own token, for a backend that vouches', checked: 'the backend vouched for you, with the key of an IAM user who may',
        person: answer.get('name'), picture: answer.get('picture'), expires: claims.exp * 1000, identity: answer.get('identity_id'), requestId: answer.get('request_id'),
        claims: [['developer provider', answer.get('developer_provider')], ['user', answer.get('developer_user')], ['iss', claims.iss], ['aud', claims.aud], ['sub', claims.sub]],
      };
    },
  },
};
