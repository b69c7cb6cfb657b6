// The conversation with the services, by the unmodified AWS SDK. Without an
// endpoint in config.json these same calls go to AWS.

import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/** How long the address of a picture works: no longer than the keys it is signed with. */
const PICTURE_SECONDS = 900;

const settings = (config) => ({
  region: config.region,
  maxAttempts: 2,
  ...(config.endpoint ? { endpoint: config.endpoint } : {}),
});

/** The pool: it exchanges a token for an identity, and an identity for keys. Its calls are not signed. */
export class Pool {
  constructor(config) {
    this.config = config;
    this.client = new CognitoIdentityClient(settings(config));
  }

  /** logins maps the provider's key to the proof; a guest has none. */
  identity(logins) {
    return this.client.send(new GetIdCommand({ IdentityPoolId: this.config.identityPoolId, ...some(logins) }));
  }

  async credentials(identityId, logins) {
    const out = await this.client.send(new GetCredentialsForIdentityCommand({ IdentityId: identityId, ...some(logins) }));
    const c = out.Credentials;
    return {
      out,
      credentials: { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretKey, sessionToken: c.SessionToken, expiration: c.Expiration },
    };
  }
}

const some = (logins) => (Object.keys(logins).length > 0 ? { Logins: logins } : {});

/** The bucket, opened with temporary keys. */
export class Bucket {
  constructor(config, credentials) {
    this.config = config;
    this.credentials = credentials;
    // What one person was given must not be in the browser's cache for the next.
    this.s3 = new S3Client({ ...settings(config), credentials, forcePathStyle: Boolean(config.endpoint), requestHandler: { cache: 'no-store' } });
    this.sts = new STSClient({ ...settings(config), credentials });
  }

  whoAmI() {
    return this.sts.send(new GetCallerIdentityCommand({}));
  }

  /** Every object, page by page; answers holds the answer of each page. */
  async list() {
    const objects = [], answers = [];
    let token;
    do {
      const out = await this.s3.send(new ListObjectsV2Command({ Bucket: this.config.bucket, ContinuationToken: token }));
      answers.push(out);
      objects.push(...(out.Contents ?? []));
      token = out.NextContinuationToken;
    } while (token);
    return { objects, answers };
  }

  /** An address that opens this one object for a while, signed here in the browser. */
  address(key) {
    const left = Math.floor((this.credentials.expiration - Date.now()) / 1000);
    return getSignedUrl(this.s3, new GetObjectCommand({ Bucket: this.config.bucket, Key: key }), {
      expiresIn: Math.max(1, Math.min(PICTURE_SECONDS, left)),
    });
  }

  get(bucket, key) {
    return this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  }

  remove(key) {
    return this.s3.send(new DeleteObjectCommand({ Bucket: this.config.bucket, Key: key }));
  }
}

/**
 * Which role the logins lead to, and why: { role, rule, mapping, tags }, or null.
 * The pool does not say; Rockpool tells the page's backend, if there is one.
 */
export async function whyRole(config, identityId, logins) {
  if (!config.why) return null;
  const answer = await fetch(config.why, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ identityId, logins }) }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/** The id under which the service recorded a call, from an answer or an error. */
export const requestId = (answer) => answer?.$metadata?.requestId ?? answer?.$metadata?.extendedRequestId ?? null;

/** An error as the service told it. */
export function describe(error) {
  if (!error?.$metadata?.httpStatusCode) {
    const unreachable = error instanceof TypeError || error?.name === 'TimeoutError';
    return {
      code: unreachable ? 'No answer' : (error?.name ?? 'Error'),
      message: unreachable ? 'The browser got no answer it may read: the server is unreachable, or its CORS rules refuse this page.' : String(error?.message ?? error),
      status: null, id: null,
    };
  }
  return { code: error.Code ?? error.name, message: error.message, status: error.$metadata.httpStatusCode, id: requestId(error) };
}

/** Whether an error means that keys or token are used up, so that signing in again helps. */
export function isExpired(error) {
  return ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'InvalidToken', 'InvalidClientTokenId'].includes(error?.name) ||
    (error?.name === 'NotAuthorizedException' && /expired/i.test(error.message));
}
