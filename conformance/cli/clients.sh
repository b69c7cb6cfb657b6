#!/usr/bin/env bash
# Other clients of S3 with the temporary credentials of an identity pool: rclone,
# s3cmd and the AWS SDK for Ruby, as Debian has them. None is changed; all are told
# where the server is and given three values.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

bucket=other-clients arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"
need "a bucket" root aws s3 mb "s3://$bucket"
head -c 3000 /dev/urandom >"$SCRATCH/starfish.jpg"
head -c 12000000 /dev/urandom >"$SCRATCH/film.mp4"
need "with a picture" root aws s3 cp "$SCRATCH/starfish.jpg" "s3://$bucket/sea/star fish+1.jpg"

pool=$(root aws cognito-identity create-identity-pool --identity-pool-name "other clients" --no-allow-unauthenticated-identities \
    --supported-login-providers "accounts.google.com=$ROCKPOOL_CLIENT_ID" --query IdentityPoolId --output text)
cat >"$SCRATCH/trust.json" <<J
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "$pool"}}},
  {"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
   "Condition": {"StringEquals": {"accounts.google.com:aud": "$ROCKPOOL_CLIENT_ID"}}}]}
J
# rclone sends x-amz-acl: private, which takes s3:PutObjectAcl.
cat >"$SCRATCH/allow.json" <<J
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": ["arn:aws:s3:::$bucket", "arn:aws:s3:::$bucket/*"]},
  {"Effect": "Allow", "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject", "s3:AbortMultipartUpload"], "Resource": "arn:aws:s3:::$bucket/drop/*"}]}
J
need "a role" root aws iam create-role --role-name OtherClients --assume-role-policy-document "file://$SCRATCH/trust.json"
need "its policy" root aws iam put-role-policy --role-name OtherClients --policy-name allow --policy-document "file://$SCRATCH/allow.json"
need "is the pool's" root aws cognito-identity set-identity-pool-roles --identity-pool-id "$pool" --roles "authenticated=$arn:role/OtherClients"
token "$ROCKPOOL_PERSON" >"$SCRATCH/token"
logins="accounts.google.com=$(cat "$SCRATCH/token")"
identity=$(anonymous aws cognito-identity get-id --identity-pool-id "$pool" --logins "$logins" --query IdentityId --output text)
read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$(anonymous aws cognito-identity get-credentials-for-identity \
    --identity-id "$identity" --logins "$logins" --query 'Credentials.[AccessKeyId,SecretKey,SessionToken]' --output text)"
need "temporary credentials" test -n "$AWS_SESSION_TOKEN"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN

# told WHAT EXIT PART COMMAND...: the command fails with this exit code and says this.
told() {
    local what=$1 code=$2 part=$3 rc=0
    shift 3
    "$@" >"$out" 2>&1 || rc=$?
    if [ "$rc" -ne "$code" ]; then bad "$what" "exit $rc, want $code" "$(tail -n 3 "$out")"; else has "$what" "$part" "$(cat "$out")"; fi
}

echo "rclone"
# Every call names the server anew: there is no configuration to read.
r() {
    rclone --config /dev/null --retries 1 --low-level-retries 1 --s3-provider Other --s3-env-auth --s3-endpoint "$ROCKPOOL_ENDPOINT" --s3-region us-east-1 \
        --s3-no-check-bucket --s3-upload-cutoff 6Mi --s3-chunk-size 5Mi "$@"
}
prints "lists" "sea/star fish+1.jpg" r lsf -R --files-only ":s3:$bucket"
ok "reads" r copyto ":s3:$bucket/sea/star fish+1.jpg" "$SCRATCH/r.jpg"
ok "the same bytes" cmp "$SCRATCH/starfish.jpg" "$SCRATCH/r.jpg"
ok "writes where it may, in parts" r copyto "$SCRATCH/film.mp4" ":s3:$bucket/drop/film.mp4"
ok "copies within the server" r copyto ":s3:$bucket/drop/film.mp4" ":s3:$bucket/drop/copy.mp4"
ok "reads in ranges" r copyto --multi-thread-cutoff 1Mi --multi-thread-streams 4 ":s3:$bucket/drop/copy.mp4" "$SCRATCH/r.mp4"
ok "the same film" cmp "$SCRATCH/film.mp4" "$SCRATCH/r.mp4"
ok "deletes where it may" r deletefile ":s3:$bucket/drop/copy.mp4"
told "is refused elsewhere" 1 "AccessDenied" r copyto "$SCRATCH/starfish.jpg" ":s3:$bucket/sea/other.jpg"

echo "s3cmd"
printf '[default]\n' >"$SCRATCH/s3cfg"
host=${ROCKPOOL_ENDPOINT#http://}
s() {
    s3cmd -c "$SCRATCH/s3cfg" --no-progress --access_key="$AWS_ACCESS_KEY_ID" --secret_key="$AWS_SECRET_ACCESS_KEY" \
        --access_token="$AWS_SESSION_TOKEN" --host="$host" --host-bucket="$host" --no-ssl --region=us-east-1 --multipart-chunk-size-mb=5 "$@"
}
has "lists" "s3://$bucket/sea/star fish+1.jpg" "$(s ls -r "s3://$bucket/sea" 2>&1)"
ok "reads" s get --force "s3://$bucket/sea/star fish+1.jpg" "$SCRATCH/s.jpg"
ok "the same bytes" cmp "$SCRATCH/starfish.jpg" "$SCRATCH/s.jpg"
ok "writes where it may, in parts" s put "$SCRATCH/film.mp4" "s3://$bucket/drop/film s3cmd.mp4"
ok "reads it back" s get --force "s3://$bucket/drop/film s3cmd.mp4" "$SCRATCH/s.mp4"
ok "the same film" cmp "$SCRATCH/film.mp4" "$SCRATCH/s.mp4"
ok "deletes where it may" s del "s3://$bucket/drop/film s3cmd.mp4"
told "is refused elsewhere, in AWS's words" 77 "because no identity-based policy allows the s3:PutObject action" \
    s put "$SCRATCH/starfish.jpg" "s3://$bucket/sea/other.jpg"

echo "the AWS SDK for Ruby"
cat >"$SCRATCH/client.rb" <<'R'
require 'aws-sdk-s3'
endpoint, bucket, role, token = ARGV
common = { endpoint: endpoint, region: 'us-east-1', retry_limit: 0 }
s3 = Aws::S3::Client.new(**common, force_path_style: true) # credentials from the environment
puts s3.list_objects_v2(bucket: bucket, prefix: 'sea/').contents.map(&:key)
s3.put_object(bucket: bucket, key: 'drop/ruby', body: 'from ruby', metadata: { 'mood' => 'calm' })
got = s3.get_object(bucket: bucket, key: 'drop/ruby')
puts got.body.read, got.metadata['mood']
signed = Aws::S3::Presigner.new(client: s3).presigned_url(:get_object, bucket: bucket, key: 'drop/ruby', expires_in: 60)
puts Net::HTTP.get(URI(signed))
begin
  s3.put_object(bucket: bucket, key: 'sea/ruby', body: 'no')
rescue Aws::S3::Errors::AccessDenied => e
  puts e.message[/because.*/]
end
# Straight from the provider's token, as a pod in Kubernetes would.
lent = Aws::AssumeRoleWebIdentityCredentials.new(
  client: Aws::STS::Client.new(**common, credentials: false), role_arn: role, web_identity_token_file: token, role_session_name: 'ruby'
)
puts Aws::STS::Client.new(**common, credentials: lent).get_caller_identity.arn
R
prints "lists, writes, reads, signs, is refused, and assumes a role with a token" "sea/star fish+1.jpg
from ruby
calm
from ruby
because no identity-based policy allows the s3:PutObject action
arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/OtherClients/ruby" \
    /usr/bin/ruby "$SCRATCH/client.rb" "$ROCKPOOL_ENDPOINT" "$bucket" "$arn:role/OtherClients" "$SCRATCH/token"
ok "the bucket goes" root aws s3 rb --force "s3://$bucket"
finish
