#!/usr/bin/env bash
# S3 with the AWS CLI, beyond the workshop.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET

bucket=cli-bucket other=cli-other-bucket
need "s3 mb" aws s3 mb "s3://$bucket"
need "s3 mb another" aws s3 mb "s3://$other"
has "s3 ls shows buckets" "$bucket" "$(aws s3 ls 2>&1)"

echo "files of every size"
mkdir -p "$SCRATCH/up/a/b"
: >"$SCRATCH/up/empty"
echo one >"$SCRATCH/up/a/one.txt"
echo two >"$SCRATCH/up/a/b/two words & signs +%.txt"
head -c 20000000 /dev/urandom >"$SCRATCH/up/big"
ok "s3 sync uploads a folder, a big file in parts" aws s3 sync "$SCRATCH/up" "s3://$bucket/up"
has "the big file has the ETag of three parts" '-3"' "$(aws s3api head-object --bucket "$bucket" --key up/big --query ETag --output text 2>&1)"
ok "s3 sync downloads it" aws s3 sync "s3://$bucket/up" "$SCRATCH/down"
ok "... byte for byte" diff -r "$SCRATCH/up" "$SCRATCH/down"
prints "s3 sync again does nothing" "" aws s3 sync "$SCRATCH/up" "s3://$bucket/up"
echo changed >"$SCRATCH/up/a/one.txt" && rm "$SCRATCH/up/empty"
touch -d '1 hour' "$SCRATCH/up/a/one.txt"
ok "s3 sync --delete follows changes" aws s3 sync --delete "$SCRATCH/up" "s3://$bucket/up"
is "... exactly" "a/b/two words & signs +%.txt a/one.txt big" \
    "$(aws s3api list-objects-v2 --bucket "$bucket" --prefix up/ --query 'Contents[].[Key]' --output text 2>&1 | sed 's/^up.//' | paste -sd ' ')"
ok "s3 cp between buckets, in parts" aws s3 cp "s3://$bucket/up/big" "s3://$other/copy"
ok "s3 cp to standard output" sh -c '"$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" s3 cp "$1" - | cmp - "$2"' sh "s3://$other/copy" "$SCRATCH/up/big"
ok "s3 cp from standard input" sh -c 'echo piped | "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" s3 cp - "$1"' sh "s3://$bucket/piped"
ok "s3 mv" aws s3 mv "s3://$bucket/piped" "s3://$bucket/moved"
has "s3 ls --recursive --summarize" "Total Objects: 4" "$(aws s3 ls --recursive --summarize "s3://$bucket" 2>&1)"
url=$(aws s3 presign "s3://$bucket/moved" --expires-in 60)
is "s3 presign and curl" piped "$(curl -sS "$url")"
is "... not after another expiry was written into it" 403 "$(curl -s -o /dev/null -w '%{http_code}' "${url/Expires=60/Expires=6000}")"

echo "what a bucket is told"
cat >"$SCRATCH/policy.json" <<J
{"Version":"2012-10-17","Statement":[{"Sid":"Team","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::$ROCKPOOL_ACCOUNT:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::$bucket/*"}]}
J
ok "put-bucket-policy" aws s3api put-bucket-policy --bucket "$bucket" --policy "file://$SCRATCH/policy.json"
is "get-bucket-policy" "$(cat "$SCRATCH/policy.json")" "$(aws s3api get-bucket-policy --bucket "$bucket" --query Policy --output text 2>&1)"
sed -e 's/"Principal":{[^}]*}/"Principal":"*"/' "$SCRATCH/policy.json" >"$SCRATCH/public.json"
refused "a public policy is blocked" 254 \
    "$(error AccessDenied PutBucketPolicy "User: arn:aws:iam::$ROCKPOOL_ACCOUNT:root is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::$bucket\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")" \
    aws s3api put-bucket-policy --bucket "$bucket" --policy "file://$SCRATCH/public.json"
refused "no CORS yet" 254 "$(error NoSuchCORSConfiguration GetBucketCors "The CORS configuration does not exist")" aws s3api get-bucket-cors --bucket "$bucket"
ok "put-bucket-cors" aws s3api put-bucket-cors --bucket "$bucket" \
    --cors-configuration '{"CORSRules":[{"ID":"site","AllowedOrigins":["https://*.example"],"AllowedMethods":["GET"],"AllowedHeaders":["*"],"MaxAgeSeconds":60}]}'
prints "get-bucket-cors" "site	60	https://*.example" aws s3api get-bucket-cors --bucket "$bucket" --query 'CORSRules[0].[ID,MaxAgeSeconds,AllowedOrigins[0]]' --output text
is "a preflight" "https://a.example" \
    "$(curl -si -X OPTIONS -H 'Origin: https://a.example' -H 'Access-Control-Request-Method: GET' "$ROCKPOOL_ENDPOINT/$bucket/x" | tr -d '\r' | sed -n 's/^access-control-allow-origin: //Ip')"
ok "put-bucket-tagging" aws s3api put-bucket-tagging --bucket "$bucket" --tagging 'TagSet=[{Key=team,Value=pictures}]'
prints "get-bucket-tagging" pictures aws s3api get-bucket-tagging --bucket "$bucket" --query 'TagSet[0].Value' --output text

echo "error answers, as the CLI shows them"
refused "a missing bucket" 254 "$(error NoSuchBucket ListObjectsV2 "The specified bucket does not exist")" aws s3 ls s3://cli-none
refused "a missing key" 1 "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"none\" does not exist" aws s3 cp "s3://$bucket/none" "$SCRATCH/none"
refused "a wrong secret" 254 \
    "$(error SignatureDoesNotMatch ListBuckets "The request signature we calculated does not match the signature you provided. Check your key and signing method.")" \
    env AWS_SECRET_ACCESS_KEY=wrong "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" s3 ls
refused "an unknown key" 254 \
    "$(error InvalidAccessKeyId ListBuckets "The AWS Access Key Id you provided does not exist in our records.")" \
    env AWS_ACCESS_KEY_ID=AKIANOBODYKNOWSTHIS0 "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" s3 ls
refused "a bucket that is not empty" 1 \
    "remove_bucket failed: s3://$bucket $(error BucketNotEmpty DeleteBucket "The bucket you tried to delete is not empty")" aws s3 rb "s3://$bucket"
ok "s3 rb --force" aws s3 rb --force "s3://$bucket"
ok "s3 rb --force another" aws s3 rb --force "s3://$other"
is "nothing is left" "" "$(aws s3 ls 2>&1 | grep -Ew "$bucket|$other")"
finish
