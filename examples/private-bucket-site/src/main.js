// The page: signs in, tells the story, shows the pictures, and tries what must
// be refused.

import { Bucket, Pool, describe, isExpired, requestId } from './aws.js';
import { byId, bytes, el, plural, titleOf } from './dom.js';
import { Gallery } from './gallery.js';
import { claimsOf, currentToken, forget, googleButton, redirect, takeAnswer, wantsGoogleButton } from './signin.js';
import { Story, showAnswer } from './story.js';

const story = new Story();
const gallery = new Gallery();

let config;
let bucket = null; // opened with the keys of the person signed in
let firstKey = null; // the picture that "delete" tries
let clock = null;

async function start() {
  try {
    const answer = await fetch('./config.json', { cache: 'no-store' });
    if (!answer.ok) throw new Error(`config.json: HTTP ${answer.status}`);
    config = await answer.json();
  } catch (e) {
    notice('This page has not been told where it is.', `It reads config.json beside itself, which could not be read (${e.message}).`);
    return;
  }
  if (config.endpoint) byId('where').textContent = `, at ${config.endpoint}`;
  byId('signin').addEventListener('click', () => redirect(config));
  byId('signout').addEventListener('click', signOut);
  byId('forbidden-get').addEventListener('click', tryStaffPicture);
  byId('forbidden-delete').addEventListener('click', tryDelete);
  byId('guest').addEventListener('click', tryAsGuest);
  byId('signin').disabled = byId('guest').disabled = false;
  if (wantsGoogleButton(config)) offerGoogleButton();
  try {
    takeAnswer(config);
  } catch (e) {
    notice('You are not signed in:', `${e.message}.`);
  }
  if (currentToken()) await tell();
}

/** Google's own button in place of ours; ours stays when it cannot be had. */
async function offerGoogleButton() {
  const place = byId('google-button');
  try {
    await googleButton(config, place, tell, (e) => notice('You are not signed in:', `${e.message}.`));
    place.hidden = false;
    byId('signin').hidden = true;
  } catch {
    place.hidden = true;
  }
}

/** The story from the token to the pictures. It stops at the step that fails. */
async function tell() {
  const token = currentToken();
  if (!token) return signInAgain('Your sign-in has expired.');
  leave();
  hideNotice();
  const claims = claimsOf(token);
  greet(claims);
  story.done('token', `${claims.name ?? claims.email ?? 'Somebody'} signed in. The page can read the token; only its issuer can make one.`, [
    ['iss', claims.iss], ['aud', claims.aud], ['sub', claims.sub], claims.email && ['email', claims.email],
    ['good until', time(new Date(claims.exp * 1000))],
  ]);
  byId('story-lead').textContent = 'This is what is happening between your browser and the services.';
  let step = 'identity';
  try {
    story.begin(step);
    const pool = new Pool(config);
    const [who, whoTook] = await timed(pool.identity(token));
    story.done(step, 'The token’s signature, issuer, audience and time were checked. You are this identity of the pool.', [
      ['IdentityId', who.IdentityId], ['pool', config.identityPoolId],
    ], [['GetId', requestId(who), whoTook]]);

    story.begin(step = 'credentials');
    const [{ out, credentials }, keysTook] = await timed(pool.credentials(who.IdentityId, token));
    const opened = new Bucket(config, credentials);
    const [me, meTook] = await timed(opened.whoAmI().catch((e) => ({ refused: e })));
    const [, role, session] = /assumed-role\/([^/]+)\/(.+)$/.exec(me.Arn ?? '') ?? [];
    const left = el('span', { 'data-testid': 'expires-in' });
    story.done(step, role ? `For a while your browser acts as the role ${role}. There is nothing to rotate and nothing to leak for long.` : 'Your browser has keys of its own now, for a while.', [
      ['access key', credentials.accessKeyId],
      role && ['role', role], session && ['session', session], me.Arn && ['acts as', me.Arn],
      me.refused && ['acts as', `not told: ${describe(me.refused).message}`],
      ['expires', left],
    ], [['GetCredentialsForIdentity', requestId(out), keysTook], ['GetCallerIdentity', requestId(me.refused ?? me), meTook]]);
    countDown(left, credentials.expiration);

    story.begin(step = 'list');
    const [{ objects, answers }, listTook] = await timed(opened.list());
    const total = objects.reduce((sum, o) => sum + (o.Size ?? 0), 0);
    story.done(step, `${plural(objects.length, 'object')}, ${bytes(total)}. For each picture the browser now signs an address of its own; no further question is asked until the picture is fetched.`, [
      ['bucket', config.bucket], ['objects', String(objects.length)],
    ], answers.map((a) => ['ListObjectsV2', requestId(a), listTook / answers.length]));
    bucket = opened;
    firstKey = objects[0]?.Key ?? null;
    const pictures = objects.filter((o) => /\.(jpe?g|png|webp|avif|gif)$/i.test(o.Key));
    gallery.show(await Promise.all(pictures.map(async (o) => ({ key: o.Key, size: o.Size ?? 0, url: await opened.address(o.Key) }))));
    byId('story-lead').replaceChildren('This is what has just happened between your browser and the services. ',
      el('a', { href: '#gallery-title' }, 'Straight to the pictures'));
    byId('gallery-lead').textContent = pictures.length
      ? 'Each picture comes through an address signed in your browser, good for a quarter of an hour. Choose one to see it large.'
      : 'The bucket opened, and there are no pictures in it.';
    offerForbidden();
  } catch (e) {
    story.fail(step, e);
    if (isExpired(e)) signInAgain('Your sign-in has expired.');
    else if (e.name === 'NotAuthorizedException') signInAgain('Your sign-in was not accepted.');
  }
}

function greet(claims) {
  byId('hero').classList.add('open');
  byId('person').textContent = claims.name ?? claims.email ?? claims.sub;
  const face = byId('face');
  face.hidden = true;
  if (claims.picture) {
    face.onload = () => { face.hidden = false; };
    face.referrerPolicy = 'no-referrer';
    face.src = claims.picture;
  }
  byId('who').hidden = false;
  byId('start').hidden = true;
}

/** Everything that belonged to a session is gone from the page. */
function leave() {
  clearInterval(clock);
  bucket = firstKey = null;
  story.reset();
  gallery.lock();
  byId('who').hidden = true;
  byId('start').hidden = false;
  byId('hero').classList.remove('open');
  byId('forbidden-get').disabled = byId('forbidden-delete').disabled = true;
  byId('forbidden-message').replaceChildren();
}

function signOut() {
  forget();
  leave();
  hideNotice();
  byId('story-lead').textContent = 'You have signed out; the page has forgotten token and keys.';
  byId('gallery-lead').textContent = 'Closed to the public. Sign in to see what is inside.';
  byId('start').querySelector('button:not([hidden])')?.focus();
}

/** Offers to sign in again, or to take new keys while the token still serves. */
function signInAgain(why) {
  const usable = currentToken() && why.includes('keys');
  if (!usable) forget();
  const button = el('button', { type: 'button', 'data-testid': 'again', onclick: () => (usable ? tell() : redirect(config)) }, usable ? 'Get new keys' : 'Sign in again');
  notice(why, usable ? 'That is what temporary means. Your sign-in is still good, so new ones are a click away.' : 'Sign in again to continue.', button);
}

function countDown(place, end) {
  const tick = () => {
    const s = Math.round((end - Date.now()) / 1000);
    if (s <= 0) {
      clearInterval(clock);
      place.textContent = `${time(end)} (expired)`;
      signInAgain('The temporary keys have expired.');
      return;
    }
    const clockFace = s >= 3600 ? `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')} min`;
    place.textContent = `${time(end)}, in ${clockFace}`;
  };
  clearInterval(clock);
  clock = setInterval(tick, 1000);
  tick();
}

function offerForbidden() {
  const { forbidden } = config;
  byId('forbidden-lead').textContent = `Your keys are good, but the policy allows only reading ${config.bucket}. Ask for more and see.`;
  byId('forbidden-get').hidden = !forbidden;
  byId('forbidden-get').disabled = !forbidden;
  byId('forbidden-delete').disabled = !firstKey;
}

async function tryStaffPicture() {
  const { bucket: name, key } = config.forbidden;
  await attempt('forbidden-message', byId('forbidden-get'), () => bucket.get(name, key), {
    asked: `GetObject ${name}/${key} was refused.`,
    allowed: `${titleOf(key)} could be read: the policy of your role allows it.`,
  });
}

async function tryDelete() {
  await attempt('forbidden-message', byId('forbidden-delete'), () => bucket.remove(firstKey), {
    asked: `DeleteObject ${config.bucket}/${firstKey} was refused. The picture is still there.`,
    allowed: `${firstKey} has been deleted: the policy of your role allows it.`,
  });
}

async function tryAsGuest() {
  const pool = new Pool(config);
  await attempt('guest-message', byId('guest'), async () => {
    const who = await pool.identity(null);
    return (await pool.credentials(who.IdentityId, null)).out;
  }, {
    asked: 'The pool does not let guests in.',
    allowed: 'The pool lets guests in, with a role of their own.',
  });
}

async function attempt(place, button, run, { asked, allowed }) {
  button.disabled = true;
  try {
    const out = await run();
    showAnswer(byId(place), { kind: 'open', lead: allowed, id: requestId(out) });
  } catch (e) {
    const answered = describe(e).status !== null;
    showAnswer(byId(place), { kind: answered ? 'refused' : 'unknown', lead: answered ? asked : 'There was no answer to show.', error: e, explain: config.explain });
    if (isExpired(e)) signInAgain('The temporary keys have expired.');
  } finally {
    button.disabled = false;
    button.focus();
  }
}

function notice(title, text, button = null) {
  const place = byId('notice');
  place.replaceChildren(el('p', {}, el('strong', {}, title), ` ${text}`), ...(button ? [button] : []));
  place.hidden = false;
}

function hideNotice() {
  byId('notice').hidden = true;
}

const time = (date) => date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

async function timed(promise) {
  const begun = performance.now();
  return [await promise, performance.now() - begun];
}

start();
