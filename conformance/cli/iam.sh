#!/usr/bin/env bash
# IAM and STS with the AWS CLI, beyond the workshop.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET
account_arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"

trust() { echo "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$account_arn:root\"},\"Action\":\"sts:AssumeRole\"}]}"; }
allow() { echo "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"$1\",\"Resource\":\"$2\"}]}"; }

prints "get-caller-identity of the root" "$ROCKPOOL_ACCOUNT	$account_arn:root	$ROCKPOOL_ACCOUNT" \
    aws sts get-caller-identity --query '[Account,Arn,UserId]' --output text

echo "a user, a role, a session"
need "create-user" aws iam create-user --user-name reader
aws iam create-access-key --user-name reader >"$SCRATCH/key.json" 2>"$err"
need "create-access-key" test -s "$SCRATCH/key.json"
user_key=$(field "$SCRATCH/key.json" AccessKeyId) user_secret=$(field "$SCRATCH/key.json" SecretAccessKey)
as_user() { AWS_ACCESS_KEY_ID=$user_key AWS_SECRET_ACCESS_KEY=$user_secret AWS_SESSION_TOKEN='' "$@"; }
for n in 1 2 3 4 5; do
    ok "create-role $n" aws iam create-role --role-name "paged-$n" --path /paged/ --assume-role-policy-document "$(trust)"
done
roles() { aws iam list-roles --path-prefix /paged/ "$@" 2>&1 | sed -n 's/.*"RoleName": "\(.*\)".*/\1/p' | paste -sd ' '; }
is "list-roles in pages of two" "paged-1 paged-2 paged-3 paged-4 paged-5" "$(roles --page-size 2)"
is "list-roles, as many as asked for" "paged-1 paged-2 paged-3" "$(roles --max-items 3)"
role="$account_arn:role/paged/paged-1"
ok "put-role-policy" aws iam put-role-policy --role-name paged-1 --policy-name all --policy-document "$(allow 's3:*' '*')"
refused "assume-role without permission" 254 \
    "$(error AccessDenied AssumeRole "User: $account_arn:user/reader is not authorized to perform: sts:AssumeRole on resource: $role because no identity-based policy allows the sts:AssumeRole action")" \
    as_user aws sts assume-role --role-arn "$role" --role-session-name cli
ok "put-user-policy" aws iam put-user-policy --user-name reader --policy-name assume --policy-document "$(allow sts:AssumeRole "$role")"
need "assume-role with a session policy" as_user aws sts assume-role --role-arn "$role" --role-session-name cli --policy "$(allow s3:ListAllMyBuckets '*')"
cp "$out" "$SCRATCH/session.json"
as_session() {
    AWS_ACCESS_KEY_ID=$(field "$SCRATCH/session.json" AccessKeyId) AWS_SECRET_ACCESS_KEY=$(field "$SCRATCH/session.json" SecretAccessKey) \
        AWS_SESSION_TOKEN=$(field "$SCRATCH/session.json" SessionToken) "$@"
}
session="arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/paged-1/cli"
prints "get-caller-identity of the session" "$session" as_session aws sts get-caller-identity --query Arn --output text
prints "what both policies allow" "" as_session aws s3 ls
refused "what only the role's allows" 1 \
    "make_bucket failed: s3://cli-session $(error AccessDenied CreateBucket "User: $session is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::cli-session\" because no session policy allows the s3:CreateBucket action")" \
    as_session aws s3 mb s3://cli-session

echo "policies"
need "create-policy" aws iam create-policy --policy-name readers --policy-document "$(allow s3:GetObject '*')"
policy="$account_arn:policy/readers"
ok "attach-role-policy" aws iam attach-role-policy --role-name paged-2 --policy-arn "$policy"
prints "list-attached-role-policies" "$policy" aws iam list-attached-role-policies --role-name paged-2 --query 'AttachedPolicies[].PolicyArn' --output text
refused "a role with a policy cannot be deleted" 254 \
    "$(error DeleteConflict DeleteRole "Cannot delete entity, must detach all policies first.")" aws iam delete-role --role-name paged-2
refused "a policy that is no JSON" 254 \
    "$(error MalformedPolicyDocument PutRolePolicy "Syntax errors in policy.")" \
    aws iam put-role-policy --role-name paged-3 --policy-name bad --policy-document '{'
refused "a role that is missing" 254 "$(error NoSuchEntity GetRole "The role with name none cannot be found.")" aws iam get-role --role-name none
refused "a role made twice" 254 "$(error EntityAlreadyExists CreateRole "Role with name paged-1 already exists.")" \
    aws iam create-role --role-name paged-1 --assume-role-policy-document "$(trust)"
ok "wait role-exists" aws iam wait role-exists --role-name paged-1
ok "delete-access-key" aws iam delete-access-key --user-name reader --access-key-id "$user_key"
refused "a deleted key" 254 "$(error InvalidClientTokenId GetCallerIdentity "The security token included in the request is invalid.")" \
    as_user aws sts get-caller-identity
prints "a session outlives the key that made it" "$session" as_session aws sts get-caller-identity --query Arn --output text
finish
