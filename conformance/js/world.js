// What the suites in JavaScript share: the server that conformance/run tells
// of, clients that are closed in the end, tokens, policies.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";

import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";

export const env = (name) => process.env[name] ?? assert.fail(`${name} is not set: run conformance/run`);
export const endpoint = env("ROCKPOOL_ENDPOINT");
export const account = env("ROCKPOOL_ACCOUNT");
export const google = "accounts.google.com";
export const userPool = env("ROCKPOOL_USER_POOL");
export const root = { accessKeyId: env("ROCKPOOL_ROOT_KEY"), secretAccessKey: env("ROCKPOOL_ROOT_SECRET") };
export const common = { region: "us-east-1", endpoint, maxAttempts: 1 };
export const unique = (prefix) => `${prefix}-${randomBytes(5).toString("hex")}`;

const clients = [];
export const client = (Client, more = {}) => {
  const made = new Client({ ...common, credentials: root, ...more });
  clients.push(made);
  return made;
};
after(() => clients.forEach((c) => c.destroy()));

async function posted(address, form) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(form) });
  assert.equal(answer.status, 200, address);
  return answer.json();
}

// token is a login token of the pretend Google.
export const token = async (person = env("ROCKPOOL_PERSON")) =>
  (await posted(`${env("ROCKPOOL_GOOGLE")}/pretend/token`, { client_id: env("ROCKPOOL_CLIENT_ID"), person })).id_token;

// login is a login token of another pretend provider.
export const login = async (provider, client, more = {}) =>
  (await posted(`${env("ROCKPOOL_TOKENS")}/token`, { provider, client, person: env("ROCKPOOL_PERSON"), ...more })).token;

export const policy = (...Statement) => JSON.stringify({ Version: "2012-10-17", Statement });

export const trust = (pool, amr, ...more) => policy({
  Effect: "Allow",
  Principal: { Federated: "cognito-identity.amazonaws.com" },
  Action: ["sts:AssumeRoleWithWebIdentity", ...more],
  Condition: {
    StringEquals: { "cognito-identity.amazonaws.com:aud": pool },
    "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": amr },
  },
});

// role makes a role for people of a pool, with these statements: its ARN.
export async function role(trusting, ...statements) {
  const iam = client(IAMClient);
  const RoleName = unique("role");
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trusting }));
  if (statements.length > 0) await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "allow", PolicyDocument: policy(...statements) }));
  return Role.Arn;
}
