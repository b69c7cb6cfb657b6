// What a website's own script would hold: Amplify v6 and the SDK v3, as
// esbuild bundles them. The SDK v2 is a script of its own, as it was used.
// Nothing of them is changed, and they are given no endpoint.
import { Amplify, clearCredentials, decodeJWT, fetchAuthSession } from "@aws-amplify/core";
import { cognitoCredentialsProvider } from "@aws-amplify/auth/cognito";
import * as storage from "@aws-amplify/storage";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromCognitoIdentity, fromCognitoIdentityPool } from "@aws-sdk/credential-providers";

let signedIn;
const tokenProvider = { getTokens: async () => signedIn && { idToken: decodeJWT(signedIn), accessToken: decodeJWT(signedIn) } };

globalThis.website = {
  // The package aws-amplify gives the credentials provider by itself; the
  // tokens of a login that is no user pool's always come from the website.
  configure: ({ pool, bucket, endpoint }) => Amplify.configure({
    Auth: { Cognito: { identityPoolId: pool, allowGuestAccess: true, ...endpoint && { identityPoolEndpoint: endpoint } } },
    Storage: { S3: { bucket, region: "us-east-1" } },
  }, { Auth: { tokenProvider, credentialsProvider: cognitoCredentialsProvider } }),
  signIn: (token) => { signedIn = token; },
  clearCredentials, fetchAuthSession, storage,
  v3: { GetCallerIdentityCommand, ListObjectsV2Command, S3Client, STSClient, fromCognitoIdentity, fromCognitoIdentityPool },
};
