#!/usr/bin/env bash
# SAML with the AWS CLI: a provider in IAM, and a role by an assertion.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET
account_arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"
provider="$account_arn:saml-provider/Corp" role="$account_arn:role/corp-staff"

# told FORM...: what the pretend identity provider answers.
told() { curl -sS --fail "$ROCKPOOL_TOKENS/token" "$@" | /usr/bin/python3 -c 'import json,sys; sys.stdout.write(json.load(sys.stdin)["token"])'; }

told -d provider=saml-metadata >"$SCRATCH/metadata.xml"
need "create-saml-provider" aws iam create-saml-provider --name Corp --saml-metadata-document "file://$SCRATCH/metadata.xml"
prints "list-saml-providers" "$provider" aws iam list-saml-providers --query 'SAMLProviderList[].Arn' --output text
aws iam get-saml-provider --saml-provider-arn "$provider" --query SAMLMetadataDocument --output text >"$SCRATCH/back.xml" 2>"$err"
is "the metadata comes back" "$(cat "$SCRATCH/metadata.xml")" "$(cat "$SCRATCH/back.xml")"
need "create-role" aws iam create-role --role-name corp-staff --assume-role-policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Federated\":\"$provider\"},\"Action\":\"sts:AssumeRoleWithSAML\",\"Condition\":{\"StringEquals\":{\"saml:aud\":\"https://signin.aws.amazon.com/saml\"}}}]}"

names=https://aws.amazon.com/SAML/Attributes
claims="{\"$names/Role\":[\"$role,$provider\"],\"$names/RoleSessionName\":[\"ada\"]}"
told -d provider=saml -d person=_ada -d client=https://signin.aws.amazon.com/saml --data-urlencode "claims=$claims" >"$SCRATCH/response"
anonymous aws sts assume-role-with-saml --role-arn "$role" --principal-arn "$provider" --saml-assertion "file://$SCRATCH/response" >"$SCRATCH/session.json" 2>"$err"
need "assume-role-with-saml" test -s "$SCRATCH/session.json"
is "the subject" "_ada" "$(field "$SCRATCH/session.json" Subject)"
as_session() {
    AWS_ACCESS_KEY_ID=$(field "$SCRATCH/session.json" AccessKeyId) AWS_SECRET_ACCESS_KEY=$(field "$SCRATCH/session.json" SecretAccessKey) \
        AWS_SESSION_TOKEN=$(field "$SCRATCH/session.json" SessionToken) "$@"
}
prints "get-caller-identity of the session" "arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/corp-staff/ada" as_session aws sts get-caller-identity --query Arn --output text
base64 -d "$SCRATCH/response" | sed 's/>_ada</>_eve</' | base64 -w0 >"$SCRATCH/forged"
refused "a forged assertion" 254 "$(error InvalidIdentityToken AssumeRoleWithSAML "Response signature invalid")" \
    anonymous aws sts assume-role-with-saml --role-arn "$role" --principal-arn "$provider" --saml-assertion "file://$SCRATCH/forged"
ok "delete-saml-provider" aws iam delete-saml-provider --saml-provider-arn "$provider"
finish
