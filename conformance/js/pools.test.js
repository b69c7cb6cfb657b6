// Identity pools with the AWS SDK for JavaScript v3: every operation, and every
// credential provider that ends at one.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import * as cognito from "@aws-sdk/client-cognito-identity";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, InvalidIdentityTokenException, STSClient } from "@aws-sdk/client-sts";
import { fromCognitoIdentity, fromCognitoIdentityPool, fromWebToken } from "@aws-sdk/credential-providers";

import { account, client, common, env, google, login, role, token, trust, unique, userPool } from "./world.js";

const claims = (opened) => JSON.parse(Buffer.from(opened.split(".")[1], "base64url"));
const developer = "login.acme.app";

describe("identity pools", () => {
  const admin = client(cognito.CognitoIdentityClient);
  const nobody = client(cognito.CognitoIdentityClient, { credentials: undefined });
  const sts = client(STSClient, { credentials: undefined });
  // call runs an operation by its name; $metadata is not part of an answer.
  const call = async (operation, input, as = admin) => {
    const { $metadata, ...said } = await as.send(new cognito[`${operation}Command`](input));
    assert.equal($metadata.httpStatusCode, 200);
    return said;
  };
  const publicly = (operation, input) => call(operation, input, nobody);
  const who = async (provider) => {
    const credentials = typeof provider === "function" ? await provider() : provider;
    return (await client(STSClient, { credentials }).send(new GetCallerIdentityCommand({}))).Arn.split("/").slice(1).join("/");
  };
  const named = (arn) => arn.split("/").at(-1);
  const settings = {
    IdentityPoolName: "js pools", AllowUnauthenticatedIdentities: true, AllowClassicFlow: true, DeveloperProviderName: developer,
    SupportedLoginProviders: { [google]: env("ROCKPOOL_CLIENT_ID"), "www.amazon.com": env("ROCKPOOL_AMAZON_CLIENT") },
    CognitoIdentityProviders: [{ ProviderName: userPool, ClientId: "webclient", ServerSideTokenCheck: false }],
  };
  let pool, arn, authenticated, guests;

  before(async () => {
    pool = (await call("CreateIdentityPool", settings)).IdentityPoolId;
    arn = `arn:aws:cognito-identity:us-east-1:${account}:identitypool/${pool}`;
    authenticated = await role(trust(pool, "authenticated", "sts:TagSession"));
    guests = await role(trust(pool, "unauthenticated"));
    await call("SetIdentityPoolRoles", { IdentityPoolId: pool, Roles: { authenticated, unauthenticated: guests } });
  });
  const pooled = (more) => fromCognitoIdentityPool({ clientConfig: common, identityPoolId: pool, ...more });

  test("what is written is read", async () => {
    assert.deepEqual(await call("DescribeIdentityPool", { IdentityPoolId: pool }), { IdentityPoolId: pool, ...settings });
    const made = (await call("CreateIdentityPool", { IdentityPoolName: "short", AllowUnauthenticatedIdentities: false })).IdentityPoolId;
    const updated = { IdentityPoolId: made, IdentityPoolName: "short lived", AllowUnauthenticatedIdentities: true, AllowClassicFlow: false };
    assert.deepEqual(await call("UpdateIdentityPool", updated), updated);
    const identity = (await publicly("GetId", { IdentityPoolId: made, Logins: {} })).IdentityId;
    const { Identities } = await call("ListIdentities", { IdentityPoolId: made, MaxResults: 1 });
    assert.deepEqual(Identities.map((i) => i.IdentityId), [identity]);
    assert.ok(Math.abs(Identities[0].CreationDate - Date.now()) < 60_000);
    assert.deepEqual(await call("DescribeIdentity", { IdentityId: identity }), Identities[0]);
    assert.deepEqual(await call("DeleteIdentities", { IdentityIdsToDelete: [identity] }), { UnprocessedIdentityIds: [] });
    assert.deepEqual(await call("DeleteIdentityPool", { IdentityPoolId: made }), {});
    await assert.rejects(call("DescribeIdentityPool", { IdentityPoolId: made }), cognito.ResourceNotFoundException);

    assert.deepEqual(await call("TagResource", { ResourceArn: arn, Tags: { a: "1", b: "" } }), {});
    assert.deepEqual(await call("UntagResource", { ResourceArn: arn, TagKeys: ["a"] }), {});
    assert.deepEqual(await call("ListTagsForResource", { ResourceArn: arn }), { Tags: { b: "" } });
  });

  test("a custom role is taken where a mapping allows it", async () => {
    const [one, two] = await Promise.all([role(trust(pool, "authenticated")), role(trust(pool, "authenticated"))]);
    const key = `${userPool}:webclient`;
    const RoleMappings = {
      [key]: { Type: "Token", AmbiguousRoleResolution: "Deny" },
      [google]: { Type: "Rules", AmbiguousRoleResolution: "AuthenticatedRole", RulesConfiguration: { Rules: [
        { Claim: "hd", MatchType: "Equals", Value: "example.com", RoleARN: one }, { Claim: "email", MatchType: "Contains", Value: "@", RoleARN: two }] } },
    };
    const Roles = { authenticated, unauthenticated: guests };
    assert.deepEqual(await call("SetIdentityPoolRoles", { IdentityPoolId: pool, Roles, RoleMappings }), {});
    assert.deepEqual(await call("GetIdentityPoolRoles", { IdentityPoolId: pool }), { IdentityPoolId: pool, Roles, RoleMappings });
    try {
      const logins = { [google]: token };
      assert.equal(await who(pooled({ logins })), `${named(one)}/CognitoIdentityCredentials`);
      assert.equal(await who(pooled({ logins: { [google]: () => token("aiko@example.org") } })), `${named(two)}/CognitoIdentityCredentials`);
      assert.equal(await who(pooled({ logins, customRoleArn: two })), `${named(two)}/CognitoIdentityCredentials`);
      await assert.rejects(pooled({ logins, customRoleArn: guests })(), cognito.NotAuthorizedException);
      const roles = await login(userPool, "webclient", { claims: JSON.stringify({ "cognito:roles": [one, two] }) });
      assert.equal(await who(pooled({ logins: { [userPool]: roles }, customRoleArn: one })), `${named(one)}/CognitoIdentityCredentials`);
      await assert.rejects(pooled({ logins: { [userPool]: roles } })(), {
        name: "NotAuthorizedException", message: `The ambiguous role mapping rules for: ${key} denied this request.`,
      });
    } finally {
      await call("SetIdentityPoolRoles", { IdentityPoolId: pool, Roles });
    }
  });

  test("the classic flow, with the token taken by fromWebToken", async () => {
    const logins = { [google]: await token() };
    const { IdentityId } = await publicly("GetId", { IdentityPoolId: pool, Logins: logins });
    const opened = await publicly("GetOpenIdToken", { IdentityId, Logins: logins });
    assert.equal(opened.IdentityId, IdentityId);
    const credentials = fromWebToken({ clientConfig: common, roleArn: authenticated, webIdentityToken: opened.Token, roleSessionName: "classic", durationSeconds: 900 });
    assert.equal(await who(credentials), `${named(authenticated)}/classic`);
    const got = await sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: authenticated, RoleSessionName: "me", WebIdentityToken: opened.Token }));
    assert.deepEqual([got.SubjectFromWebIdentityToken, got.Audience], [IdentityId, pool]);
    await assert.rejects(sts.send(new AssumeRoleWithWebIdentityCommand({
      RoleArn: authenticated, RoleSessionName: "me", WebIdentityToken: opened.Token.replace(/.{9}$/, "AAAAAAAAA") })), InvalidIdentityTokenException);
  });

  test("a backend's own users", async () => {
    const [one, two] = [unique("one"), unique("two")];
    const opened = (user, more) => call("GetOpenIdTokenForDeveloperIdentity", { IdentityPoolId: pool, Logins: { [developer]: user }, ...more });
    const first = await opened(one, { TokenDuration: 60, PrincipalTags: { team: "js" } });
    const said = claims(first.Token);
    assert.deepEqual([said.sub, said.exp - said.iat, said["https://aws.amazon.com/tags"]], [first.IdentityId, 60, { principal_tags: { team: ["js"] } }]);
    const credentials = fromCognitoIdentity({ clientConfig: common, identityId: first.IdentityId, logins: { "cognito-identity.amazonaws.com": first.Token } });
    assert.equal(await who(credentials), `${named(authenticated)}/CognitoIdentityCredentials`);
    const second = await opened(two);
    assert.deepEqual(await call("LookupDeveloperIdentity", { IdentityPoolId: pool, DeveloperUserIdentifier: two }), { IdentityId: second.IdentityId, DeveloperUserIdentifierList: [two] });
    const merge = { SourceUserIdentifier: one, DestinationUserIdentifier: two, DeveloperProviderName: developer, IdentityPoolId: pool };
    assert.deepEqual(await call("MergeDeveloperIdentities", merge), { IdentityId: second.IdentityId });
    await assert.rejects(opened(one, { IdentityId: (await publicly("GetId", { IdentityPoolId: pool })).IdentityId }), cognito.DeveloperUserAlreadyRegisteredException);
    assert.deepEqual(await call("UnlinkDeveloperIdentity", { IdentityId: second.IdentityId, IdentityPoolId: pool, DeveloperProviderName: developer, DeveloperUserIdentifier: one }), {});
    assert.deepEqual((await call("LookupDeveloperIdentity", { IdentityPoolId: pool, IdentityId: second.IdentityId })).DeveloperUserIdentifierList, [two]);
    await assert.rejects(call("LookupDeveloperIdentity", { IdentityPoolId: pool, IdentityId: second.IdentityId, DeveloperUserIdentifier: one }), cognito.ResourceConflictException);
  });

  test("logins are taken apart, and claims become tags", async () => {
    const amazon = "www.amazon.com";
    const mine = { [amazon]: await login(amazon, env("ROCKPOOL_AMAZON_CLIENT")), [userPool]: await login(userPool, "webclient", { claims: JSON.stringify({ "custom:team": "divers" }) }) };
    const { IdentityId } = await publicly("GetId", { IdentityPoolId: pool, Logins: mine });
    const PrincipalTags = { team: "custom:team" };
    const map = { IdentityPoolId: pool, IdentityProviderName: userPool, UseDefaults: false, PrincipalTags };
    assert.deepEqual(await call("SetPrincipalTagAttributeMap", map), map);
    assert.deepEqual(await call("GetPrincipalTagAttributeMap", { IdentityPoolId: pool, IdentityProviderName: userPool }), map);
    assert.deepEqual(claims((await publicly("GetOpenIdToken", { IdentityId, Logins: mine })).Token)["https://aws.amazon.com/tags"], { principal_tags: { team: ["divers"] } });
    assert.deepEqual(await publicly("UnlinkIdentity", { IdentityId, Logins: mine, LoginsToRemove: [amazon] }), {});
    assert.deepEqual((await call("DescribeIdentity", { IdentityId })).Logins, [userPool]);
  });

  test("no operation was forgotten", () => {
    const operations = Object.keys(cognito).filter((n) => n.endsWith("Command") && n !== "$Command");
    assert.equal(operations.length, 23, operations.join());
  });
});
