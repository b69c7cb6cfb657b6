#!/usr/bin/env bash
# Identity pools with the AWS CLI: every operation that the workshop does not
# use, every kind of login, and the sentences of refusals.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export AWS_ACCESS_KEY_ID=$ROCKPOOL_ROOT_KEY AWS_SECRET_ACCESS_KEY=$ROCKPOOL_ROOT_SECRET
account_arn="arn:aws:iam::$ROCKPOOL_ACCOUNT"
developer=login.acme.app users=$ROCKPOOL_USER_POOL
pools() { aws cognito-identity "$@"; }

# login PROVIDER CLIENT [FIELD=VALUE...]: a token of another pretend provider.
login() {
    local fields=(-d "provider=$1" -d "client=$2" -d "person=$ROCKPOOL_PERSON") f
    for f in "${@:3}"; do fields+=(--data-urlencode "$f"); done
    curl -sSf "${fields[@]}" "$ROCKPOOL_TOKENS/token" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p'
}

# trust POOL AMR: the trust policy of a pool's role.
trust() {
    cat <<J
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"$1"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"$2"}}}]}
J
}

# session_of FILE COMMAND...: runs a command with the credentials of an answer.
session_of() {
    local file=$1 secret
    shift
    secret=$(field "$file" SecretKey)
    AWS_ACCESS_KEY_ID=$(field "$file" AccessKeyId) AWS_SECRET_ACCESS_KEY=${secret:-$(field "$file" SecretAccessKey)} \
        AWS_SESSION_TOKEN=$(field "$file" SessionToken) "$@"
}

echo "a pool with every kind of login"
need "create-identity-pool" pools create-identity-pool --identity-pool-name "cli pool" --allow-unauthenticated-identities --allow-classic-flow \
    --developer-provider-name "$developer" --identity-pool-tags team=pictures \
    --supported-login-providers "{\"accounts.google.com\":\"$ROCKPOOL_CLIENT_ID\",\"graph.facebook.com\":\"$ROCKPOOL_FACEBOOK_APP\",\"www.amazon.com\":\"$ROCKPOOL_AMAZON_CLIENT\",\"appleid.apple.com\":\"$ROCKPOOL_APPLE_CLIENT\",\"api.twitter.com\":\"$ROCKPOOL_TWITTER_CONSUMER\"}" \
    --cognito-identity-providers "ProviderName=$users,ClientId=webclient,ServerSideTokenCheck=false"
cp "$out" "$SCRATCH/pool.json"
pool=$(field "$SCRATCH/pool.json" IdentityPoolId)
is "describe-identity-pool says the same" "$(cat "$SCRATCH/pool.json")" "$(pools describe-identity-pool --identity-pool-id "$pool" 2>&1)"
for kind in authenticated unauthenticated; do
    need "create-role $kind" aws iam create-role --role-name "cli-pools-$kind" --assume-role-policy-document "$(trust "$pool" $kind)"
done
need "create-role for a mapping" aws iam create-role --role-name cli-pools-mapped --assume-role-policy-document "$(trust "$pool" authenticated)"
role=$account_arn:role/cli-pools-authenticated mapped=$account_arn:role/cli-pools-mapped
ok "set-identity-pool-roles" pools set-identity-pool-roles --identity-pool-id "$pool" \
    --roles "authenticated=$role,unauthenticated=$account_arn:role/cli-pools-unauthenticated"
is "... prints nothing" "" "$(cat "$out")"

for entry in "graph.facebook.com $ROCKPOOL_FACEBOOK_APP" "www.amazon.com $ROCKPOOL_AMAZON_CLIENT" "appleid.apple.com $ROCKPOOL_APPLE_CLIENT" \
    "api.twitter.com ${ROCKPOOL_TWITTER_CONSUMER%%;*}" "$users webclient"; do
    read -r provider app <<<"$entry"
    # In JSON: X's token has a semicolon and Amazon's a bar, which the shorthand takes as well.
    anonymous pools get-id --identity-pool-id "$pool" --logins "{\"$provider\":\"$(login "$provider" "$app")\"}" >"$SCRATCH/id.json" 2>"$err"
    id=$(field "$SCRATCH/id.json" IdentityId)
    ok "get-id with $provider" test -n "$id"
    prints "... is the same identity with another token" "$id" \
        anonymous pools get-credentials-for-identity --identity-id "$id" --logins "$provider=$(login "$provider" "$app")" --query IdentityId --output text
done
refused "another application's token" 254 \
    "$(error NotAuthorizedException GetId "Token is not from a supported provider of this identity pool.")" \
    anonymous pools get-id --identity-pool-id "$pool" --logins "graph.facebook.com=$(login graph.facebook.com other)"
refused "a token that has no form" 254 \
    "$(error NotAuthorizedException GetId "Invalid login token. Not a valid OpenId Connect identity token.")" \
    anonymous pools get-id --identity-pool-id "$pool" --logins "$users=opaque"

echo "role mappings"
cat >"$SCRATCH/mappings.json" <<J
{
    "$users:webclient": {
        "Type": "Rules",
        "AmbiguousRoleResolution": "Deny",
        "RulesConfiguration": {
            "Rules": [
                {
                    "Claim": "cognito:groups",
                    "MatchType": "Contains",
                    "Value": "staff",
                    "RoleARN": "$mapped"
                },
                {
                    "Claim": "a",
                    "MatchType": "StartsWith",
                    "Value": "x",
                    "RoleARN": "$role"
                }
            ]
        }
    }
}
J
ok "set-identity-pool-roles with mappings" pools set-identity-pool-roles --identity-pool-id "$pool" --roles "authenticated=$role" --role-mappings "file://$SCRATCH/mappings.json"
is "get-identity-pool-roles gives them back in their order" "$(cat "$SCRATCH/mappings.json")" \
    "$(pools get-identity-pool-roles --identity-pool-id "$pool" --query RoleMappings 2>&1)"
staff=$(login "$users" webclient 'claims={"cognito:groups":["staff"]}')
ok "a rule's role" anonymous pools get-credentials-for-identity --identity-id "$id" --logins "$users=$staff"
cp "$out" "$SCRATCH/staff.json"
prints "... is the caller's" "arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/cli-pools-mapped/CognitoIdentityCredentials" \
    session_of "$SCRATCH/staff.json" aws sts get-caller-identity --query Arn --output text
refused "no rule for somebody" 254 \
    "$(error NotAuthorizedException GetCredentialsForIdentity "The ambiguous role mapping rules for: $users:webclient denied this request.")" \
    anonymous pools get-credentials-for-identity --identity-id "$id" --logins "$users=$(login "$users" webclient)"
refused "the classic flow beside mappings" 254 \
    "$(error InvalidParameterException GetOpenIdToken "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")" \
    anonymous pools get-open-id-token --identity-id "$id" --logins "$users=$staff"
refused "a mapping for nobody's provider" 254 \
    "$(error InvalidParameterException SetIdentityPoolRoles "($users) is not a valid RoleMapping ProviderName or is not a configured provider.")" \
    pools set-identity-pool-roles --identity-pool-id "$pool" --roles "authenticated=$role" \
    --role-mappings "{\"$users\":{\"Type\":\"Token\",\"AmbiguousRoleResolution\":\"Deny\"}}"
refused "a role that is not there" 254 \
    "$(error NotAuthorizedException SetIdentityPoolRoles "Access to Role '$account_arn:role/none' is forbidden.")" \
    pools set-identity-pool-roles --identity-pool-id "$pool" --roles "authenticated=$account_arn:role/none"
ok "roles without mappings" pools set-identity-pool-roles --identity-pool-id "$pool" --roles "authenticated=$role"

echo "the classic flow, with tags from claims"
prints "set-principal-tag-attribute-map" "False	custom:team" \
    pools set-principal-tag-attribute-map --identity-pool-id "$pool" --identity-provider-name "$users" --no-use-defaults --principal-tags team=custom:team \
    --query '[UseDefaults,PrincipalTags.team]' --output text
prints "get-principal-tag-attribute-map" "$users	False	custom:team" \
    pools get-principal-tag-attribute-map --identity-pool-id "$pool" --identity-provider-name "$users" \
    --query '[IdentityProviderName,UseDefaults,PrincipalTags.team]' --output text
diver=$(login "$users" webclient 'claims={"custom:team":"divers"}')
need "get-open-id-token" anonymous pools get-open-id-token --identity-id "$id" --logins "$users=$diver"
opened=$(field "$out" Token)
need "sts assume-role-with-web-identity" anonymous aws sts assume-role-with-web-identity --role-arn "$role" --role-session-name classic --web-identity-token "$opened" --duration-seconds 900
cp "$out" "$SCRATCH/classic.json"
is "... says whose it is" "$id $pool" "$(field "$out" SubjectFromWebIdentityToken) $(field "$out" Audience)"
need "a bucket" aws s3 mb s3://cli-pools-bucket
ok "a policy about the tag" aws iam put-role-policy --role-name cli-pools-authenticated --policy-name tag \
    --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::cli-pools-bucket/${aws:PrincipalTag/team}/*"}]}'
ok "the tag opens a folder" session_of "$SCRATCH/classic.json" aws s3api put-object --bucket cli-pools-bucket --key divers/log
refused "... and no other" 254 \
    "$(error AccessDenied PutObject "User: arn:aws:sts::$ROCKPOOL_ACCOUNT:assumed-role/cli-pools-authenticated/classic is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::cli-pools-bucket/cooks/log\" because no identity-based policy allows the s3:PutObject action")" \
    session_of "$SCRATCH/classic.json" aws s3api put-object --bucket cli-pools-bucket --key cooks/log
refused "a role that does not trust this person" 254 \
    "$(error AccessDenied AssumeRoleWithWebIdentity "Not authorized to perform sts:AssumeRoleWithWebIdentity")" \
    anonymous aws sts assume-role-with-web-identity --role-arn "$account_arn:role/cli-pools-unauthenticated" --role-session-name classic --web-identity-token "$opened"
refused "the pool's token as a login" 254 \
    "$(error NotAuthorizedException GetId "Invalid login token. Can't pass in a Cognito token.")" \
    anonymous pools get-id --identity-pool-id "$pool" --logins "cognito-identity.amazonaws.com=$opened"

echo "a backend's own users"
need "get-open-id-token-for-developer-identity" pools get-open-id-token-for-developer-identity --identity-pool-id "$pool" --logins "$developer=user-1" \
    --principal-tags team=backend --token-duration 300
one=$(field "$out" IdentityId)
ok "get-credentials-for-identity with it" anonymous pools get-credentials-for-identity --identity-id "$one" \
    --logins "cognito-identity.amazonaws.com=$(field "$out" Token)"
cp "$out" "$SCRATCH/backend.json"
ok "its tag opens a folder" session_of "$SCRATCH/backend.json" aws s3api put-object --bucket cli-pools-bucket --key backend/log
two=$(pools get-open-id-token-for-developer-identity --identity-pool-id "$pool" --logins "$developer=user-2" --query IdentityId --output text 2>"$err")
prints "lookup-developer-identity" "$two	user-2" \
    pools lookup-developer-identity --identity-pool-id "$pool" --developer-user-identifier user-2 --query '[IdentityId,DeveloperUserIdentifierList[0]]' --output text
prints "merge-developer-identities" "$two" pools merge-developer-identities --source-user-identifier user-1 --destination-user-identifier user-2 \
    --developer-provider-name "$developer" --identity-pool-id "$pool" --query IdentityId --output text
prints "... one identity has both users" "user-1 user-2" sh -c '"$@" | tr "\t" "\n" | sort | paste -sd " "' sh \
    "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" cognito-identity lookup-developer-identity --identity-pool-id "$pool" --identity-id "$two" --query DeveloperUserIdentifierList --output text
ok "unlink-developer-identity" pools unlink-developer-identity --identity-id "$two" --identity-pool-id "$pool" --developer-provider-name "$developer" --developer-user-identifier user-1
is "... prints nothing" "" "$(cat "$out")"
refused "a developer provider that is not the pool's" 254 \
    "$(error InvalidParameterException GetOpenIdTokenForDeveloperIdentity "This identity pool does not support the specified developer provider")" \
    pools get-open-id-token-for-developer-identity --identity-pool-id "$pool" --logins login.other=user-1
refused "a developer's user without a backend" 254 \
    "$(error InvalidParameterException GetId "Please provide a valid public provider.")" \
    anonymous pools get-id --identity-pool-id "$pool" --logins "$developer=user-1"

echo "links, lists, the end"
both=$(printf '{"www.amazon.com":"%s","appleid.apple.com":"%s"}' "$(login www.amazon.com "$ROCKPOOL_AMAZON_CLIENT")" "$(login appleid.apple.com "$ROCKPOOL_APPLE_CLIENT")")
linked=$(anonymous pools get-id --identity-pool-id "$pool" --logins "$both" --query IdentityId --output text 2>"$err")
prints "two logins are one identity" "appleid.apple.com www.amazon.com" sh -c '"$@" | tr "\t" "\n" | sort | paste -sd " "' sh \
    "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" cognito-identity describe-identity --identity-id "$linked" --query Logins --output text
ok "unlink-identity" anonymous pools unlink-identity --identity-id "$linked" --logins "$both" --logins-to-remove www.amazon.com
is "... prints nothing" "" "$(cat "$out")"
prints "... one is left" appleid.apple.com pools describe-identity --identity-id "$linked" --query Logins --output text
ok "list-identities" pools list-identities --identity-pool-id "$pool" --max-results 60
has "... has it" "$linked" "$(cat "$out")"
prints "delete-identities" "[]" pools delete-identities --identity-ids-to-delete "$linked" --query UnprocessedIdentityIds --output json
refused "what is deleted" 254 "$(error ResourceNotFoundException DescribeIdentity "Identity '$linked' not found.")" pools describe-identity --identity-id "$linked"
arn=arn:aws:cognito-identity:$AWS_DEFAULT_REGION:$ROCKPOOL_ACCOUNT:identitypool/$pool
ok "tag-resource" pools tag-resource --resource-arn "$arn" --tags more=1
ok "untag-resource" pools untag-resource --resource-arn "$arn" --tag-keys team
prints "list-tags-for-resource" '{"more":"1"}' sh -c '"$@" | tr -d " \n"' sh \
    "$AWS_CLI" --endpoint-url "$ROCKPOOL_ENDPOINT" cognito-identity list-tags-for-resource --resource-arn "$arn" --query Tags --output json
ok "update-identity-pool" pools update-identity-pool --identity-pool-id "$pool" --identity-pool-name renamed --no-allow-unauthenticated-identities
prints "... replaces all but what AWS keeps" "renamed	False	$developer	None	1" pools describe-identity-pool --identity-pool-id "$pool" --output text \
    --query '[IdentityPoolName,AllowClassicFlow,DeveloperProviderName,SupportedLoginProviders,IdentityPoolTags.more]'
ok "list-identity-pools" pools list-identity-pools --max-results 60
has "... has it" "$pool" "$(cat "$out")"
ok "delete-identity-pool" pools delete-identity-pool --identity-pool-id "$pool"
refused "a pool that is not there" 254 "$(error ResourceNotFoundException DescribeIdentityPool "IdentityPool '$pool' not found.")" pools describe-identity-pool --identity-pool-id "$pool"
refused "a value that cannot be" 254 \
    "$(error ValidationException CreateIdentityPool "1 validation error detected: Value 'bad#name' at 'identityPoolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+")" \
    pools create-identity-pool --identity-pool-name 'bad#name' --no-allow-unauthenticated-identities
finish
