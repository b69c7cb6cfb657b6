// The demo website in a real browser: the story as a person lives it. The
// browser is Debian's Chromium, driven by playwright-core.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

const env = (name) => process.env[name] ?? assert.fail(`${name} is not set: run conformance/run`);
const site = env("ROCKPOOL_DEMO_SITE");
const person = "Mira";
const sentence = (action, resource) =>
  `User: arn:aws:sts::${env("ROCKPOOL_ACCOUNT")}:assumed-role/Cognito-IDPool-Role/CognitoIdentityCredentials is not authorized to perform: ${action} ` +
  `on resource: "${resource}" because no identity-based policy allows the ${action} action`;

// Every way to sign in: the key of Logins, and what the page says of the role that
// staff gets. The demo's role mappings name it by what each provider vouches for.
const region = "us-east-1", samlKey = `arn:aws:iam::${env("ROCKPOOL_ACCOUNT")}:saml-provider/HarbourWorks`;
const ways = {
  google: { key: "accounts.google.com", name: "Google", why: "rule 1: email Equals aiko@example.org" },
  facebook: { key: "graph.facebook.com", name: "Facebook", why: /^rule 1: sub Equals \d{17}$/ },
  amazon: { key: "www.amazon.com", name: "Amazon", why: /^rule 1: sub Equals amzn1\.account\./ },
  apple: { key: "appleid.apple.com", name: "Apple", why: "rule 1: email Equals aiko@example.org" },
  x: { key: "api.twitter.com", name: "X", person: "@aiko", why: /^rule 1: sub Equals \d{10}$/ },
  userpool: { key: `cognito-idp.${region}.amazonaws.com/${region}_TidePool1`, name: "user pool", why: "cognito:preferred_role" },
  oidc: { key: "id.lighthouse.example", name: "Lighthouse ID", why: "rule 1: groups Contains staff" },
  saml: { key: samlKey, name: "Harbour Works", why: "rule 1: http://schemas.xmlsoap.org/claims/Group Contains staff" },
};

describe("the demo website", { timeout: 600_000 }, () => {
  let browser, context, page, shots, trouble;
  const id = (name) => page.getByTestId(name);
  const shoot = (name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  const state = async (step, want) => page.locator(`[data-testid="step-${step}"][data-state="${want}"]`).waitFor();

  before(async () => {
    shots = await mkdtemp(join(tmpdir(), "rockpool-screenshots-"));
    console.log(`screenshots are in ${shots}`);
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
  });
  after(async () => browser?.close());

  // Every test is a browser that has never been here.
  beforeEach(async () => {
    await context?.close();
    // Waves that stand still leave the processor to the tests.
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    trouble = [];
    page.on("pageerror", (e) => trouble.push(`script: ${e.message}`));
    // The story is told offline: nothing may be fetched from elsewhere.
    page.on("request", (r) => {
      const { protocol, hostname } = new URL(r.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1") trouble.push(`request: ${r.url()}`);
    });
    await page.goto(site);
    assert.equal(await page.title(), "The Tide Pool Album", "the website is not built: run make site");
  });

  async function signIn(name = person, kind = "google") {
    await id(kind === "google" ? "signin" : `signin-${kind}`).click();
    if (kind !== "google") await page.getByText(`Pretend ${ways[kind]?.name ?? "Tide Pool account"}`, { exact: true }).waitFor();
    await page.getByRole("button", { name: new RegExp(name) }).click();
    await id("gallery").locator("img[data-key]").first().waitFor();
  }

  test("nobody in particular sees covered frames", async () => {
    assert.equal(await id("gallery").locator("img").count(), 0);
    assert.ok(await id("forbidden-button").isDisabled());
    await shoot("1-welcome");
    assert.deepEqual(trouble, []);
  });

  test("signing in with Google shows the pictures", async () => {
    await id("signin").click();
    await page.getByText("Choose an account").waitFor();
    await shoot("2-chooser");
    await page.getByRole("button", { name: new RegExp(person) }).click();
    for (const step of ["token", "identity", "credentials", "list"]) await state(step, "done");
    assert.match(await id("person-name").textContent(), new RegExp(person));
    assert.ok(!page.url().includes("id_token"), "the token stays in the address");

    const pictures = id("gallery").locator("img[data-key]");
    const count = await pictures.count();
    assert.ok(count >= 3, `${count} pictures`);
    for (let i = 0; i < count; i++) {
      const picture = pictures.nth(i);
      await picture.scrollIntoViewIfNeeded();
      const width = await picture.evaluate((img) => img.decode().then(() => img.naturalWidth));
      const box = await picture.boundingBox();
      assert.ok(width > 0 && box.width > 0 && box.height > 0, `${await picture.getAttribute("data-key")} is not visible`);
      assert.ok(new URL(await picture.getAttribute("src")).searchParams.has("X-Amz-Security-Token"), "the address is not signed with temporary keys");
    }
    await page.evaluate(() => scrollTo(0, 0));
    await shoot("3-pictures");
    assert.deepEqual(trouble, []);
  });

  test("a picture outside the policy is refused with AWS's sentence", async () => {
    await signIn();
    await id("forbidden-button").click();
    const told = id("forbidden-message");
    await told.getByText("AccessDenied").waitFor();
    assert.ok((await told.textContent()).includes(sentence("s3:GetObject", "arn:aws:s3:::rockpool-demo-staff/night-shift.jpg")), await told.textContent());
    assert.match(await told.locator("[data-request-id]").getAttribute("data-request-id"), /^[A-Za-z0-9-]{16,36}$/);
    await told.scrollIntoViewIfNeeded();
    await shoot("4-refused");
    await id("delete-button").click();
    await told.getByText("s3:DeleteObject action").waitFor();
    assert.equal(await id("gallery").locator("img[data-key]").count() > 0, true);
    assert.deepEqual(trouble, []);
  });

  test("the refusal's own command says why, and what would allow it", async () => {
    await signIn();
    await id("forbidden-button").click();
    const told = id("forbidden-message");
    const command = await id("explain-command").textContent();
    const request = await told.locator("[data-request-id]").getAttribute("data-request-id");
    assert.equal(command, `${env("ROCKPOOL_BIN")} explain ${request}`);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await id("explain-copy").click();
    await told.getByText("Copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);

    // As printed, in a terminal without any key.
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ROCKPOOL_ENDPOINT: _suite, ...terminal } = process.env;
    const [program, ...words] = command.split(" ");
    const { stdout } = await promisify(execFile)(program, words, { env: terminal, timeout: 20_000 });
    for (const part of [
      request, "somebody signed in with accounts.google.com", "us-east-1:", "Denied: s3:GetObject on arn:aws:s3:::rockpool-demo-staff/night-shift.jpg",
      "ReadPrivateBucket (policy ReadPrivateBucket, line 3)", "arn:aws:s3:::rockpool-demo-pictures/* only", "To allow it:",
    ]) assert.ok(stdout.includes(part), `no ${part} in ${stdout}`);

    // What a policy denied also when deleting.
    await id("delete-button").click();
    await told.getByText("s3:DeleteObject action").waitFor();
    assert.notEqual(await id("explain-command").textContent(), command);
    assert.deepEqual(trouble, []);
  });

  test("a refusal fits a small screen, in the light and in the dark", async () => {
    for (const colorScheme of ["light", "dark"]) {
      await context.close();
      context = await browser.newContext({ viewport: { width: 375, height: 800 }, colorScheme, reducedMotion: "reduce" });
      page = await context.newPage();
      await page.goto(site);
      await signIn();
      await id("forbidden-button").click();
      await id("explain-command").waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
      await id("forbidden-message").scrollIntoViewIfNeeded();
      await shoot(`4-refused-375-${colorScheme}`);
    }
  });

  for (const [kind, way] of Object.entries(ways)) {
    test(`${way.name}: staff gets its role, by what the provider says, and opens the bucket`, async () => {
      await signIn("Aiko", kind);
      await state("list", "done");
      assert.equal(await id(`key-${kind}`).textContent(), way.key);
      assert.match(await id("person-name").textContent(), new RegExp(way.person ?? "Aiko Tanaka"));
      const why = await id("why").textContent();
      if (typeof way.why === "string") assert.equal(why, way.why);
      else assert.match(why, way.why);
      assert.ok((await id("step-credentials").textContent()).includes("assumed-role/Cognito-IDPool-Staff/"));
      for (const step of ["identity", "credentials", "list"]) assert.ok(await id(`step-${step}`).locator("[data-request-id]").count() > 0, `${step} has no request id`);
      assert.equal(await page.evaluate(() => location.search + location.hash), "", "the answer stays in the address");
      assert.equal(await id("gallery").locator("img[data-key]").count(), 7);
      await id("forbidden-button").click();
      await id("forbidden-message").getByText("could be read").waitFor();
      // The role of others does not open it.
      if (kind === "saml" || kind === "userpool") {
        await id("signout").click();
        await signIn(person, kind);
        assert.match(await id("why").textContent(), /^default role/);
        await id("forbidden-button").click();
        await id("forbidden-message").getByText("AccessDenied").waitFor();
      }
      assert.deepEqual(trouble, []);
    });
  }

  test("accounts of the website's own: its backend vouches, and is linked like any other", async () => {
    await signIn("Tom", "developer");
    assert.equal(await id("key-developer").textContent(), "cognito-identity.amazonaws.com");
    assert.ok((await id("step-identity").textContent()).includes("GetOpenIdTokenForDeveloperIdentity"));
    const first = await identity();
    await id("link-oidc").click();
    await page.getByRole("button", { name: /Tom/ }).click();
    await id("linked").waitFor();
    assert.equal(await identity(), first);
    await id("signout").click();
    await signIn("Tom", "oidc");
    assert.equal(await identity(), first);
    assert.deepEqual(trouble, []);
  });

  const identity = async () => (await id("step-identity").textContent()).match(/IdentityId(us-east-1:[0-9a-f-]{36})/)[1];

  test("two logins are linked to one identity, and then either of them is enough", async () => {
    await signIn("Mira", "facebook");
    const first = await identity();
    await id("link-amazon").click();
    await page.getByRole("button", { name: /Mira/ }).click();
    await id("linked").waitFor();
    assert.equal(await id("linked").textContent(), `Facebook and Amazon are one identity: ${first}.`);
    assert.ok((await id("step-identity").textContent()).includes("graph.facebook.com, www.amazon.com"), "Logins has not both keys");
    assert.ok((await id("step-identity").textContent()).includes("linked"), "the page does not say so");
    await page.evaluate(() => scrollTo(0, 0));
    await shoot("8-linked");
    await page.reload();
    await id("linked").waitFor();
    await id("signout").click();
    await signIn("Mira", "amazon");
    assert.equal(await identity(), first);
    // The backend's account joins those that are signed in, proven by their tokens.
    await id("link-developer").click();
    await page.getByRole("button", { name: /Mira/ }).click();
    await id("linked").waitFor();
    assert.equal(await identity(), first);
    assert.deepEqual(trouble, []);
  });

  test("two identities become one when somebody proves to be both", async () => {
    await signIn("Mira", "apple");
    const apple = await identity();
    await id("signout").click();
    await signIn("Mira", "x");
    const x = await identity();
    assert.notEqual(x, apple);
    await id("link-apple").click();
    await page.getByRole("button", { name: /Mira/ }).click();
    await id("linked").waitFor();
    assert.ok((await id("step-identity").textContent()).includes("Two identities have become one"));
    assert.equal(await identity(), apple, "the older one stays");
    assert.deepEqual(trouble, []);
  });

  test("a login that belongs to somebody else's identity is put aside", async () => {
    await signIn("Mira", "saml");
    await id("signout").click();
    await signIn("Mira", "userpool");
    await id("link-saml").click();
    await page.getByRole("button", { name: /Mira/ }).click();
    await id("linked").waitFor(); // Mira is both from now on
    await id("signout").click();
    await signIn("Tom", "saml");
    const tom = await identity();
    await id("link-userpool").click();
    await page.getByRole("button", { name: /Mira/ }).click();
    await page.getByText("User pool was not linked.").waitFor();
    await id("without").click();
    await id("gallery").locator("img[data-key]").first().waitFor();
    assert.equal(await identity(), tom);
  });

  test("a guest sees one picture, and stays the same identity when signing in", async () => {
    await id("signin-guest").click();
    await state("list", "done");
    await id("gallery").locator('img[data-key="low-tide.jpg"]').scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelectorAll("[data-closed]").length === 6);
    assert.equal(await id("gallery").locator("img[data-key]").count(), 1);
    assert.ok((await id("step-credentials").textContent()).includes("Cognito-IDPool-Guest"));
    const guest = await identity();
    await shoot("5-guest");
    await page.reload();
    await state("list", "done");
    assert.equal(await identity(), guest, "another guest after a reload");
    await id("link-amazon").click(); // Tom has never been here with Amazon
    await page.getByRole("button", { name: /Tom/ }).click();
    await id("gallery").locator("img[data-key]").nth(6).waitFor();
    assert.equal(await identity(), guest);
    assert.ok((await id("step-identity").textContent()).includes("keep the identity"));
    assert.deepEqual(trouble, []);
  });

  test("every sign-in page fits a small screen, in the light and in the dark", async () => {
    for (const colorScheme of ["light", "dark"]) {
      await context.close();
      context = await browser.newContext({ viewport: { width: 375, height: 800 }, colorScheme, reducedMotion: "reduce" });
      page = await context.newPage();
      await page.goto(site);
      await id("signin-guest").waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
      for (const kind of ["facebook", "saml", "developer"]) {
        await id(`signin-${kind}`).click();
        await page.getByText("Choose an account").waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375);
        await shoot(`9-${kind}-375-${colorScheme}`);
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.getByText("it was cancelled").waitFor();
      }
    }
  });

  test("signing out forgets everything, and two people are two identities", async () => {
    await signIn();
    const first = await id("step-identity").textContent();
    await id("signout").click();
    await id("signin").waitFor();
    assert.equal(await id("gallery").locator("img").count(), 0);
    assert.equal(await id("person-name").isVisible(), false);
    assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
    await page.reload();
    assert.equal(await id("gallery").locator("img").count(), 0);
    await signIn("Tom");
    const second = await id("step-identity").textContent();
    assert.notEqual(second.match(/us-east-1:[0-9a-f-]{36}/)[0], first.match(/us-east-1:[0-9a-f-]{36}/)[0]);
    await id("signout").click();
    await signIn();
    assert.equal((await id("step-identity").textContent()).match(/us-east-1:[0-9a-f-]{36}/)[0], first.match(/us-east-1:[0-9a-f-]{36}/)[0]);
    await shoot("6-again");
    assert.deepEqual(trouble, []);
  });

  test("cancelling at Google's is told, and leaves nobody signed in", async () => {
    await id("signin").click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("it was cancelled").waitFor();
    assert.ok(await id("signin").isVisible());
    await shoot("7-cancelled");
  });

  test("a page of another origin may show a signed picture and not read it", async () => {
    await signIn();
    const address = await id("gallery").locator("img[data-key]").first().getAttribute("src");
    // Past the cache: it holds what an <img> fetched, without CORS headers.
    const read = (where) => where.evaluate((u) => fetch(u, { cache: "no-store" }).then((r) => r.status, (e) => e.name), address);
    assert.equal(await read(page), 200);
    const elsewhere = await context.newPage();
    await elsewhere.goto(new URL("/.well-known/openid-configuration", env("ROCKPOOL_GOOGLE")).href);
    assert.equal(await read(elsewhere), "TypeError");
  });
});
