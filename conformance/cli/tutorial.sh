#!/usr/bin/env bash
# The workshop, step by step, with the AWS CLI, names and all: a person signs in with Google and reads one private bucket, and
# nothing else.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

private=tutorial-private-bucket app=tutorial-app-bucket role=Cognito-IDPool-Role
account_arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"

echo "prepare: an app bucket and a private bucket with pictures"
need "s3 mb makes the private bucket" root aws s3 mb "s3://$private"
need "s3 mb makes the app bucket" root aws s3 mb "s3://$app"
mkdir -p "$SCRATCH/pictures"
head -c 3000 /dev/urandom >"$SCRATCH/pictures/starfish.jpg"
head -c 70000 /dev/urandom >"$SCRATCH/pictures/kelp forest.jpg"
echo '<html>hello</html>' >"$SCRATCH/index.html"
need "s3 cp uploads pictures" root aws s3 cp --recursive "$SCRATCH/pictures" "s3://$private/sea/"
need "s3 cp uploads the page" root aws s3 cp "$SCRATCH/index.html" "s3://$app/index.html"
need "s3 cp uploads a secret to the app bucket" root aws s3 cp "$SCRATCH/index.html" "s3://$app/secret.html"
prints "a new bucket is blocked to the public" "True	True	True	True" \
    root aws s3api get-public-access-block --bucket "$private" --output text \
    --query 'PublicAccessBlockConfiguration.[BlockPublicAcls,IgnorePublicAcls,BlockPublicPolicy,RestrictPublicBuckets]'
cat >"$SCRATCH/cors.json" <<'J'
{"CORSRules":[{"AllowedOrigins":["http://site.example"],"AllowedMethods":["GET","HEAD"],"AllowedHeaders":["*"],"ExposeHeaders":["ETag"],"MaxAgeSeconds":300}]}
J
ok "CORS lets the site's origin GET" root aws s3api put-bucket-cors --bucket "$private" --cors-configuration "file://$SCRATCH/cors.json"

echo "steps 1 to 9: the identity pool"
root aws cognito-identity create-identity-pool --identity-pool-name "private bucket pool" \
    --no-allow-unauthenticated-identities \
    --supported-login-providers "accounts.google.com=$ROCKPOOL_CLIENT_ID" >"$SCRATCH/pool.json" 2>"$err"
need "create-identity-pool" test -s "$SCRATCH/pool.json"
pool=$(field "$SCRATCH/pool.json" IdentityPoolId)
ok "a pool id is region:uuid" grep -Eqx "$AWS_DEFAULT_REGION:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" <<<"$pool"
prints "describe-identity-pool shows what was asked for" "private bucket pool	False	$ROCKPOOL_CLIENT_ID" \
    root aws cognito-identity describe-identity-pool --identity-pool-id "$pool" --output text \
    --query '[IdentityPoolName,AllowUnauthenticatedIdentities,SupportedLoginProviders."accounts.google.com"]'
cat >"$SCRATCH/trust.json" <<J
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Federated": "cognito-identity.amazonaws.com" },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": { "cognito-identity.amazonaws.com:aud": "$pool" },
        "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" }
      }
    }
  ]
}
J
need "create-role with a trust policy" root aws iam create-role --role-name "$role" --path /service-role/ \
    --assume-role-policy-document "file://$SCRATCH/trust.json"
role_arn=$(field "$out" Arn)
is "the role's ARN" "$account_arn:role/service-role/$role" "$role_arn"
need "set-identity-pool-roles" root aws cognito-identity set-identity-pool-roles --identity-pool-id "$pool" \
    --roles "authenticated=$role_arn"
prints "get-identity-pool-roles" "$role_arn" \
    root aws cognito-identity get-identity-pool-roles --identity-pool-id "$pool" --query Roles.authenticated --output text

echo "steps 10 to 13: the inline policy"
cat >"$SCRATCH/policy.json" <<J
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadPrivateBucket",
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetObject"],
      "Resource": ["arn:aws:s3:::$private", "arn:aws:s3:::$private/*"]
    }
  ]
}
J
need "put-role-policy" root aws iam put-role-policy --role-name "$role" --policy-name ReadPrivateBucket \
    --policy-document "file://$SCRATCH/policy.json"
prints "get-role-policy gives the document back" "ReadPrivateBucket" \
    root aws iam get-role-policy --role-name "$role" --policy-name ReadPrivateBucket \
    --query 'PolicyDocument.Statement[0].Sid' --output text

echo "test: sign in, list, read"
login=$(token "$ROCKPOOL_PERSON")
need "Google signs a person in" test -n "$login"
need "get-id without any key" anonymous aws cognito-identity get-id --identity-pool-id "$pool" --logins "accounts.google.com=$login"
id=$(field "$out" IdentityId)
prints "get-id gives the same person the same identity" "$id" \
    anonymous aws cognito-identity get-id --identity-pool-id "$pool" --logins "accounts.google.com=$(token "$ROCKPOOL_PERSON")" \
    --query IdentityId --output text
need "get-credentials-for-identity" anonymous aws cognito-identity get-credentials-for-identity --identity-id "$id" \
    --logins "accounts.google.com=$login"
cp "$out" "$SCRATCH/credentials.json"
AWS_ACCESS_KEY_ID=$(field "$SCRATCH/credentials.json" AccessKeyId)
AWS_SECRET_ACCESS_KEY=$(field "$SCRATCH/credentials.json" SecretKey)
AWS_SESSION_TOKEN=$(field "$SCRATCH/credentials.json" SessionToken)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
is "temporary keys start with ASIA" "ASIA" "${AWS_ACCESS_KEY_ID:0:4}"
has "the answer says when they end" '"Expiration": "' "$(cat "$SCRATCH/credentials.json")"
session="arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/$role/CognitoIdentityCredentials"
prints "get-caller-identity names the session" "$session" aws sts get-caller-identity --query Arn --output text

is "s3 ls shows the folder" "                           PRE sea/" "$(aws s3 ls "s3://$private" 2>&1)"
is "s3 ls shows the pictures" "kelp forest.jpg starfish.jpg" \
    "$(aws s3 ls "s3://$private/sea/" 2>&1 | awk '{ $1=$2=$3=""; print substr($0, 4) }' | paste -sd ' ')"
ok "s3 cp downloads a picture" aws s3 cp "s3://$private/sea/starfish.jpg" "$SCRATCH/down.jpg"
ok "... byte for byte" cmp "$SCRATCH/pictures/starfish.jpg" "$SCRATCH/down.jpg"
ok "s3 sync downloads everything" aws s3 sync "s3://$private" "$SCRATCH/synced"
ok "... byte for byte" diff -r "$SCRATCH/pictures" "$SCRATCH/synced/sea"
url=$(aws s3 presign "s3://$private/sea/kelp forest.jpg" --expires-in 60)
ok "a presigned URL shows the picture without keys" curl -sSf -o "$SCRATCH/presigned.jpg" "$url"
ok "... byte for byte" cmp "$SCRATCH/pictures/kelp forest.jpg" "$SCRATCH/presigned.jpg"
is "the same URL, changed, is refused" 403 "$(curl -s -o /dev/null -w '%{http_code}' "${url/kelp/Kelp}")"

echo "and nothing else"
because() { echo "User: $session is not authorized to perform: $1 on resource: \"$2\" because no identity-based policy allows the $1 action"; }
refused "list another bucket" 254 \
    "$(error AccessDenied ListObjectsV2 "$(because s3:ListBucket "arn:aws:s3:::$app")")" \
    aws s3 ls "s3://$app"
refused "read another bucket" 1 "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden" \
    aws s3 cp "s3://$app/secret.html" "$SCRATCH/stolen"
refused "... and why" 254 \
    "$(error AccessDenied GetObject "$(because s3:GetObject "arn:aws:s3:::$app/secret.html")")" \
    aws s3api get-object --bucket "$app" --key secret.html "$SCRATCH/stolen"
refused "write to the private bucket" 1 \
    "upload failed: $(realpath --relative-to=. "$SCRATCH/index.html") to s3://$private/x $(error AccessDenied PutObject "$(because s3:PutObject "arn:aws:s3:::$private/x")")" \
    aws s3 cp "$SCRATCH/index.html" "s3://$private/x"
refused "delete from it" 1 \
    "delete failed: s3://$private/sea/starfish.jpg $(error AccessDenied DeleteObject "$(because s3:DeleteObject "arn:aws:s3:::$private/sea/starfish.jpg")")" \
    aws s3 rm "s3://$private/sea/starfish.jpg"
refused "list all buckets" 254 \
    "$(error AccessDenied ListBuckets "User: $session is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action")" \
    aws s3 ls
refused "IAM" 254 \
    "$(error AccessDenied ListRoles "User: $session is not authorized to perform: iam:ListRoles because no identity-based policy allows the iam:ListRoles action")" \
    aws iam list-roles
refused "a missing picture is missing, since the bucket may be listed" 254 \
    "$(error NoSuchKey GetObject "The specified key does not exist.")" \
    aws s3api get-object --bucket "$private" --key none "$SCRATCH/none"

echo "guests, forged logins and foreign audiences are refused"
refused "a guest of a pool without guests" 254 \
    "$(error NotAuthorizedException GetId "Unauthenticated access is not supported for this identity pool.")" \
    anonymous aws cognito-identity get-id --identity-pool-id "$pool"
refused "the identity without its login" 254 \
    "$(error NotAuthorizedException GetCredentialsForIdentity "Unauthenticated access is not supported for this identity pool.")" \
    anonymous aws cognito-identity get-credentials-for-identity --identity-id "$id"
refused "a token with another signature" 254 \
    "$(error NotAuthorizedException GetId "Invalid login token. Couldn't verify signed token.")" \
    anonymous aws cognito-identity get-id --identity-pool-id "$pool" \
    --logins "accounts.google.com=$(forged "$login")"
refused "a provider the pool does not have" 254 \
    "$(error NotAuthorizedException GetId "Token is not from a supported provider of this identity pool.")" \
    anonymous aws cognito-identity get-id --identity-pool-id "$pool" --logins "graph.facebook.com=$login"
foreign=$(root aws cognito-identity create-identity-pool --identity-pool-name "somebody else" \
    --no-allow-unauthenticated-identities \
    --supported-login-providers accounts.google.com=other.apps.googleusercontent.com --query IdentityPoolId --output text)
refused "a token for another application" 254 \
    "$(error NotAuthorizedException GetId "Invalid login token. Incorrect token audience.")" \
    anonymous aws cognito-identity get-id --identity-pool-id "$foreign" --logins "accounts.google.com=$login"
ok "nobody at all is refused by the bucket" test "$(curl -s -o /dev/null -w '%{http_code}' "$ROCKPOOL_ENDPOINT/$private/sea/starfish.jpg")" = 403

echo "a change of policy counts at once, for sessions that exist too"
ok "delete-role-policy" root aws iam delete-role-policy --role-name "$role" --policy-name ReadPrivateBucket
refused "the bucket is closed" 254 "$(error AccessDenied ListObjectsV2 "$(because s3:ListBucket "arn:aws:s3:::$private")")" \
    aws s3 ls "s3://$private"
is "and so is the presigned URL" 403 "$(curl -s -o /dev/null -w '%{http_code}' "$url")"

finish
