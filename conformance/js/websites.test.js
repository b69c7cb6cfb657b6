// Websites written for Amazon Cognito, in a real browser: Amplify v6, the SDK
// v2 and the SDK v3. They are unmodified and have no endpoint set: the browser
// resolves AWS's host names to the server, as an operator's DNS would, and
// accepts the certificate of this run. That is all that is different.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";

import {
  CognitoIdentityClient, CreateIdentityPoolCommand, DeleteIdentitiesCommand, DescribeIdentityCommand, SetIdentityPoolRolesCommand,
} from "@aws-sdk/client-cognito-identity";
import { CreateBucketCommand, PutBucketCorsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { build } from "esbuild";
import { chromium } from "playwright-core";

import { account, client, endpoint, env, google, login, role, token, trust, unique, userPool } from "./world.js";

const roleName = (arn) => arn.split("/").at(-1);

describe("websites under AWS's host names", { timeout: 180_000 }, () => {
  const pools = client(CognitoIdentityClient);
  const bucket = unique("website");
  let browser, context, page, site, server, pool, roles, sent, trouble;

  before(async () => {
    const bundle = await build({
      entryPoints: ["website/page.js"], bundle: true, write: false, format: "iife", platform: "browser", define: { global: "globalThis" }, logLevel: "error",
      // What the package's own "browser" says, in a form that esbuild does not take.
      alias: { "@aws-sdk/credential-providers": "./node_modules/@aws-sdk/credential-providers/dist-es/index.browser.js" },
    });
    const pages = {
      "/": ["text/html", '<!doctype html><title>website</title><script src="/page.js"></script><script src="/aws-sdk.min.js"></script>'],
      "/page.js": ["text/javascript", bundle.outputFiles[0].text],
      "/aws-sdk.min.js": ["text/javascript", await readFile("node_modules/aws-sdk/dist/aws-sdk.min.js")],
    };
    server = createServer((request, answer) => {
      const [type, body] = pages[request.url] ?? [];
      answer.writeHead(body ? 200 : 404, { "Content-Type": `${type}; charset=utf-8` }).end(body);
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    site = `http://127.0.0.1:${server.address().port}`;

    const s3 = client(S3Client, { forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [{
      AllowedOrigins: [site], AllowedMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"], AllowedHeaders: ["*"],
      ExposeHeaders: ["ETag", "x-amz-request-id", "x-amz-meta-mood"], MaxAgeSeconds: 60,
    }] } }));
    for (const Key of ["public/map.jpg", "sea/urchin.jpg"]) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "a picture" }));

    pool = (await pools.send(new CreateIdentityPoolCommand({
      IdentityPoolName: "websites", AllowUnauthenticatedIdentities: true, AllowClassicFlow: true,
      SupportedLoginProviders: { [google]: env("ROCKPOOL_CLIENT_ID") }, CognitoIdentityProviders: [{ ProviderName: userPool, ClientId: "webclient" }],
    }))).IdentityPoolId;
    const own = `arn:aws:s3:::${bucket}/private/\${cognito-identity.amazonaws.com:sub}/*`;
    roles = {
      authenticated: await role(trust(pool, "authenticated"),
        { Effect: "Allow", Action: ["s3:ListBucket", "s3:GetObject"], Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] },
        { Effect: "Allow", Action: ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], Resource: own }),
      unauthenticated: await role(trust(pool, "unauthenticated"),
        { Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/public/*` },
        { Effect: "Allow", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${bucket}`, Condition: { StringLike: { "s3:prefix": "public/*" } } }),
    };
    await pools.send(new SetIdentityPoolRolesCommand({ IdentityPoolId: pool, Roles: roles }));

    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        `--host-resolver-rules=MAP *.amazonaws.com ${new URL(endpoint).host}`],
    });
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  // Every test is a browser that has never been here.
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
    sent = [];
    trouble = [];
    page.on("pageerror", (e) => trouble.push(e.message));
    page.on("request", (request) => {
      const { host } = new URL(request.url());
      if (host === new URL(site).host || request.method() === "OPTIONS") return;
      const operation = request.headers()["x-amz-target"]?.split(".")[1] ?? new URLSearchParams(request.postData() ?? "").get("Action") ?? request.method();
      sent.push({ host, operation, body: request.postData() });
    });
    await page.goto(site);
  });

  const spoken = () => sent.map((r) => `${r.operation} ${r.host}`);
  const identities = "cognito-identity.us-east-1.amazonaws.com";
  const missing = `us-east-1:00000000-0000-4000-8000-000000000000`;

  // The error of a promise in the page, as its own code sees it.
  const fails = (work, argument) => page.evaluate(async ([text, argument]) => {
    try {
      return { result: await (0, eval)(`(${text})`)(argument) };
    } catch (e) {
      return { name: e.name, code: e.code, message: e.message, status: e.statusCode ?? e.$metadata?.httpStatusCode };
    }
  }, [work.toString(), argument]);

  describe("Amplify v6", () => {
    beforeEach(() => page.evaluate((options) => website.configure(options), { pool, bucket }));
    const session = () => page.evaluate(async () => {
      const { identityId, credentials } = await website.fetchAuthSession({ forceRefresh: true });
      return { identityId, expiration: credentials.expiration.getTime(), accessKeyId: credentials.accessKeyId };
    });

    test("a guest gets credentials and sees what guests may", async () => {
      const { identityId, expiration, accessKeyId } = await session();
      assert.match(identityId, /^us-east-1:[0-9a-f-]{36}$/);
      assert.match(accessKeyId, /^ASIA/);
      // It is dates that Amplify makes of our numbers.
      assert.ok(Math.abs(expiration - Date.now() - 3600_000) < 60_000, `${new Date(expiration)}`);
      assert.deepEqual(spoken(), [`GetId ${identities}`, `GetCredentialsForIdentity ${identities}`]);
      assert.deepEqual(sent.map((r) => JSON.parse(r.body)), [{ IdentityPoolId: pool, Logins: {} }, { IdentityId: identityId }]);

      const seen = await page.evaluate(async () => {
        const { items } = await website.storage.list({ path: "public/" });
        const { body } = await website.storage.downloadData({ path: "public/map.jpg" }).result;
        return [items.map((i) => [i.path, i.size]), await body.text()];
      });
      assert.deepEqual(seen, [[["public/map.jpg", 9]], "a picture"]);
      assert.equal(sent.at(-1).host, `${bucket}.s3.us-east-1.amazonaws.com`);
      for (const work of [() => website.storage.list({ path: "sea/" }), () => website.storage.downloadData({ path: "sea/urchin.jpg" }).result,
        () => website.storage.uploadData({ path: "public/mine", data: "x" }).result]) {
        const refusal = await fails(work);
        assert.equal(refusal.name, "AccessDenied", work.toString());
        assert.match(refusal.message, /^User: .*\/CognitoIdentityCredentials is not authorized to perform: s3:/);
      }
      // The next page of the website is the same guest.
      await page.reload();
      await page.evaluate((options) => website.configure(options), { pool, bucket });
      assert.equal((await session()).identityId, identityId);
      assert.deepEqual(trouble, []);
    });

    test("a guest who signs in keeps the identity, and so do others who come back", async () => {
      const person = (await login(userPool, "webclient", { person: "aiko@example.org", claims: JSON.stringify({ sub: unique("sub") }) }));
      const guest = (await session()).identityId;
      await page.evaluate((t) => website.signIn(t), person);
      const after = await session();
      assert.equal(after.identityId, guest);
      assert.deepEqual(JSON.parse(sent.at(-1).body), { IdentityId: guest, Logins: { [userPool]: person } });
      assert.deepEqual((await pools.send(new DescribeIdentityCommand({ IdentityId: guest }))).Logins, [userPool]);

      // A second guest turns out to be the same person: the first identity answers.
      await page.evaluate(async () => { website.signIn(undefined); await website.clearCredentials(); localStorage.clear(); });
      const second = (await session()).identityId;
      assert.notEqual(second, guest);
      await page.evaluate((t) => website.signIn(t), person);
      assert.equal((await session()).identityId, guest);
      assert.equal((await session()).identityId, guest);
    });

    test("a federated login reads, writes its own folder, and nothing else", async () => {
      const person = await token();
      await page.evaluate((t) => website.signIn(t), person);
      const { identityId } = await session();
      assert.deepEqual(sent.map((r) => JSON.parse(r.body)), [{ IdentityPoolId: pool, Logins: { [google]: person } }, { IdentityId: identityId, Logins: { [google]: person } }]);
      const done = await page.evaluate(async () => {
        const { storage } = website;
        const path = ({ identityId }) => `private/${identityId}/a note & more+.txt`;
        const out = {};
        await storage.uploadData({ path, data: "mine", options: { contentType: "text/plain", metadata: { mood: "calm" } } }).result;
        out.text = await (await storage.downloadData({ path }).result).body.text();
        const { size, contentType, metadata } = await storage.getProperties({ path });
        out.properties = { size, contentType, metadata };
        const { url } = await storage.getUrl({ path, options: { validateObjectExistence: true, expiresIn: 60 } });
        out.shown = await (await fetch(url)).text();
        // More than one part.
        const big = new Blob([new Uint8Array(11 << 20).fill(7)]);
        const seen = [];
        await storage.uploadData({ path: ({ identityId }) => `private/${identityId}/big`, data: big, options: { onProgress: (p) => seen.push(p.transferredBytes) } }).result;
        out.progress = Math.max(...seen);
        const own = ({ identityId }) => `private/${identityId}/`;
        const first = await storage.list({ path: own, options: { pageSize: 1 } });
        const second = await storage.list({ path: own, options: { pageSize: 1, nextToken: first.nextToken } });
        out.listed = [...first.items, ...second.items].map((i) => [i.path.split("/").at(-1), i.size]);
        await storage.remove({ path });
        out.left = (await storage.list({ path: own, options: { listAll: true } })).items.length;
        return out;
      });
      assert.deepEqual(done, {
        text: "mine", properties: { size: 4, contentType: "text/plain", metadata: { mood: "calm" } }, shown: "mine", progress: 11 << 20,
        listed: [["a note & more+.txt", 4], ["big", 11 << 20]], left: 1,
      });
      const refusal = await fails(() => website.storage.uploadData({ path: "private/us-east-1:somebody/x", data: "x" }).result);
      assert.equal(refusal.name, "AccessDenied");
      assert.deepEqual(trouble, []);
    });

    test("refusals have the names and sentences that Amplify looks for", async () => {
      const { identityId } = await session();
      await pools.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [identityId] }));
      const session2 = () => website.fetchAuthSession({ forceRefresh: true });
      let refusal = await fails(session2);
      assert.deepEqual([refusal.name, refusal.message], ["ResourceNotFoundException", `Identity '${identityId}' not found.`]);
      // A website clears what it knew and goes on.
      await page.evaluate(() => website.clearCredentials());
      assert.notEqual((await session()).identityId, identityId);
      await page.evaluate((t) => website.signIn(t), (await token()).replace(/.{9}$/, "AAAAAAAAA"));
      refusal = await fails(session2);
      assert.deepEqual([refusal.name, refusal.message], ["NotAuthorizedException", "Invalid login token. Couldn't verify signed token."]);
      await page.evaluate((options) => { website.signIn(undefined); localStorage.clear(); website.configure(options); }, { pool: missing, bucket });
      await page.evaluate(() => website.clearCredentials());
      refusal = await fails(session2);
      assert.deepEqual([refusal.name, refusal.message], ["ResourceNotFoundException", `IdentityPool '${missing}' not found.`]);
    });

    test("Amplify's own setting of an endpoint works as well", async () => {
      await page.evaluate((options) => website.configure(options), { pool, bucket, endpoint });
      assert.match((await session()).identityId, /^us-east-1:/);
      assert.deepEqual(spoken(), ["GetId", "GetCredentialsForIdentity"].map((o) => `${o} ${new URL(endpoint).host}`));
    });
  });

  describe("SDK v2", () => {
    beforeEach(() => page.evaluate(() => { AWS.config.update({ region: "us-east-1", maxRetries: 0 }); }));
    // Credentials with these parameters; who that is, and the identity.
    const who = (parameters) => page.evaluate(async (p) => {
      AWS.config.credentials = new AWS.CognitoIdentityCredentials(p);
      await AWS.config.credentials.getPromise();
      const { Arn } = await new AWS.STS().getCallerIdentity().promise();
      const { identityId, expireTime } = AWS.config.credentials;
      return { identityId, arn: Arn, left: expireTime - Date.now() };
    }, parameters);
    const as = (arn, name) => `arn:aws:sts::${account}:assumed-role/${roleName(arn)}/${name}`;

    test("the enhanced flow, as a guest and with a login", async () => {
      const guest = await who({ IdentityPoolId: pool });
      assert.equal(guest.arn, as(roles.unauthenticated, "CognitoIdentityCredentials"));
      assert.equal(await page.evaluate((p) => localStorage.getItem(`aws.cognito.identity-id.${p}`), pool), guest.identityId);
      // The SDK remembers the guest, and a login takes the guest's place.
      assert.equal((await who({ IdentityPoolId: pool })).identityId, guest.identityId);
      const mira = await who({ IdentityPoolId: pool, Logins: { [google]: await token() } });
      assert.equal(mira.arn, as(roles.authenticated, "CognitoIdentityCredentials"));
      assert.ok(mira.left > 3500_000 && mira.left <= 3600_000, `${mira.left}`);
      const keys = await page.evaluate(async (Bucket) => (await new AWS.S3().listObjectsV2({ Bucket, Prefix: "sea/" }).promise()).Contents.map((o) => o.Key), bucket);
      assert.deepEqual(keys, ["sea/urchin.jpg"]);
      assert.ok(spoken().includes(`GetId ${identities}`) && spoken().includes(`GetCredentialsForIdentity ${identities}`), spoken().join());
      const shown = await page.evaluate(async (Bucket) => {
        // Left alone it signs addresses with version 2, which buckets made since 2020 refuse.
        const shown = async (signatureVersion) => {
          const url = await new AWS.S3({ signatureVersion }).getSignedUrlPromise("getObject", { Bucket, Key: "sea/urchin.jpg" });
          return (await fetch(url)).text();
        };
        return [await shown("v4"), await shown()];
      }, bucket);
      assert.equal(shown[0], "a picture");
      assert.match(shown[1], /<Code>InvalidRequest<.*Please use AWS4-HMAC-SHA256\./);
      const refusal = await fails(async (Bucket) => new AWS.S3().putObject({ Bucket, Key: "x", Body: "x" }).promise(), bucket);
      assert.deepEqual([refusal.code, refusal.status], ["AccessDenied", 403]);
    });

    test("the classic flow, when a role is named", async () => {
      const other = await role(trust(pool, "authenticated"));
      const logins = { [google]: await token() };
      assert.equal((await who({ IdentityPoolId: pool, RoleArn: other, Logins: logins })).arn, as(other, "web-identity"));
      assert.equal((await who({ IdentityPoolId: pool, RoleArn: other, RoleSessionName: "my-name", Logins: logins })).arn, as(other, "my-name"));
      const flow = spoken().filter((r) => !r.startsWith("GetCallerIdentity"));
      assert.deepEqual(flow.slice(0, 3), [`GetId ${identities}`, `GetOpenIdToken ${identities}`, "AssumeRoleWithWebIdentity sts.amazonaws.com"]);
      const guest = await fails(async (parameters) => new AWS.CognitoIdentityCredentials(parameters).getPromise(), { IdentityPoolId: pool, RoleArn: other, LoginId: "nobody" });
      assert.deepEqual([guest.code, guest.message], ["AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"]);
    });

    test("a role of the caller's choice in the enhanced flow is not for everybody", async () => {
      const other = await role(trust(pool, "authenticated"));
      const refusal = await fails(async (parameters) => new AWS.CognitoIdentityCredentials(parameters).getPromise(),
        { IdentityPoolId: pool, CustomRoleArn: other, Logins: { [google]: await token() } });
      assert.deepEqual([refusal.code, refusal.status], ["NotAuthorizedException", 400]);
      assert.equal((await who({ IdentityPoolId: pool, CustomRoleArn: roles.authenticated, Logins: { [google]: await token() } })).arn,
        as(roles.authenticated, "CognitoIdentityCredentials"));
    });

    test("an identity that is no more is forgotten and made anew", async () => {
      const logins = { [google]: await token() };
      await who({ IdentityPoolId: pool });
      const gone = await fails(async (parameters) => {
        AWS.config.credentials = new AWS.CognitoIdentityCredentials(parameters);
        AWS.config.credentials.cacheId({ IdentityId: parameters.gone });
        await AWS.config.credentials.refreshPromise();
      }, { IdentityPoolId: pool, gone: missing });
      assert.deepEqual([gone.code, gone.message], ["ResourceNotFoundException", `Identity '${missing}' not found.`]);
      // Without its login the identity is forbidden, which the SDK takes as a reason to forget it.
      const mira = await who({ IdentityPoolId: pool, Logins: logins });
      const forbidden = await fails(async (parameters) => new AWS.CognitoIdentityCredentials(parameters).getPromise(), { IdentityPoolId: pool, IdentityId: mira.identityId });
      assert.deepEqual([forbidden.code, forbidden.message], ["NotAuthorizedException", `Access to Identity '${mira.identityId}' is forbidden.`]);
      assert.equal(await page.evaluate((p) => localStorage.getItem(`aws.cognito.identity-id.${p}`), pool), null);
    });
  });

  describe("SDK v3", () => {
    test("a guest is remembered, and a login reads", async () => {
      const seen = await page.evaluate(async ({ pool, bucket, logins }) => {
        const { GetCallerIdentityCommand, ListObjectsV2Command, S3Client, STSClient, fromCognitoIdentityPool } = website.v3;
        const clientConfig = { region: "us-east-1" };
        const guest = async () => (await fromCognitoIdentityPool({ clientConfig, identityPoolId: pool })()).identityId;
        const out = { guests: [await guest(), await guest()] };
        const credentials = fromCognitoIdentityPool({ clientConfig, identityPoolId: pool, logins, userIdentifier: "mira" });
        const { Contents } = await new S3Client({ ...clientConfig, credentials }).send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "sea/" }));
        out.keys = Contents.map((o) => o.Key);
        out.arn = (await new STSClient({ ...clientConfig, credentials }).send(new GetCallerIdentityCommand({}))).Arn;
        return out;
      }, { pool, bucket, logins: { [google]: await token() } });
      assert.equal(seen.guests[0], seen.guests[1]);
      assert.deepEqual(seen.keys, ["sea/urchin.jpg"]);
      assert.match(seen.arn, /\/CognitoIdentityCredentials$/);
      assert.ok(sent.some((r) => r.host === "sts.us-east-1.amazonaws.com"), spoken().join());
      assert.deepEqual(trouble, []);
    });

    test("a script without any SDK is answered as it expects", async () => {
      const got = await page.evaluate(async ({ host, pool, missing }) => {
        const call = async (operation, body) => {
          const answer = await fetch(`https://${host}/`, {
            method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSCognitoIdentityService.${operation}` },
          });
          return [answer.status, answer.headers.get("x-amzn-errortype"), (answer.headers.get("x-amzn-requestid") ?? "").length, await answer.json()];
        };
        return [await call("GetId", { IdentityPoolId: pool }), await call("GetId", { IdentityPoolId: missing })];
      }, { host: identities, pool, missing });
      assert.deepEqual([got[0].slice(0, 3), Object.keys(got[0][3])], [[200, null, 36], ["IdentityId"]]);
      assert.deepEqual(got[1], [400, "ResourceNotFoundException:", 36, { __type: "ResourceNotFoundException", message: `IdentityPool '${missing}' not found.` }]);
    });
  });
});
