package demo

import (
	"context"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/pretend"
)

// seedProviders registers the two providers that are the account's own.
func seedProviders(ctx context.Context, c *administrator, t *pretend.Town) error {
	err := c.iam(ctx, "CreateOpenIDConnectProvider", map[string]string{"Url": Issuer, "ClientIDList.member.1": OIDCClient})
	if err != nil && !client.HasCode(err, "EntityAlreadyExists") {
		return err
	}
	err = c.iam(ctx, "CreateSAMLProvider", map[string]string{"Name": SAMLProvider, "SAMLMetadataDocument": t.SAML.Metadata()})
	if client.HasCode(err, "EntityAlreadyExists") { // its key is of this run
		err = c.iam(ctx, "UpdateSAMLProvider", map[string]string{"SAMLProviderArn": samlARN(c.account), "SAMLMetadataDocument": t.SAML.Metadata()})
	}
	return err
}

// seedPool makes the identity pool with authenticated access through every kind of
// provider and with guests, or brings the one of an earlier run into that state.
func seedPool(ctx context.Context, c *administrator, apps *pretend.Apps) (string, error) {
	pool := map[string]any{
		"IdentityPoolName":               PoolName,
		"AllowUnauthenticatedIdentities": true,
		"SupportedLoginProviders": map[string]string{
			"accounts.google.com": apps.Google, "graph.facebook.com": apps.Facebook, "www.amazon.com": apps.Amazon, "appleid.apple.com": apps.Apple,
			"api.twitter.com": apps.XKey + ";" + apps.XSecret,
		},
		"CognitoIdentityProviders":  []map[string]any{{"ProviderName": apps.UserPool, "ClientId": apps.UserPoolClient}},
		"OpenIdConnectProviderARNs": []string{oidcARN(c.account)},
		"SamlProviderARNs":          []string{samlARN(c.account)},
		"DeveloperProviderName":     DeveloperName,
	}
	var list struct {
		IdentityPools []struct{ IdentityPoolId, IdentityPoolName string }
	}
	if err := c.json(ctx, "ListIdentityPools", map[string]any{"MaxResults": 60}, &list); err != nil {
		return "", err
	}
	for _, p := range list.IdentityPools {
		if p.IdentityPoolName == PoolName {
			pool["IdentityPoolId"] = p.IdentityPoolId
			return p.IdentityPoolId, c.json(ctx, "UpdateIdentityPool", pool, nil)
		}
	}
	var made struct{ IdentityPoolId string }
	err := c.json(ctx, "CreateIdentityPool", pool, &made)
	return made.IdentityPoolId, err
}

// seedRoles makes the roles that people of the pool get, says what each may do,
// and gives them to the pool.
func seedRoles(ctx context.Context, c *administrator, t *pretend.Town, apps *pretend.Apps, poolID string) error {
	for _, r := range []struct{ name, amr, about, policy, statements string }{
		{RoleName, "authenticated", "People who signed in to the demo's identity pool", PolicyName, `{
    "Sid": "ReadPrivateBucket",
    "Effect": "Allow",
    "Action": ["s3:ListBucket", "s3:GetObject"],
    "Resource": [
      "arn:aws:s3:::` + PrivateBucket + `",
      "arn:aws:s3:::` + PrivateBucket + `/*"
    ]
  }`},
		{StaffRoleName, "authenticated", "Staff, by the role mappings of the demo's identity pool", "ReadBothBuckets", `{
    "Sid": "ReadBothBuckets",
    "Effect": "Allow",
    "Action": ["s3:ListBucket", "s3:GetObject"],
    "Resource": [
      "arn:aws:s3:::` + PrivateBucket + `", "arn:aws:s3:::` + PrivateBucket + `/*",
      "arn:aws:s3:::` + StaffBucket + `", "arn:aws:s3:::` + StaffBucket + `/*"
    ]
  }`},
		{GuestRoleName, "unauthenticated", "Guests of the demo's identity pool", "SeeOnePicture", `{
    "Sid": "ListPrivateBucket",
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "arn:aws:s3:::` + PrivateBucket + `"
  }, {
    "Sid": "SeeOnePicture",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::` + PrivateBucket + `/` + GuestKey + `"
  }`},
	} {
		if err := seedRole(ctx, c, poolID, r.name, r.amr, r.about); err != nil {
			return err
		}
		err := c.iam(ctx, "PutRolePolicy", map[string]string{"RoleName": r.name, "PolicyName": r.policy, "PolicyDocument": `{
  "Version": "2012-10-17",
  "Statement": [` + r.statements + `]
}`})
		if err != nil {
			return err
		}
	}
	return c.json(ctx, "SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": poolID,
		"Roles":          map[string]string{"authenticated": roleARN(c.account, RoleName), "unauthenticated": roleARN(c.account, GuestRoleName)},
		"RoleMappings":   staffMappings(t, apps, c.account),
	}, nil)
}

// seedRole makes a role for people of the pool: the trust policy is the one that
// the console of identity pools writes.
func seedRole(ctx context.Context, c *administrator, poolID, name, amr, about string) error {
	trust := `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"cognito-identity.amazonaws.com:aud": "` + poolID + `"},
      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "` + amr + `"}
    }
  }]
}`
	err := c.iam(ctx, "CreateRole", map[string]string{
		"RoleName": name, "Path": "/service-role/", "AssumeRolePolicyDocument": trust, "Description": about,
	})
	if client.HasCode(err, "EntityAlreadyExists") {
		err = c.iam(ctx, "UpdateAssumeRolePolicy", map[string]string{"RoleName": name, "PolicyDocument": trust})
	}
	return err
}

// staffMappings give the staff role to the one of the people who works there, by
// whatever each provider says that she cannot change herself: a group, her verified
// e-mail address, or where a provider tells no more, her id. Everybody else has the
// default role.
func staffMappings(t *pretend.Town, apps *pretend.Apps, account string) map[string]any {
	var staff pretend.Person
	for _, p := range t.People() {
		if p.Staff {
			staff = p
		}
	}
	rule := func(claim, match, value string) map[string]any {
		return map[string]any{
			"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole",
			"RulesConfiguration": map[string]any{"Rules": []map[string]string{
				{"Claim": claim, "MatchType": match, "Value": value, "RoleARN": roleARN(account, StaffRoleName)},
			}},
		}
	}
	return map[string]any{
		"accounts.google.com": rule("email", "Equals", staff.Email),
		"appleid.apple.com":   rule("email", "Equals", staff.Email),
		"graph.facebook.com":  rule("sub", "Equals", t.Facebook.UserID(staff)),
		"www.amazon.com":      rule("sub", "Equals", t.Amazon.UserID(staff)),
		"api.twitter.com":     rule("sub", "Equals", t.X.UserID(staff)),
		oidcARN(account):      rule("groups", "Contains", "staff"),
		samlARN(account):      rule(pretend.SAMLGroup, "Contains", "staff"),
		// The user pool names the role itself: its group has one.
		apps.UserPool + ":" + apps.UserPoolClient: map[string]any{"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"},
	}
}
