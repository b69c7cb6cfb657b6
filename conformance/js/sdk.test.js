// The workshop and more with the AWS SDK for JavaScript v3 in Node: what a
// website or a server written for Cognito does, unchanged.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { before, describe, test } from "node:test";

import {
  CognitoIdentityClient, CreateIdentityPoolCommand, GetCredentialsForIdentityCommand, GetIdCommand, NotAuthorizedException,
  ResourceNotFoundException, SetIdentityPoolRolesCommand, paginateListIdentityPools,
} from "@aws-sdk/client-cognito-identity";
import { CreateRoleCommand, GetRoleCommand, IAMClient, NoSuchEntityException, PutRolePolicyCommand, waitUntilRoleExists } from "@aws-sdk/client-iam";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, NoSuchBucket, NoSuchKey,
  NotFound, PutObjectCommand, S3Client, S3ServiceException, paginateListObjectsV2, waitUntilBucketExists,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromCognitoIdentity, fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { account, client, common, env, google, root, token, trust, unique } from "./world.js";

const s3For = (credentials) => client(S3Client, { credentials, forcePathStyle: true });

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const read = async (body) => Buffer.from(await body.transformToByteArray());

const reading = (bucket, prefix = "") => JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Sid: "ReadPrivateBucket", Effect: "Allow", Action: ["s3:ListBucket", "s3:GetObject"],
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/${prefix}*`],
  }],
});

describe("the workshop", () => {
  const s3 = s3For(root);
  const iam = client(IAMClient);
  const pools = client(CognitoIdentityClient);
  const bucket = unique("private");
  const other = unique("other");
  const role = unique("Cognito-IDPool-Role");
  const guestRole = unique("Guest");
  let pool, closed;

  before(async () => {
    for (const Bucket of [bucket, other]) await s3.send(new CreateBucketCommand({ Bucket }));
    for (const Key of ["sea/urchin.jpg", "public/map.jpg"]) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "a picture" }));
    await s3.send(new PutObjectCommand({ Bucket: other, Key: "secret", Body: "not for you" }));
    const made = await pools.send(new CreateIdentityPoolCommand({
      IdentityPoolName: "js story", AllowUnauthenticatedIdentities: true, SupportedLoginProviders: { [google]: env("ROCKPOOL_CLIENT_ID") },
    }));
    pool = made.IdentityPoolId;
    closed = (await pools.send(new CreateIdentityPoolCommand({ IdentityPoolName: "js closed", AllowUnauthenticatedIdentities: false }))).IdentityPoolId;
    const Roles = {};
    for (const [kind, RoleName, PolicyDocument] of [["authenticated", role, reading(bucket)], ["unauthenticated", guestRole, reading(bucket, "public/")]]) {
      Roles[kind] = (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(pool, kind) }))).Role.Arn;
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "ReadPrivateBucket", PolicyDocument }));
    }
    await pools.send(new SetIdentityPoolRolesCommand({ IdentityPoolId: pool, Roles }));
  });

  const provider = (more) => fromCognitoIdentityPool({ clientConfig: common, identityPoolId: pool, ...more });

  test("fromCognitoIdentityPool with a login reads the private bucket and nothing else", async () => {
    const mira = s3For(provider({ logins: { [google]: token } }));
    const listing = await mira.send(new ListObjectsV2Command({ Bucket: bucket }));
    assert.deepEqual(listing.Contents.map((o) => o.Key), ["public/map.jpg", "sea/urchin.jpg"]);
    const picture = await mira.send(new GetObjectCommand({ Bucket: bucket, Key: "sea/urchin.jpg" }));
    assert.equal((await read(picture.Body)).toString(), "a picture");
    const session = `arn:aws:sts::${account}:assumed-role/${role}/CognitoIdentityCredentials`;
    await assert.rejects(mira.send(new GetObjectCommand({ Bucket: other, Key: "secret" })), (e) => {
      assert.ok(e instanceof S3ServiceException);
      assert.equal(e.name, "AccessDenied");
      assert.equal(e.message, `User: ${session} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::${other}/secret" ` +
        "because no identity-based policy allows the s3:GetObject action");
      assert.equal(e.$metadata.httpStatusCode, 403);
      assert.ok(e.$metadata.requestId);
      return true;
    });
    await assert.rejects(mira.send(new PutObjectCommand({ Bucket: bucket, Key: "x", Body: "x" })), { name: "AccessDenied" });
    const sts = client(STSClient, { credentials: provider({ logins: { [google]: token } }) });
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, session);
  });

  test("a signed URL shows a picture", async () => {
    const mira = s3For(provider({ logins: { [google]: token } }));
    const url = await getSignedUrl(mira, new GetObjectCommand({ Bucket: bucket, Key: "sea/urchin.jpg" }), { expiresIn: 60 });
    const shown = await fetch(url);
    assert.deepEqual([shown.status, await shown.text()], [200, "a picture"]);
    assert.equal((await fetch(url.replace("urchin", "urchim"))).status, 403);
  });

  test("fromCognitoIdentityPool as a guest reads what guests may", async () => {
    const guest = s3For(provider());
    const picture = await guest.send(new GetObjectCommand({ Bucket: bucket, Key: "public/map.jpg" }));
    assert.equal((await read(picture.Body)).toString(), "a picture");
    await assert.rejects(guest.send(new GetObjectCommand({ Bucket: bucket, Key: "sea/urchin.jpg" })), { name: "AccessDenied" });
  });

  test("a guest who signs in keeps the identity", async () => {
    const nobody = client(CognitoIdentityClient, { credentials: undefined });
    const { IdentityId } = await nobody.send(new GetIdCommand({ IdentityPoolId: pool }));
    const login = { [google]: await token() };
    // This person may already be known from another test: then the two are one.
    const after = await nobody.send(new GetIdCommand({ IdentityPoolId: pool, Logins: login }));
    const credentials = await fromCognitoIdentity({ clientConfig: common, identityId: after.IdentityId, logins: login })();
    assert.equal(credentials.identityId, after.IdentityId);
    assert.match(IdentityId, /^us-east-1:[0-9a-f-]{36}$/);
    assert.ok(credentials.expiration > new Date());
  });

  test("guests of a closed pool and false tokens are refused with AWS's errors", async () => {
    await assert.rejects(fromCognitoIdentityPool({ clientConfig: common, identityPoolId: closed })(), (e) => {
      assert.ok(e instanceof NotAuthorizedException);
      assert.equal(e.message, "Unauthenticated access is not supported for this identity pool.");
      return true;
    });
    const forged = (await token()).replace(/\.(.)([^.]*)$/, (_, first, rest) => "." + (first === "A" ? "B" : "A") + rest);
    await assert.rejects(provider({ logins: { [google]: forged } })(), { name: "NotAuthorizedException", message: "Invalid login token. Couldn't verify signed token." });
    await assert.rejects(pools.send(new GetCredentialsForIdentityCommand({ IdentityId: "us-east-1:00000000-0000-4000-8000-000000000000" })), ResourceNotFoundException);
  });

  test("pools are paged", async () => {
    const names = [];
    for await (const page of paginateListIdentityPools({ client: pools, pageSize: 1 }, { MaxResults: 1 })) names.push(...page.IdentityPools.map((p) => p.IdentityPoolName));
    assert.ok(names.includes("js story") && names.includes("js closed"), names.join());
  });

  test("roles: waiters and typed errors", async () => {
    await waitUntilRoleExists({ client: iam, maxWaitTime: 10 }, { RoleName: role });
    const got = await iam.send(new GetRoleCommand({ RoleName: role }));
    assert.equal(decodeURIComponent(got.Role.AssumeRolePolicyDocument), trust(pool, "authenticated"));
    await assert.rejects(iam.send(new GetRoleCommand({ RoleName: "none" })), NoSuchEntityException);
  });
});

describe("S3", () => {
  const s3 = s3For(root);
  const bucket = unique("bucket");
  before(() => s3.send(new CreateBucketCommand({ Bucket: bucket })));

  test("a multipart upload by lib-storage", async () => {
    const body = randomBytes(12 << 20);
    const seen = [];
    const upload = new Upload({ client: s3, params: { Bucket: bucket, Key: "big", Body: Readable.from([body.subarray(0, 7 << 20), body.subarray(7 << 20)]) }, queueSize: 3 });
    upload.on("httpUploadProgress", (p) => seen.push(p.loaded));
    const done = await upload.done();
    assert.equal(seen.at(-1), body.length);
    assert.match(done.ETag, /^"[0-9a-f]{32}-3"$/);
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "big" }));
    assert.equal(sha256(await read(got.Body)), sha256(body));
  });

  test("a stream is sent in chunks with a checksum behind it", async () => {
    for (const size of [1, 65536, 300_000]) {
      for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
        const body = randomBytes(size);
        const Key = `${ChecksumAlgorithm}/${size}`;
        const put = await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Readable.from([body]), ContentLength: size, ChecksumAlgorithm }));
        assert.ok(put[`Checksum${ChecksumAlgorithm ?? "CRC32"}`] ?? put.ChecksumCRC64NVME, `no checksum for ${Key}`);
        const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, ChecksumMode: "ENABLED" }));
        assert.equal(sha256(await read(got.Body)), sha256(body), Key);
        assert.equal(got.ContentEncoding ?? "", "", Key);
      }
    }
  });

  test("odd keys are stored, listed, signed and copied as they are", async () => {
    const keys = ["a//b", "../x", "./y", "/lead", "trail/", "with space", "plus+", "per%cent", "%2F", "e\u0301", "\u00e9", "🐚", "q?a=b&c#d", "x'()!*~"];
    for (const Key of keys) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      assert.equal((await read(got.Body)).toString(), Key);
      const copied = await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: "copy", CopySource: encodeURI(`${bucket}/${Key}`).replace(/[?#+&]/g, encodeURIComponent) }));
      assert.ok(copied.CopyObjectResult.ETag);
    }
    const listed = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 5 }, { Bucket: bucket })) listed.push(...(page.Contents ?? []).map((o) => o.Key));
    assert.deepEqual(keys.filter((k) => !listed.includes(k)), []);
    const gone = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
    assert.equal(gone.Errors, undefined);
    assert.equal(gone.Deleted.length, keys.length);
  });

  test("typed errors", async () => {
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: bucket, Key: "none" })), NoSuchKey);
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: "none" })), NotFound);
    await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: unique("none") })), NoSuchBucket);
    await waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket: bucket });
  });

  test("a client whose clock is an hour late corrects it and goes on", async () => {
    const late = client(S3Client, { forcePathStyle: true, maxAttempts: 2 });
    const now = Date.now;
    Date.now = () => now() - 3600_000;
    try {
      const listing = await late.send(new ListObjectsV2Command({ Bucket: bucket }));
      assert.equal(listing.$metadata.attempts, 2);
    } finally {
      Date.now = now;
    }
  });
});
