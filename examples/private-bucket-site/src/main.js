// The page: signs in, tells the story, shows the pictures, and tries what must
// be refused.

import { Bucket, Pool, describe, isExpired, requestId, whyRole } from './aws.js';
import { byId, bytes, el, listed, plural, titleOf } from './dom.js';
import { Gallery } from './gallery.js';
import { KINDS } from './providers.js';
import {
  currentIdentity, currentLogins, drop, forget, googleButton, keepIdentity, leaveFor, loginsKept, loginsMap, takeAnswer, wantsGoogleButton, ways,
} from './signin.js';
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
  byId('signout').addEventListener('click', signOut);
  byId('forbidden-get').addEventListener('click', tryStaffPicture);
  byId('forbidden-delete').addEventListener('click', tryDelete);
  offerSignIn();
  try {
    await takeAnswer(config);
  } catch (e) {
    notice('You are not signed in:', `${e.message}.`);
  }
  if (currentLogins().length > 0 || currentIdentity()?.guest) await tell();
  else offerLinking();
}

const mark = (kind) => el('span', { class: 'mark', 'data-kind': kind, 'aria-hidden': 'true' }, KINDS[kind]?.mark ?? '·');

const label = (p) => [el('span', {}, p.kind === 'guest' ? 'Come as a guest' : p.name, p.about ? el('small', {}, ` ${p.about}`) : null)];

/** What sentences call a provider. */
const spoken = (l) => (l.kind === 'userpool' ? 'the user pool' : l.name);
const capital = (words) => words.replace(/^./, (c) => c.toUpperCase());

/** The chooser: the first way large, the others beside each other. */
function offerSignIn() {
  const [first, ...others] = ways(config);
  const button = byId('signin');
  if (!first) {
    notice('There is no way to sign in.', 'config.json names no provider.');
    return;
  }
  button.append(mark(first.kind), `Sign in with ${first.name}`);
  button.addEventListener('click', () => choose(first));
  button.disabled = false;
  if (first.kind === 'google' && wantsGoogleButton(first)) offerGoogleButton(first);
  byId('others').replaceChildren(...others.map((p) => el('li', {}, el('button', { type: 'button', class: 'way', 'data-testid': `signin-${p.kind}`, onclick: () => choose(p) },
    mark(p.kind), ...label(p)))));
  byId('others-title').hidden = others.length === 0;
}

async function choose(provider, add = false) {
  if (provider.kind === 'guest') {
    keepIdentity({ id: null, guest: true });
    return tell();
  }
  return leaveFor(provider, add);
}

/** Google's own button in place of ours; ours stays when it cannot be had. */
async function offerGoogleButton(provider) {
  const place = byId('google-button');
  try {
    await googleButton(provider, place, tell, (e) => notice('You are not signed in:', `${e.message}.`));
    place.hidden = false;
    byId('signin').hidden = true;
  } catch {
    place.hidden = true;
  }
}

/** The story from the logins to the pictures. It stops at the step that fails. */
async function tell() {
  const logins = currentLogins();
  const before = currentIdentity();
  if (logins.length === 0 && !before?.guest) return signInAgain('Your sign-in has expired.');
  leave();
  hideNotice();
  greet(logins);
  tellLogins(logins);
  byId('story-lead').textContent = 'This is what is happening between your browser and the services.';
  let step = 'identity';
  try {
    const map = loginsMap(logins);
    story.begin(step);
    const pool = new Pool(config);
    // An identity that is known already, a guest's or one that a backend has named,
    // is not asked for again.
    const named = logins.find((l) => l.identity)?.identity ?? (before?.guest ? before.id : null);
    const [who, whoTook] = named ? [null, 0] : await timed(pool.identity(map));
    const me = { id: named ?? who.IdentityId, guest: logins.length === 0 };
    const tellIdentity = () => story.done('identity', aboutIdentity(logins, before, me), [
      ['IdentityId', me.id], ['pool', config.identityPoolId],
      ['Logins', logins.length > 0 ? logins.map((l) => l.key).join(', ') : 'none: a guest'],
    ], [
      ...logins.filter((l) => l.requestId).map((l) => ['GetOpenIdTokenForDeveloperIdentity, by the backend', l.requestId, null]),
      ...(who ? [['GetId', requestId(who), whoTook]] : []),
    ], { title: logins.length > 1 ? 'The pool knows that it is you, both times' : me.guest ? 'The pool lets you in as a guest' : undefined });
    tellIdentity();

    story.begin(step = 'credentials');
    const [{ out, credentials }, keysTook] = await timed(pool.credentials(me.id, map));
    if (out.IdentityId !== me.id) { // a guest who turned out to be somebody known
      me.id = out.IdentityId;
      tellIdentity();
    }
    keepIdentity(me);
    const opened = new Bucket(config, credentials);
    const [[caller, callerTook], why] = await Promise.all([timed(opened.whoAmI().catch((e) => ({ refused: e }))), whyRole(config, me.id, map)]);
    const [, role, session] = /assumed-role\/([^/]+)\/(.+)$/.exec(caller.Arn ?? '') ?? [];
    const left = el('span', { 'data-testid': 'expires-in' });
    story.done(step, role ? `For a while your browser acts as the role ${role}. There is nothing to rotate and nothing to leak for long.` : 'Your browser has keys of its own now, for a while.', [
      ['access key', credentials.accessKeyId],
      role && ['role', role], why?.rule && ['why this role', el('span', { 'data-testid': 'why' }, why.rule)], why?.rule && why.mapping && ['mapping of', why.mapping],
      ...Object.entries(why?.tags ?? {}).map(([k, v]) => [`tag ${k}`, v]),
      session && ['session', session], caller.Arn && ['acts as', caller.Arn],
      caller.refused && ['acts as', `not told: ${describe(caller.refused).message}`],
      ['expires', left],
    ], [['GetCredentialsForIdentity', requestId(out), keysTook], ['GetCallerIdentity', requestId(caller.refused ?? caller), callerTook]]);
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
    byId('gallery-lead').textContent = !pictures.length ? 'The bucket opened, and there are no pictures in it.'
      : me.guest ? 'A first impression: guests may see what is there, and open what the policy of their role names. Sign in for the rest.'
        : 'Each picture comes through an address signed in your browser, good for a quarter of an hour. Choose one to see it large.';
    offerForbidden(role);
    offerLinking(logins, me);
  } catch (e) {
    story.fail(step, e);
    offerLinking();
    if (isExpired(e)) signInAgain('Your sign-in has expired.');
    else if (logins.length > 1) withoutLast(logins.at(-1), e);
    else if (e.name === 'NotAuthorizedException') signInAgain('Your sign-in was not accepted.');
  }
}

/** The first step: every login, the key it goes under, and what it says. */
function tellLogins(logins) {
  if (logins.length === 0) {
    story.done('token', 'Nobody vouches for a guest: the pool is asked without any login. What guests may do is the pool’s decision.', [['Logins', '{}']], [], { title: 'You come as a guest' });
    return;
  }
  const names = listed(logins.map(spoken));
  story.done('token', `${logins[0].person} signed in with ${names}. The page can read what it was given; only the provider can make one.`, [], [], {
    title: `${capital(names)} ${logins.length > 1 ? 'say' : 'says'} who you are`,
    logins: logins.map((l) => [l.name, [
      ['Logins key', el('span', { 'data-testid': `key-${l.kind}` }, l.key)], [l.proof, `${l.token.slice(0, 10)}… (${l.token.length} characters)`], ...l.claims, ['good until', time(new Date(l.expires))],
    ]]),
  });
}

/** The second step in a sentence: which identity it is, and whether it was another a moment ago. */
function aboutIdentity(logins, before, me) {
  if (me.guest) return before?.id === me.id ? 'You are still the same guest: an identity of the pool that nobody has vouched for.' : 'A new identity of the pool was made for you. Sign in later, and you keep it.';
  const checked = `${capital(listed(logins.map((l) => l.checked)))}.`;
  if (before?.guest && before.id) {
    return before.id === me.id ? `${checked} You came as a guest, and keep the identity: it is yours now.` : `${checked} This login has an identity already, so you are that one now; the guest is gone.`;
  }
  if (logins.length > 1) {
    return `${checked} ${before?.id && before.id !== me.id ? `Two identities have become one: ${before.id} is now this one.` : 'The logins are linked: they belong to the same identity now.'} Next time, either of them is enough.`;
  }
  return `${checked} You are this identity of the pool.`;
}

/** Offers to link a further login, or to sign in for those who came as guests. */
function offerLinking(logins = [], me = null) {
  const place = byId('link'), lead = byId('link-lead');
  const free = ways(config).filter((p) => p.kind !== 'guest' && !logins.some((l) => l.kind === p.kind));
  place.replaceChildren(...(me ? free.map((p) => el('li', {}, el('button', { type: 'button', class: 'way', 'data-testid': `link-${p.kind}`, onclick: () => choose(p, !me.guest) }, mark(p.kind), ...label(p)))) : []));
  if (!me) lead.textContent = 'Sign in first: then a second login can be linked to your identity, and from then on either of them is you.';
  else if (me.guest) lead.textContent = 'You are a guest. Sign in, and you stay the same identity of the pool, with a role that may see more:';
  else if (logins.length > 1) lead.replaceChildren(el('span', { 'data-testid': 'linked' }, `${capital(listed(logins.map(spoken)))} are one identity: ${me.id}.`), free.length ? ' Also sign in with:' : '');
  else lead.textContent = `You are signed in with ${spoken(logins[0])}. Link another login to the same identity: also sign in with:`;
}

function greet(logins) {
  byId('hero').classList.add('open');
  const [first] = logins;
  byId('person').textContent = first?.person ?? 'Guest';
  const picture = logins.find((l) => l.picture)?.picture;
  const face = byId('face');
  face.hidden = true;
  if (picture) {
    face.onload = () => { face.hidden = false; };
    face.referrerPolicy = 'no-referrer';
    face.src = picture;
  }
  byId('signout').textContent = first ? 'Sign out' : 'Leave';
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
  offerLinking();
  byId('story-lead').textContent = 'You have signed out; the page has forgotten logins and keys.';
  byId('gallery-lead').textContent = 'Closed to the public. Sign in to see what is inside.';
  byId('start').querySelector('button:not([hidden])')?.focus();
}

/** Offers to sign in again, or to take new keys while the logins still serve. */
function signInAgain(why) {
  const logins = currentLogins();
  const usable = why.includes('keys') && (logins.length > 0 ? logins.length === loginsKept() : currentIdentity()?.guest);
  const provider = ways(config).find((p) => p.kind === logins[0]?.kind && p.kind !== 'guest') ?? ways(config)[0];
  if (!usable) forget();
  const button = el('button', { type: 'button', 'data-testid': 'again', onclick: () => (usable ? tell() : leaveFor(provider)) }, usable ? 'Get new keys' : 'Sign in again');
  notice(why, usable ? 'That is what temporary means. Your sign-in is still good, so new ones are a click away.' : 'Sign in again to continue.', button);
}

/** A further login that could not be linked is put aside again. */
function withoutLast(login, error) {
  drop(login);
  notice(`${login.name} was not linked.`, `${describe(error).message}`, el('button', { type: 'button', 'data-testid': 'without', onclick: tell }, 'Go on without it'));
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

function offerForbidden(role) {
  const { forbidden } = config;
  byId('forbidden-lead').textContent = `Your keys are good, and the policy of ${role ?? 'your role'} says what they open. Ask for more and see.`;
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
