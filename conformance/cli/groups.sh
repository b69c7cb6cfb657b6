#!/usr/bin/env bash
# Groups with the AWS CLI: what members get from them, and when. At the end
# instance profiles and the alias of the account.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET
account_arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"

statement() { echo "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"$1\",\"Action\":\"$2\",\"Resource\":\"$3\"}]}"; }

echo "a group and its members"
prints "create-group" "$account_arn:group/crew/deck	/crew/	deck" \
    aws iam create-group --group-name deck --path /crew/ --query 'Group.[Arn,Path,GroupName]' --output text
for user in ann bob; do
    ok "create-user $user" aws iam create-user --user-name "$user"
    ok "add-user-to-group $user" aws iam add-user-to-group --group-name deck --user-name "$user"
done
ok "add-user-to-group again" aws iam add-user-to-group --group-name deck --user-name bob
prints "get-group" "ann	bob" aws iam get-group --group-name deck --query 'Users[].UserName' --output text
members=$(aws iam get-group --group-name deck --page-size 1 --query 'Users[].UserName' --output text 2>&1 | tr '\n\t' '  ' | sed 's/ *$//')
is "get-group in pages of one" "ann bob" "$members"
prints "list-groups-for-user" "deck" aws iam list-groups-for-user --user-name bob --query 'Groups[].GroupName' --output text
prints "list-groups under a path" "deck" aws iam list-groups --path-prefix /crew/ --query 'Groups[].GroupName' --output text

echo "what a member may do"
aws iam create-access-key --user-name bob >"$SCRATCH/key.json" 2>"$err"
need "create-access-key" test -s "$SCRATCH/key.json"
as_bob() { AWS_ACCESS_KEY_ID=$(field "$SCRATCH/key.json" AccessKeyId) AWS_SECRET_ACCESS_KEY=$(field "$SCRATCH/key.json" SecretAccessKey) "$@"; }
ok "put-group-policy" aws iam put-group-policy --group-name deck --policy-name look --policy-document "$(statement Allow iam:GetGroup "$account_arn:group/crew/*")"
prints "what the group allows" "deck" as_bob aws iam get-group --group-name deck --query Group.GroupName --output text
ok "attach-group-policy" aws iam attach-group-policy --group-name deck --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
prints "list-attached-group-policies" "AmazonS3ReadOnlyAccess" aws iam list-attached-group-policies --group-name deck --query 'AttachedPolicies[].PolicyName' --output text
prints "list-entities-for-policy" "deck" aws iam list-entities-for-policy --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess --entity-filter Group --query 'PolicyGroups[].GroupName' --output text
ok "what its managed policy allows" as_bob aws s3api list-buckets
ok "a group that denies" aws iam create-group --group-name brig
ok "put-group-policy that denies" aws iam put-group-policy --group-name brig --policy-name never --policy-document "$(statement Deny 's3:*' '*')"
ok "add-user-to-group" aws iam add-user-to-group --group-name brig --user-name bob
refused "what one group allows and another denies" 254 \
    "$(error AccessDenied ListBuckets "User: $account_arn:user/bob is not authorized to perform: s3:ListAllMyBuckets with an explicit deny in an identity-based policy")" \
    as_bob aws s3api list-buckets
prints "simulate-principal-policy of the user" "explicitDeny	group_brig_never	AmazonS3ReadOnlyAccess" \
    aws iam simulate-principal-policy --policy-source-arn "$account_arn:user/bob" --action-names s3:ListAllMyBuckets \
    --query 'EvaluationResults[].[EvalDecision,MatchedStatements[0].SourcePolicyId,MatchedStatements[1].SourcePolicyId]' --output text
prints "simulate-principal-policy of the group" "allowed	AmazonS3ReadOnlyAccess" \
    aws iam simulate-principal-policy --policy-source-arn "$account_arn:group/crew/deck" --action-names s3:ListAllMyBuckets \
    --query 'EvaluationResults[].[EvalDecision,MatchedStatements[0].SourcePolicyId]' --output text
ok "remove-user-from-group" aws iam remove-user-from-group --group-name brig --user-name bob
ok "who has left is free" as_bob aws s3api list-buckets
refused "a member may not change the group" 254 \
    "$(error AccessDenied AddUserToGroup "User: $account_arn:user/bob is not authorized to perform: iam:AddUserToGroup on resource: $account_arn:group/brig because no identity-based policy allows the iam:AddUserToGroup action")" \
    as_bob aws iam add-user-to-group --group-name brig --user-name ann

echo "renames and deletions"
ok "update-user" aws iam update-user --user-name bob --new-user-name rob
prints "a renamed user stays in its groups" "deck" aws iam list-groups-for-user --user-name rob --query 'Groups[].GroupName' --output text
ok "update-group" aws iam update-group --group-name deck --new-group-name bridge
ok "a renamed group keeps its members" as_bob aws s3api list-buckets
refused "a group by its old name" 254 "$(error NoSuchEntity GetGroup "The group with name deck cannot be found.")" aws iam get-group --group-name deck
refused "a group made twice" 254 "$(error EntityAlreadyExists CreateGroup "Group with name bridge already exists.")" aws iam create-group --group-name bridge
conflict() { error DeleteConflict "$1" "Cannot delete entity, must $2 first."; }
refused "a group with members" 254 "$(conflict DeleteGroup 'remove users from group')" aws iam delete-group --group-name bridge
refused "a user in a group" 254 "$(conflict DeleteUser 'remove users from group')" aws iam delete-user --user-name ann
for user in ann rob; do
    ok "remove-user-from-group $user" aws iam remove-user-from-group --group-name bridge --user-name "$user"
done
refused "a group with attached policies" 254 "$(conflict DeleteGroup 'detach all policies')" aws iam delete-group --group-name bridge
ok "detach-group-policy" aws iam detach-group-policy --group-name bridge --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
refused "a group with inline policies" 254 "$(conflict DeleteGroup 'delete policies')" aws iam delete-group --group-name bridge
ok "delete-group-policy" aws iam delete-group-policy --group-name bridge --policy-name look
ok "delete-group" aws iam delete-group --group-name bridge
ok "delete-user" aws iam delete-user --user-name ann

echo "an instance profile and an alias"
need "create-role" aws iam create-role --role-name web --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
ok "create-instance-profile" aws iam create-instance-profile --instance-profile-name web
ok "wait instance-profile-exists" aws iam wait instance-profile-exists --instance-profile-name web
ok "add-role-to-instance-profile" aws iam add-role-to-instance-profile --instance-profile-name web --role-name web
prints "list-instance-profiles-for-role" "web	web" aws iam list-instance-profiles-for-role --role-name web \
    --query 'InstanceProfiles[].[InstanceProfileName,Roles[0].RoleName]' --output text
refused "a role in an instance profile" 254 "$(conflict DeleteRole 'remove roles from instance profile')" aws iam delete-role --role-name web
ok "remove-role-from-instance-profile" aws iam remove-role-from-instance-profile --instance-profile-name web --role-name web
ok "delete-instance-profile" aws iam delete-instance-profile --instance-profile-name web
ok "create-account-alias" aws iam create-account-alias --account-alias my-company
prints "list-account-aliases" "my-company" aws iam list-account-aliases --query AccountAliases --output text
ok "delete-account-alias" aws iam delete-account-alias --account-alias my-company
finish
