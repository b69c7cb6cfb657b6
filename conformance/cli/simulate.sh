#!/usr/bin/env bash
# IAM's policy simulator with the AWS CLI, and what is simulated against what
# really happens.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET
account_arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"

# The example of AWS's own manual page of the command.
after='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
at() { aws iam simulate-custom-policy --policy-input-list "$after" --action-names dynamodb:CreateBackup "$@"; }
whole='EvaluationResults[].[EvalActionName,EvalResourceName,EvalDecision,MatchedStatements[0].SourcePolicyId,MatchedStatements[0].StartPosition.Column,MissingContextValues[0]]'
prints "a date that has come" "dynamodb:CreateBackup	*	allowed	PolicyInputList.1	38	None" \
    at --context-entries "ContextKeyName='aws:CurrentTime',ContextKeyValues='2019-04-25T11:00:00Z',ContextKeyType=date" --query "$whole" --output text
prints "a date to come" "dynamodb:CreateBackup	*	implicitDeny	None	None	None" \
    at --context-entries "ContextKeyName='aws:CurrentTime',ContextKeyValues='2018-04-25T11:00:00Z',ContextKeyType=date" --query "$whole" --output text
prints "a date that nobody gave" "dynamodb:CreateBackup	*	implicitDeny	None	None	aws:CurrentTime" at --query "$whole" --output text
prints "get-context-keys-for-custom-policy" "aws:CurrentTime" \
    aws iam get-context-keys-for-custom-policy --policy-input-list "$after" --query ContextKeyNames --output text

echo "a user, simulated and real"
need "create-user" aws iam create-user --user-name simulated
# shellcheck disable=SC2016 # ${aws:username} is the policy's
ok "put-user-policy" aws iam put-user-policy --user-name simulated --policy-name own --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/${aws:username}"},{"Effect":"Deny","Action":"iam:DeleteUser","Resource":"*"}]}'
user="$account_arn:user/simulated"
prints "simulate-principal-policy" "iam:GetUser	allowed	user_simulated_own
iam:DeleteUser	explicitDeny	user_simulated_own
iam:ListUsers	implicitDeny	None" \
    aws iam simulate-principal-policy --policy-source-arn "$user" --action-names iam:GetUser iam:DeleteUser iam:ListUsers --resource-arns "$user" \
    --query 'EvaluationResults[].[EvalActionName,EvalDecision,MatchedStatements[0].SourcePolicyId]' --output text
prints "get-context-keys-for-principal-policy" "aws:username" \
    aws iam get-context-keys-for-principal-policy --policy-source-arn "$user" --query ContextKeyNames --output text
aws iam create-access-key --user-name simulated >"$SCRATCH/key.json" 2>"$err"
need "create-access-key" test -s "$SCRATCH/key.json"
as_user() { AWS_ACCESS_KEY_ID=$(field "$SCRATCH/key.json" AccessKeyId) AWS_SECRET_ACCESS_KEY=$(field "$SCRATCH/key.json" SecretAccessKey) "$@"; }
ok "what is allowed happens" as_user aws iam get-user
refused "what is denied does not" 254 \
    "$(error AccessDenied DeleteUser "User: $user is not authorized to perform: iam:DeleteUser on resource: $user with an explicit deny in an identity-based policy")" \
    as_user aws iam delete-user --user-name simulated
refused "who may not simulate" 254 \
    "$(error AccessDenied SimulatePrincipalPolicy "User: $user is not authorized to perform: iam:SimulatePrincipalPolicy on resource: $user because no identity-based policy allows the iam:SimulatePrincipalPolicy action")" \
    as_user aws iam simulate-principal-policy --policy-source-arn "$user" --action-names iam:GetUser

echo "pages and refusals"
actions() { for n in 1 2 3 4 5; do echo "s3:Action$n"; done; }
# shellcheck disable=SC2046 # one word for each action
pages=$(aws iam simulate-custom-policy --policy-input-list "$after" --action-names $(actions) --page-size 2 --query 'EvaluationResults[].EvalActionName' --output text 2>&1 | tr '\n\t' '  ' | sed 's/ *$//')
is "pages of two" "$(actions | paste -sd ' ')" "$pages"
refused "a policy that is none" 254 "$(error InvalidInput SimulateCustomPolicy "Syntax errors in policy. (PolicyInputList.1, line 1, column 2)")" \
    aws iam simulate-custom-policy --policy-input-list '{' --action-names s3:GetObject
refused "a resource that is no ARN" 254 "$(error InvalidInput SimulateCustomPolicy "ResourceNames are not in a valid ARN format: b/k.")" \
    aws iam simulate-custom-policy --policy-input-list "$after" --action-names s3:GetObject --resource-arns b/k
refused "a role that is missing" 254 "$(error NoSuchEntity SimulatePrincipalPolicy "The role with name none cannot be found.")" \
    aws iam simulate-principal-policy --policy-source-arn "$account_arn:role/none" --action-names s3:GetObject
refused "a session is no source" 254 \
    "$(error InvalidInput SimulatePrincipalPolicy "Invalid Entity Arn: arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/app/s does not clearly define entity type and name.")" \
    aws iam simulate-principal-policy --policy-source-arn "arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/app/s" --action-names s3:GetObject
finish
