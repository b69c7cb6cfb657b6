"""The pools' own tokens: the classic flow, developer identities, principal tags."""

import base64
import hashlib
import json
import time
import unittest
import urllib.request

from env import ACCOUNT, CLIENT_ID, ENDPOINT, SOCIAL, USER_POOL, Case, bucket, client, login, name, policy, pool_role, session, token

GOOGLE_NAME = "accounts.google.com"
POOL_NAME = "cognito-identity.amazonaws.com"
ISSUER = "https://" + POOL_NAME


def document(path):
    with urllib.request.urlopen(ENDPOINT + path, timeout=10) as answer:
        return json.load(answer)


def part(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(test, opened):
    """Header and claims of a token, after RFC 8017 section 8.2.2 by hand, and PyJWT where it is."""
    head, body, signature = opened.split(".")
    header, claims = json.loads(part(head)), json.loads(part(body))
    key, = [k for k in document("/.well-known/jwks_uri")["keys"] if k["kid"] == header["kid"]]
    test.assertEqual((key["kty"], key["alg"], key["use"]), ("RSA", "RS512", "sig"))
    modulus, exponent = (int.from_bytes(part(key[n]), "big") for n in "ne")
    size = (modulus.bit_length() + 7) // 8
    test.assertEqual(len(part(signature)), size)
    # The prefix is the DigestInfo of SHA-512.
    digest = bytes.fromhex("3051300d060960864801650304020305000440") + hashlib.sha512(f"{head}.{body}".encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    test.assertEqual(pow(int.from_bytes(part(signature), "big"), exponent, modulus), int.from_bytes(padded, "big"))
    try:
        import jwt
    except ImportError:
        return header, claims
    found = jwt.PyJWKClient(ENDPOINT + "/.well-known/jwks_uri").get_signing_key_from_jwt(opened)
    test.assertEqual(jwt.decode(opened, found.key, algorithms=["RS512"], audience=claims["aud"], issuer=ISSUER), claims)
    return header, claims


class Tokens(Case):
    @classmethod
    def setUpClass(cls):
        cls.pools, cls.nobody, cls.sts = client("cognito-identity"), client("cognito-identity", None), client("sts", None)
        cls.settings = {
            "IdentityPoolName": "tokens", "AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True, "DeveloperProviderName": "login.acme.app",
            "SupportedLoginProviders": {GOOGLE_NAME: CLIENT_ID, **SOCIAL},
            "CognitoIdentityProviders": [{"ProviderName": USER_POOL, "ClientId": "webclient"}],
        }
        cls.pool = cls.pools.create_identity_pool(**cls.settings)["IdentityPoolId"]
        cls.bucket = bucket("tokens")
        cls.role = pool_role(cls.pool, tags=True, allow={"Effect": "Allow", "Action": "s3:*", "Resource": [
            f"arn:aws:s3:::{cls.bucket}/${{{POOL_NAME}:sub}}/*", f"arn:aws:s3:::{cls.bucket}/${{aws:PrincipalTag/team}}/*"]})
        cls.guest = pool_role(cls.pool, "unauthenticated")
        cls.pools.set_identity_pool_roles(IdentityPoolId=cls.pool, Roles={"authenticated": cls.role, "unauthenticated": cls.guest})

    def opened(self, logins=None):
        more = {"Logins": logins} if logins else {}
        identity = self.nobody.get_id(IdentityPoolId=self.pool, **more)["IdentityId"]
        got = self.nobody.get_open_id_token(IdentityId=identity, **more)
        self.members(got, "IdentityId", "Token")
        self.assertEqual(got["IdentityId"], identity)
        return identity, got["Token"]

    def exchange(self, opened, role=None, **more):
        return self.sts.assume_role_with_web_identity(RoleArn=role or self.role, RoleSessionName="web-identity", WebIdentityToken=opened, **more)


class Classic(Tokens):
    def test_what_a_token_says(self):
        identity, opened = self.opened({GOOGLE_NAME: token()})
        header, claims = verified(self, opened)
        self.assertEqual((header["alg"], header["typ"]), ("RS512", "JWS"))
        self.assertRegex(header["kid"], r"^us-east-1\d+$")
        amr, at = claims.pop("amr"), claims.pop("iat")
        self.assertTrue(abs(at - time.time()) < 60)
        self.assertEqual(claims, {"iss": ISSUER, "sub": identity, "aud": self.pool, "exp": at + 600,
                                  ISSUER + "/identity-pool-arn": f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{self.pool}"})
        self.assertEqual(amr[:2], ["authenticated", GOOGLE_NAME])
        self.assertRegex(amr[2], f"^{GOOGLE_NAME}:{CLIENT_ID}:[0-9]{{21}}$")
        self.assertEqual(len(amr), 3)
        discovery = document("/.well-known/openid-configuration")
        self.assertEqual((discovery["issuer"], discovery["jwks_uri"]), (ISSUER, ISSUER + "/.well-known/jwks_uri"))
        self.assertIn("RS512", discovery["id_token_signing_alg_values_supported"])

    def test_the_amr_of_every_login(self):
        self.assertEqual(verified(self, self.opened()[1])[1]["amr"], ["unauthenticated"])
        for provider, third in (("graph.facebook.com", SOCIAL["graph.facebook.com"] + ":"), ("www.amazon.com", SOCIAL["www.amazon.com"] + ":amzn1.account."),
                                ("appleid.apple.com", SOCIAL["appleid.apple.com"] + ":"), (USER_POOL, "CognitoSignIn:")):
            with self.subTest(provider):
                amr = verified(self, self.opened({provider: login(provider)})[1])[1]["amr"]
                self.assertEqual(amr[:2], ["authenticated", provider])
                self.assertTrue(amr[2].startswith(f"{provider}:{third}"), amr)
        amr = verified(self, self.opened({"api.twitter.com": login("api.twitter.com")})[1])[1]["amr"]
        self.assertRegex(amr[2], "^api.twitter.com:consumerKey01234567890123:[0-9]+$")
        self.assertNotIn("secret", json.dumps(amr))

    def test_the_exchange_at_sts(self):
        identity, opened = self.opened({GOOGLE_NAME: token()})
        got = self.exchange(opened, DurationSeconds=900)
        self.members(got, "Credentials", "SubjectFromWebIdentityToken", "AssumedRoleUser", "Provider", "Audience", also=["PackedPolicySize"])
        self.assertEqual((got["SubjectFromWebIdentityToken"], got["Audience"]), (identity, self.pool))
        keys = tuple(got["Credentials"][n] for n in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        left = got["Credentials"]["Expiration"].timestamp() - time.time()
        self.assertTrue(840 < left <= 900, left)
        s3 = client("s3", keys)
        s3.put_object(Bucket=self.bucket, Key=f"{identity}/note", Body=b"mine")
        self.assertEqual(s3.get_object(Bucket=self.bucket, Key=f"{identity}/note")["Body"].read(), b"mine")
        self.refused(403, "AccessDenied", None, s3.get_object, Bucket=self.bucket, Key="us-east-1:00000000-0000-4000-8000-000000000000/note")
        # A session policy narrows.
        none = self.exchange(opened, Policy=policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}))["Credentials"]
        self.refused(403, "AccessDenied", None, client("s3", tuple(none[n] for n in ("AccessKeyId", "SecretAccessKey", "SessionToken"))).get_object,
                     Bucket=self.bucket, Key=f"{identity}/note")

    # AWS answers without the scheme, unlike for other issuers.
    def test_sts_names_the_provider_without_a_scheme(self):
        self.assertEqual(self.exchange(self.opened({GOOGLE_NAME: token()})[1])["Provider"], POOL_NAME)

    def test_what_sts_refuses(self):
        _, guest = self.opened()
        _, mira = self.opened({GOOGLE_NAME: token()})
        self.exchange(guest, self.guest)
        sentence = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        self.refused(403, "AccessDenied", sentence, self.exchange, guest)
        self.refused(403, "AccessDenied", sentence, self.exchange, mira, self.guest)
        self.refused(403, "AccessDenied", sentence, self.exchange, mira, pool_role("us-east-1:00000000-0000-4000-8000-000000000000"))
        head, body, signature = mira.split(".")
        claims = json.loads(part(body))
        other = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "us-east-1:00000000-0000-4000-8000-000000000000"}).encode()).decode().rstrip("=")
        for forged in (f"{head}.{other}.{signature}", f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"):
            self.refused(400, "InvalidIdentityToken", None, self.exchange, forged)

    def test_what_pools_refuse(self):
        _, mira = self.opened({GOOGLE_NAME: token()})
        self.refused(400, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.", self.nobody.get_id, IdentityPoolId=self.pool, Logins={POOL_NAME: mira})
        identity = self.nobody.get_id(IdentityPoolId=self.pool)["IdentityId"]
        self.refused(400, "NotAuthorizedException", "Invalid login token. Not a Cognito token.", self.nobody.get_credentials_for_identity,
                     IdentityId=identity, Logins={POOL_NAME: token()})
        self.refused(400, "InvalidParameterException", "Please provide a valid public provider.", self.nobody.get_id, IdentityPoolId=self.pool, Logins={"login.acme.app": "me"})
        pool = self.pools.create_identity_pool(IdentityPoolName="enhanced", AllowUnauthenticatedIdentities=True, SupportedLoginProviders={GOOGLE_NAME: CLIENT_ID})["IdentityPoolId"]
        logins = {GOOGLE_NAME: token()}
        identity = self.nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        self.refused(400, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.", self.nobody.get_open_id_token, IdentityId=identity, Logins=logins)
        self.pools.update_identity_pool(IdentityPoolId=pool, IdentityPoolName="enhanced", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True,
                                        SupportedLoginProviders={GOOGLE_NAME: CLIENT_ID})
        self.nobody.get_open_id_token(IdentityId=identity, Logins=logins)
        self.pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={}, RoleMappings={GOOGLE_NAME: {"Type": "Token", "AmbiguousRoleResolution": "Deny"}})
        self.refused(400, "InvalidParameterException", "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.",
                     self.nobody.get_open_id_token, IdentityId=identity, Logins=logins)


class Tags(Tokens):
    def tag(self, provider, **more):
        return {k: v for k, v in self.pools.set_principal_tag_attribute_map(IdentityPoolId=self.pool, IdentityProviderName=provider, **more).items() if k != "ResponseMetadata"}

    def test_maps_come_back(self):
        asked = {"IdentityPoolId": self.pool, "IdentityProviderName": USER_POOL}
        got = self.pools.get_principal_tag_attribute_map(**asked)
        self.members(got, "IdentityPoolId", "IdentityProviderName", "UseDefaults", "PrincipalTags")
        self.assertEqual((got["UseDefaults"], got["PrincipalTags"]), (False, {}))
        for more in ({"UseDefaults": False, "PrincipalTags": {"team": "custom:team", "mail": "email"}}, {"UseDefaults": True, "PrincipalTags": {}},
                     {"UseDefaults": False, "PrincipalTags": {}}):
            self.assertEqual(self.tag(USER_POOL, **more), {**asked, **more})
            got = self.pools.get_principal_tag_attribute_map(**asked)
            self.assertEqual({k: v for k, v in got.items() if k != "ResponseMetadata"}, {**asked, **more})
        for wrong in (USER_POOL + ":webclient", "https://accounts.google.com", "www.digits.com"):
            self.refused(400, "InvalidParameterException", f"({wrong}) is not a valid IdentityProviderName or is not a configured provider.",
                         self.pools.set_principal_tag_attribute_map, IdentityPoolId=self.pool, IdentityProviderName=wrong, UseDefaults=True)

    def test_claims_become_tags_that_policies_see(self):
        self.tag(USER_POOL, PrincipalTags={"team": "custom:team", "absent": "custom:absent"})
        self.addCleanup(self.tag, USER_POOL, UseDefaults=False, PrincipalTags={})
        logins = {USER_POOL: login(USER_POOL, claims={"custom:team": "divers"})}
        identity, opened = self.opened(logins)
        self.assertEqual(verified(self, opened)[1]["https://aws.amazon.com/tags"], {"principal_tags": {"team": ["divers"]}})
        enhanced = self.nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
        classic = self.exchange(opened)["Credentials"]
        for keys in ((enhanced["AccessKeyId"], enhanced["SecretKey"], enhanced["SessionToken"]), (classic["AccessKeyId"], classic["SecretAccessKey"], classic["SessionToken"])):
            s3 = client("s3", keys)
            s3.put_object(Bucket=self.bucket, Key="divers/log", Body=b"deep")
            self.refused(403, "AccessDenied", None, s3.put_object, Bucket=self.bucket, Key="cooks/log", Body=b"hot")
        # A role that may not be tagged is a fault of the pool.
        untagged = pool_role(self.pool)
        self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={"authenticated": untagged})
        self.addCleanup(self.pools.set_identity_pool_roles, IdentityPoolId=self.pool, Roles={"authenticated": self.role, "unauthenticated": self.guest})
        self.refused(400, "InvalidIdentityPoolConfigurationException", None, self.nobody.get_credentials_for_identity, IdentityId=identity, Logins=logins)
        self.refused(403, "AccessDenied", None, self.exchange, opened, untagged)

    def test_the_defaults(self):
        for provider in (GOOGLE_NAME, *SOCIAL):
            with self.subTest(provider):
                self.tag(provider, UseDefaults=True)
                self.addCleanup(self.tag, provider, UseDefaults=False, PrincipalTags={})
                _, opened = self.opened({provider: token() if provider == GOOGLE_NAME else login(provider)})
                claims = verified(self, opened)[1]
                tags = claims["https://aws.amazon.com/tags"]["principal_tags"]
                app, user = claims["amr"][2][len(provider) + 1:].split(":")
                self.assertEqual(tags, {"client": [app], "username": [user]})


class Developers(Tokens):
    def user(self, user, **more):
        return self.pools.get_open_id_token_for_developer_identity(IdentityPoolId=self.pool, Logins={"login.acme.app": user}, **more)

    def lookup(self, **more):
        return self.pools.lookup_developer_identity(IdentityPoolId=self.pool, **more)

    def test_a_backend_signs_its_own_user_in(self):
        user = name("user")
        got = self.user(user)
        self.members(got, "IdentityId", "Token")
        _, claims = verified(self, got["Token"])
        self.assertEqual((claims["sub"], claims["aud"], claims["exp"] - claims["iat"]), (got["IdentityId"], self.pool, 900))
        self.assertEqual(claims["amr"], ["authenticated", "login.acme.app", f"login.acme.app:{self.pool}:{user}"])
        self.assertEqual(self.pools.describe_identity(IdentityId=got["IdentityId"])["Logins"], ["login.acme.app"])
        logins = {POOL_NAME: got["Token"]}
        keys = self.nobody.get_credentials_for_identity(IdentityId=got["IdentityId"], Logins=logins)
        self.assertEqual(keys["IdentityId"], got["IdentityId"])
        self.exchange(got["Token"])
        self.assertEqual(self.user(user)["IdentityId"], got["IdentityId"])
        self.refused(400, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.", self.nobody.get_id, IdentityPoolId=self.pool, Logins=logins)
        other = self.user(name("user"))
        self.refused(400, "NotAuthorizedException", None, self.nobody.get_credentials_for_identity, IdentityId=got["IdentityId"], Logins={POOL_NAME: other["Token"]})
        self.refused(400, "NotAuthorizedException", None, self.nobody.get_credentials_for_identity, IdentityId=got["IdentityId"])

    def test_the_life_of_a_token_and_its_tags(self):
        got = self.user(name("user"), TokenDuration=300, PrincipalTags={"team": "backend"})
        claims = verified(self, got["Token"])[1]
        self.assertEqual((claims["exp"] - claims["iat"], claims["https://aws.amazon.com/tags"]), (300, {"principal_tags": {"team": ["backend"]}}))
        keys = self.nobody.get_credentials_for_identity(IdentityId=got["IdentityId"], Logins={POOL_NAME: got["Token"]})["Credentials"]
        client("s3", (keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])).put_object(Bucket=self.bucket, Key="backend/x", Body=b"x")
        self.refused(400, "ValidationException", None, self.user, name("user"), TokenDuration=86401)

    def test_users_are_linked_looked_up_and_unlinked(self):
        one, two = name("one"), name("two")
        identity = self.user(one)["IdentityId"]
        got = self.pools.get_open_id_token_for_developer_identity
        asked = {"IdentityPoolId": self.pool, "IdentityId": identity}
        # An identity that somebody has needs a proof.
        refusal = self.refused(400, "NotAuthorizedException", None, got, **asked, Logins={"login.acme.app": two})
        self.assertTrue(refusal["Error"]["Message"].startswith("Logins don't match"), refusal)
        guest = self.nobody.get_id(IdentityPoolId=self.pool)["IdentityId"]
        self.assertEqual(self.user(two, IdentityId=guest)["IdentityId"], guest)
        self.refused(400, "DeveloperUserAlreadyRegisteredException", "This developer user identifier is already registered with Cognito.",
                     self.user, two, IdentityId=self.nobody.get_id(IdentityPoolId=self.pool)["IdentityId"])
        found = self.lookup(DeveloperUserIdentifier=one)
        self.members(found, "IdentityId", "DeveloperUserIdentifierList", also=["NextToken"])
        self.assertEqual((found["IdentityId"], found["DeveloperUserIdentifierList"]), (identity, [one]))
        self.refused(400, "ResourceConflictException", None, self.lookup, DeveloperUserIdentifier=one, IdentityId=guest)
        self.refused(400, "InvalidParameterException", None, self.lookup)
        self.refused(400, "ResourceNotFoundException", None, self.lookup, DeveloperUserIdentifier=name("nobody"))

        merged = self.pools.merge_developer_identities(SourceUserIdentifier=one, DestinationUserIdentifier=two, DeveloperProviderName="login.acme.app", IdentityPoolId=self.pool)
        self.members(merged, "IdentityId")
        self.assertEqual(merged["IdentityId"], guest)
        self.assertEqual(sorted(self.lookup(IdentityId=guest)["DeveloperUserIdentifierList"]), sorted([one, two]))
        first = self.lookup(IdentityId=guest, MaxResults=1)
        second = self.lookup(IdentityId=guest, MaxResults=1, NextToken=first["NextToken"])
        self.assertEqual(sorted(first["DeveloperUserIdentifierList"] + second["DeveloperUserIdentifierList"]), sorted([one, two]))
        self.assertNotIn("NextToken", second)

        opened = self.user(one)["Token"]
        unlink = {"IdentityId": guest, "IdentityPoolId": self.pool, "DeveloperProviderName": "login.acme.app", "DeveloperUserIdentifier": one}
        done = self.pools.unlink_developer_identity(**unlink)
        self.assertEqual({k for k in done if k != "ResponseMetadata"}, set())
        self.assertEqual(self.lookup(IdentityId=guest)["DeveloperUserIdentifierList"], [two])
        self.refused(400, "NotAuthorizedException", None, self.nobody.get_credentials_for_identity, IdentityId=guest, Logins={POOL_NAME: opened})
        self.assertNotIn(self.user(one)["IdentityId"], (guest, identity))
        self.refused(400, "ResourceNotFoundException", None, self.pools.unlink_developer_identity, **unlink)
        wrong = "This identity pool does not support the specified developer provider"
        self.refused(400, "InvalidParameterException", wrong, self.pools.unlink_developer_identity, **{**unlink, "DeveloperProviderName": "login.other"})
        self.refused(400, "InvalidParameterException", wrong, got, IdentityPoolId=self.pool, Logins={"login.other": "x"})

    def test_a_social_login_and_a_developers_are_one_person(self):
        user = name("user")
        amazon = {"www.amazon.com": login("www.amazon.com", "aiko@example.org")}
        identity = self.nobody.get_id(IdentityPoolId=self.pool, Logins=amazon)["IdentityId"]
        got = self.pools.get_open_id_token_for_developer_identity(IdentityPoolId=self.pool, IdentityId=identity, Logins={"login.acme.app": user, **amazon})
        self.assertEqual(got["IdentityId"], identity)
        self.assertEqual(self.user(user)["IdentityId"], identity)
        self.assertEqual(sorted(self.pools.describe_identity(IdentityId=identity)["Logins"]), ["login.acme.app", "www.amazon.com"])

    def test_who_may(self):
        allowed = client("cognito-identity", session({"Effect": "Allow", "Action": "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
                                                      "Resource": f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{self.pool}"}))
        asked = {"IdentityPoolId": self.pool, "Logins": {"login.acme.app": name("user")}}
        self.assertTrue(allowed.get_open_id_token_for_developer_identity(**asked)["Token"])
        self.refused(400, "AccessDeniedException", None, allowed.lookup_developer_identity, IdentityPoolId=self.pool, DeveloperUserIdentifier="x")
        self.refused(400, "AccessDeniedException", None, client("cognito-identity", session(None)).get_open_id_token_for_developer_identity, **asked)
        self.refused(400, "MissingAuthenticationTokenException", None, self.nobody.get_open_id_token_for_developer_identity, **asked)


del Tokens  # a base, not a test
