"""Identity pools beyond the workshop: every operation, as boto3 speaks it."""

import json
import re
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from env import ACCOUNT, CLIENT_ID, ENDPOINT, SOCIAL, TOKENS, USER_POOL, Case, bucket, client, login, name, pool_role, session, token

GOOGLE_NAME = "accounts.google.com"
GOOGLE_OIDC = "https://accounts.google.com"


def told(answer):
    """What an answer says, without what is about the answer."""
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"}


def raw(operation, body, **headers):
    """A hand-written request, as of scripts that use no SDK: status, headers, body."""
    request = urllib.request.Request(ENDPOINT + "/", method="POST", data=body if isinstance(body, bytes) else json.dumps(body).encode(), headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityService." + operation, **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()


class Pools(Case):
    """The life of a pool."""

    @classmethod
    def setUpClass(cls):
        cls.pools, cls.nobody = client("cognito-identity"), client("cognito-identity", None)

    def test_every_member_of_a_pool_comes_back_and_an_update_replaces_it(self):
        issuer = f"{name('issuer')}.example"
        oidc = client("iam").create_open_id_connect_provider(Url=f"https://{issuer}/a/path", ClientIDList=["app"], ThumbprintList=["0" * 40])["OpenIDConnectProviderArn"]
        saml = [f"arn:aws:iam::{ACCOUNT}:saml-provider/{n}" for n in ("zeta", "alpha")]
        whole = {
            "IdentityPoolName": "Every member = yes, +,.@-", "AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True,
            "SupportedLoginProviders": {GOOGLE_NAME: CLIENT_ID, **SOCIAL}, "DeveloperProviderName": "login.every",
            "OpenIdConnectProviderARNs": [oidc], "SamlProviderARNs": saml,
            "CognitoIdentityProviders": [
                {"ProviderName": USER_POOL, "ClientId": "webclient", "ServerSideTokenCheck": True},
                {"ProviderName": USER_POOL, "ClientId": "checkedclient"}],
            "IdentityPoolTags": {"team": "pictures", "empty": ""},
        }
        made = told(self.pools.create_identity_pool(**whole))
        pool = made.pop("IdentityPoolId")
        whole["CognitoIdentityProviders"][1]["ServerSideTokenCheck"] = False
        self.assertEqual(made, whole)
        described = told(self.pools.describe_identity_pool(IdentityPoolId=pool))
        self.assertEqual(described, {"IdentityPoolId": pool, **whole})

        # As Terraform updates: without the developer provider and the tags.
        less = {"IdentityPoolId": pool, "IdentityPoolName": "less", "AllowUnauthenticatedIdentities": False}
        updated = told(self.pools.update_identity_pool(**less, SupportedLoginProviders={}, OpenIdConnectProviderARNs=[], SamlProviderARNs=[],
                                                       CognitoIdentityProviders=[]))
        self.assertEqual(updated, {**less, "AllowClassicFlow": False, "DeveloperProviderName": "login.every", "IdentityPoolTags": whole["IdentityPoolTags"]})
        self.assertEqual(told(self.pools.describe_identity_pool(IdentityPoolId=pool)), updated)
        self.refused(400, "InvalidParameterException", "The developer provider name of an identity pool cannot be changed once it is set.",
                     self.pools.update_identity_pool, **less, DeveloperProviderName="login.other")

        self.pools.delete_identity_pool(IdentityPoolId=pool)
        self.refused(400, "ResourceNotFoundException", f"IdentityPool '{pool}' not found.", self.pools.delete_identity_pool, IdentityPoolId=pool)

    def test_identities_go_with_their_pool_and_sessions_stay(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="going", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
        made = bucket("going")
        role = pool_role(pool, "unauthenticated", allow={"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})
        self.pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
        identity = self.nobody.get_id(IdentityPoolId=pool)["IdentityId"]
        got = self.nobody.get_credentials_for_identity(IdentityId=identity)["Credentials"]
        self.pools.delete_identity_pool(IdentityPoolId=pool)
        gone = f"Identity '{identity}' not found."
        self.refused(400, "ResourceNotFoundException", gone, self.nobody.get_credentials_for_identity, IdentityId=identity)
        self.refused(400, "ResourceNotFoundException", gone, self.pools.describe_identity, IdentityId=identity)
        s3 = client("s3", (got["AccessKeyId"], got["SecretKey"], got["SessionToken"]))
        self.assertEqual(s3.list_objects_v2(Bucket=made)["KeyCount"], 0)

    def test_tags(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="tags", AllowUnauthenticatedIdentities=False)["IdentityPoolId"]
        arn = f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}"
        self.assertEqual(told(self.pools.list_tags_for_resource(ResourceArn=arn)).get("Tags", {}), {})
        self.assertEqual(told(self.pools.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": ""})), {})
        self.pools.tag_resource(ResourceArn=arn, Tags={"b": "2", "c": "3"})
        self.assertEqual(told(self.pools.untag_resource(ResourceArn=arn, TagKeys=["a", "absent"])), {})
        self.assertEqual(self.pools.list_tags_for_resource(ResourceArn=arn)["Tags"], {"b": "2", "c": "3"})
        self.assertEqual(self.pools.describe_identity_pool(IdentityPoolId=pool)["IdentityPoolTags"], {"b": "2", "c": "3"})
        self.refused(400, "InvalidParameterException", None, self.pools.tag_resource, ResourceArn=arn, Tags={"aws:x": "1"})
        allowed = session({"Effect": "Allow", "Action": "cognito-identity:DescribeIdentityPool", "Resource": "*",
                           "Condition": {"StringEquals": {"aws:ResourceTag/b": "2"}}})
        self.assertEqual(client("cognito-identity", allowed).describe_identity_pool(IdentityPoolId=pool)["IdentityPoolName"], "tags")
        self.pools.untag_resource(ResourceArn=arn, TagKeys=["b"])
        self.refused(400, "AccessDeniedException", re.compile(f"is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: {re.escape(arn)} because"),
                     client("cognito-identity", allowed).describe_identity_pool, IdentityPoolId=pool)

    def test_identities_are_listed_described_and_deleted(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="lists", AllowUnauthenticatedIdentities=True, SupportedLoginProviders={GOOGLE_NAME: CLIENT_ID})["IdentityPoolId"]
        guests = [self.nobody.get_id(IdentityPoolId=pool)["IdentityId"] for _ in range(3)]
        person = self.nobody.get_id(IdentityPoolId=pool, AccountId=ACCOUNT, Logins={GOOGLE_NAME: token()})["IdentityId"]
        seen, more = [], {}
        while True:
            page = self.pools.list_identities(IdentityPoolId=pool, MaxResults=2, **more)
            seen += page["Identities"]
            if "NextToken" not in page:
                break
            self.assertEqual(len(page["Identities"]), 2)
            more = {"NextToken": page["NextToken"]}
        self.assertEqual([i["IdentityId"] for i in seen], guests + [person])
        for found in seen:
            self.assertEqual(told(self.pools.describe_identity(IdentityId=found["IdentityId"])), found)
        self.assertEqual((seen[0].get("Logins", []), seen[-1]["Logins"]), ([], [GOOGLE_NAME]))
        self.refused(400, "InvalidParameterException", None, self.pools.list_identities, IdentityPoolId=pool, MaxResults=2, NextToken="nonsense")

        # A guest that turns out to be somebody is disabled, and hidden if asked.
        merged = self.nobody.get_id(IdentityPoolId=pool)["IdentityId"]
        role = pool_role(pool)
        self.pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
        got = self.nobody.get_credentials_for_identity(IdentityId=merged, Logins={GOOGLE_NAME: token()})
        self.assertEqual(got["IdentityId"], person)
        shown = lambda **more: [i["IdentityId"] for i in self.pools.list_identities(IdentityPoolId=pool, MaxResults=60, **more)["Identities"]]
        self.assertIn(merged, shown())
        self.assertIn(merged, shown(HideDisabled=False))
        self.assertNotIn(merged, shown(HideDisabled=True))
        self.refused(400, "NotAuthorizedException", f"Access to Identity '{merged}' is forbidden.", self.nobody.get_credentials_for_identity, IdentityId=merged)

        unknown = "us-east-1:00000000-0000-4000-8000-000000000000"
        self.assertEqual(told(self.pools.delete_identities(IdentityIdsToDelete=guests + [unknown])), {"UnprocessedIdentityIds": []})
        self.assertEqual(shown(HideDisabled=True), [person])
        allowed = session({"Effect": "Allow", "Action": "cognito-identity:DeleteIdentities", "Resource": "*", "Condition": {
            "StringEquals": {"cognito-identity:IdentityPoolArn": f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{pool}"}}})
        other = self.pools.create_identity_pool(IdentityPoolName="other", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
        strange = self.nobody.get_id(IdentityPoolId=other)["IdentityId"]
        got = client("cognito-identity", allowed).delete_identities(IdentityIdsToDelete=[person, strange])
        self.assertEqual(got["UnprocessedIdentityIds"], [{"IdentityId": strange, "ErrorCode": "AccessDenied"}])
        self.assertNotEqual(self.nobody.get_id(IdentityPoolId=pool, Logins={GOOGLE_NAME: token()})["IdentityId"], person)

    def test_who_signs_public_calls_is_served_all_the_same(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="signed", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
        for keys in (None, session(None), ("AKIANOBODYKNOWSTHIS0", "x" * 40, None)):
            body = json.dumps({"IdentityPoolId": pool, "Logins": {}}).encode()
            headers = {}
            if keys:
                request = AWSRequest("POST", ENDPOINT + "/", data=body, headers={
                    "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityService.GetId"})
                SigV4Auth(Credentials(*keys), "cognito-identity", "us-east-1").add_auth(request)
                headers = dict(request.headers)
            status, _, got = raw("GetId", body, **headers)
            self.assertEqual(status, 200, got)

    def test_what_clients_check_before_they_send(self):
        one = "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null"
        for operation, body, code, part in (
            ("GetId", {}, "ValidationException", one % "identityPoolId"),
            ("UnlinkIdentity", {"IdentityId": "us-east-1:0"}, "ValidationException", "2 validation errors detected: "),
            ("GetId", {"IdentityPoolId": "nonsense"}, "ValidationException", r"Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+"),
            ("GetCredentialsForIdentity", {"IdentityId": "us-east-1:0", "Logins": {"graph.facebook.com": ""}}, "ValidationException", "at 'logins' failed to satisfy constraint: Map value"),
            ("GetId", b"{", "SerializationException", ""),
            ("GetId", {"IdentityPoolId": 1}, "SerializationException", ""),
            ("NoSuch", {}, "UnknownOperationException", ""),
            ("ListIdentityPools", {"MaxResults": 1}, "MissingAuthenticationTokenException", ""),
        ):
            with self.subTest(f"{operation} {code}"):
                status, headers, got = raw(operation, body, Origin="http://site.example")
                said = json.loads(got)
                self.assertEqual((status, said["__type"], headers["x-amzn-ErrorType"]), (400, code, code + ":"))
                self.assertIn(part, said.get("message", said.get("Message", "")))
                self.assertEqual(headers["Content-Type"], "application/x-amz-json-1.1")
                self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
                self.assertIn("x-amzn-errortype", headers["Access-Control-Expose-Headers"].lower())
                self.assertRegex(headers["x-amzn-RequestId"], "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    def test_answers_without_an_output_are_empty(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="empty", AllowUnauthenticatedIdentities=False)["IdentityPoolId"]
        got = self.pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={})
        self.assertEqual((told(got), got["ResponseMetadata"]["HTTPHeaders"]["content-length"]), ({}, "0"))
        got = self.pools.delete_identity_pool(IdentityPoolId=pool)
        self.assertEqual((told(got), got["ResponseMetadata"]["HTTPHeaders"]["content-length"]), ({}, "0"))


class Providers(Case):
    """Every kind of login."""

    @classmethod
    def setUpClass(cls):
        cls.pools, cls.nobody = client("cognito-identity"), client("cognito-identity", None)
        cls.pool = cls.pools.create_identity_pool(
            IdentityPoolName="providers", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True,
            SupportedLoginProviders={GOOGLE_NAME: CLIENT_ID, **SOCIAL},
            CognitoIdentityProviders=[{"ProviderName": USER_POOL, "ClientId": "webclient"},
                                      {"ProviderName": USER_POOL, "ClientId": "checkedclient", "ServerSideTokenCheck": True}])["IdentityPoolId"]
        cls.role = pool_role(cls.pool)
        cls.pools.set_identity_pool_roles(IdentityPoolId=cls.pool, Roles={"authenticated": cls.role})

    def identity(self, logins):
        got = self.nobody.get_id(IdentityPoolId=self.pool, Logins=logins)["IdentityId"]
        credentials = self.nobody.get_credentials_for_identity(IdentityId=got, Logins=logins)
        self.assertEqual(credentials["IdentityId"], got)
        self.assertTrue(credentials["Credentials"]["AccessKeyId"].startswith("ASIA"))
        return got

    def test_the_same_person_is_the_same_identity_and_another_is_not(self):
        for provider in [*SOCIAL, USER_POOL]:
            with self.subTest(provider):
                first = self.identity({provider: login(provider)})
                self.assertEqual(self.identity({provider: login(provider)}), first)
                self.assertNotEqual(self.identity({provider: login(provider, "aiko@example.org")}), first)
                self.assertEqual(self.pools.describe_identity(IdentityId=first)["Logins"], [provider])
        facebook = "graph.facebook.com"
        self.assertEqual(self.identity({facebook: login(facebook, form="limited")}), self.identity({facebook: login(facebook)}))

    def test_tokens_that_are_not_for_this_pool(self):
        unsupported = "Token is not from a supported provider of this identity pool."
        invalid = "Invalid login token. "
        denied = invalid + "The login provider does not accept the token."
        for provider, sentence in (("graph.facebook.com", unsupported), ("www.amazon.com", unsupported), ("appleid.apple.com", invalid + "Incorrect token audience."),
                                   ("api.twitter.com", denied), (USER_POOL, unsupported)):
            with self.subTest(provider):
                self.refused(400, "NotAuthorizedException", sentence, self.nobody.get_id, IdentityPoolId=self.pool, Logins={provider: login(provider, client_id="other")})
        for what, provider, value, sentence in (
            ("an expired token", "appleid.apple.com", login("appleid.apple.com", lifetime="-60"), re.compile(r"^Invalid login token\. Token expired: \d{10} >= \d{10}$")),
            ("an expired access token", "graph.facebook.com", login("graph.facebook.com", lifetime="-60"), denied),
            ("no token at all", "www.amazon.com", "nonsense", denied),
            ("another provider's token", "appleid.apple.com", token(), invalid + "Issuer doesn't match providerName"),
            ("an opaque token where an ID token belongs", GOOGLE_NAME, login("graph.facebook.com"), invalid + "Not a valid OpenId Connect identity token."),
            ("an access token of a user pool", USER_POOL, login(USER_POOL, claims={"token_use": "access", "aud": None, "client_id": "webclient"}),
             invalid + "Missing a required claim: aud"),
            ("a provider nobody configured", "www.digits.com", "a;b", unsupported),
            ("a user pool nobody configured", USER_POOL.replace("us-east-1", "eu-west-1"), login(USER_POOL), unsupported),
        ):
            with self.subTest(what):
                self.refused(400, "NotAuthorizedException", sentence, self.nobody.get_id, IdentityPoolId=self.pool, Logins={provider: value})
        # One bad token fails the call, and makes nobody.
        before = len(self.pools.list_identities(IdentityPoolId=self.pool, MaxResults=60)["Identities"])
        self.refused(400, "NotAuthorizedException", None, self.nobody.get_id, IdentityPoolId=self.pool,
                     Logins={GOOGLE_NAME: token("aiko@example.org"), "appleid.apple.com": "x.y.z"})
        self.assertEqual(len(self.pools.list_identities(IdentityPoolId=self.pool, MaxResults=60)["Identities"]), before)

    def test_signed_out_everywhere(self):
        person = "tomas@example.com"
        checked, plain = login(USER_POOL, person, client_id="checkedclient"), login(USER_POOL, person)
        identity = self.identity({USER_POOL: checked})
        form = f"provider={USER_POOL}&person={person}".encode()
        with urllib.request.urlopen(TOKENS + "/signout", form, timeout=10):
            pass
        self.refused(400, "NotAuthorizedException", None, self.nobody.get_credentials_for_identity, IdentityId=identity, Logins={USER_POOL: checked})
        self.assertEqual(self.identity({USER_POOL: plain}), identity)

    def test_several_logins_become_one_and_are_taken_apart(self):
        facebook, amazon, person = "graph.facebook.com", "www.amazon.com", "aiko@example.org"
        pool = self.pools.create_identity_pool(IdentityPoolName="links", AllowUnauthenticatedIdentities=True, SupportedLoginProviders=SOCIAL)["IdentityPoolId"]
        self.pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": pool_role(pool)})
        get_id = lambda logins: self.nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        both = {facebook: login(facebook, person), amazon: login(amazon, person)}
        one = get_id(both)
        self.assertEqual({get_id({k: v}) for k, v in both.items()}, {one})
        self.assertEqual(sorted(self.pools.describe_identity(IdentityId=one)["Logins"]), sorted(both))

        # Apple's is somebody else so far; who proves both is one person.
        apple = {"appleid.apple.com": login("appleid.apple.com", person)}
        two = get_id(apple)
        self.assertNotEqual(two, one)
        self.refused(400, "NotAuthorizedException", "Logins don't match. Please include at least one valid login for this identity or identity pool.",
                     self.nobody.get_credentials_for_identity, IdentityId=one, Logins=apple)
        self.assertEqual(self.nobody.get_credentials_for_identity(IdentityId=one, Logins={**both, **apple})["IdentityId"], one)
        self.assertEqual(get_id(apple), one)
        # The same provider twice is a conflict.
        self.refused(400, "ResourceConflictException", "Login is already linked to another account.", self.nobody.get_credentials_for_identity,
                     IdentityId=one, Logins={facebook: both[facebook], amazon: login(amazon, "mira@example.com")})

        self.refused(400, "NotAuthorizedException", None, self.nobody.unlink_identity, IdentityId=one,
                     Logins={facebook: login(facebook, "mira@example.com")}, LoginsToRemove=[facebook])
        got = self.nobody.unlink_identity(IdentityId=one, Logins={facebook: both[facebook]}, LoginsToRemove=[amazon, "appleid.apple.com"])
        self.assertEqual(told(got), {})
        self.assertEqual(self.pools.describe_identity(IdentityId=one)["Logins"], [facebook])
        self.assertNotIn(get_id({amazon: both[amazon]}), (one, two))
        self.assertEqual(get_id({facebook: both[facebook]}), one)
        self.refused(400, "NotAuthorizedException", f"Access to Identity '{one}' is forbidden.", self.nobody.get_credentials_for_identity, IdentityId=one)


class Roles(Case):
    """Which role somebody gets."""

    @classmethod
    def setUpClass(cls):
        cls.pools, cls.nobody = client("cognito-identity"), client("cognito-identity", None)
        cls.pool = cls.pools.create_identity_pool(
            IdentityPoolName="roles", AllowUnauthenticatedIdentities=False, SupportedLoginProviders={GOOGLE_NAME: CLIENT_ID},
            CognitoIdentityProviders=[{"ProviderName": USER_POOL, "ClientId": "webclient"}])["IdentityPoolId"]
        cls.default, cls.one, cls.two = (pool_role(cls.pool) for _ in range(3))
        cls.key = USER_POOL + ":webclient"

    def map(self, **mapping):
        self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={"authenticated": self.default}, RoleMappings={self.key: mapping})

    def role(self, claims=None, **more):
        """The role that somebody with these claims gets."""
        logins = {USER_POOL: login(USER_POOL, claims=claims)}
        identity = self.nobody.get_id(IdentityPoolId=self.pool, Logins=logins)["IdentityId"]
        got = self.nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins, **more)["Credentials"]
        arn = client("sts", (got["AccessKeyId"], got["SecretKey"], got["SessionToken"])).get_caller_identity()["Arn"]
        role, session_name = arn.split("/")[1:]
        self.assertEqual(session_name, "CognitoIdentityCredentials")
        return role

    def gets(self, arn, claims=None, **more):
        self.assertEqual(self.role(claims, **more), arn.rpartition("/")[2], claims)

    def test_mappings_come_back_in_their_order(self):
        rules = [{"Claim": claim, "MatchType": match, "Value": value, "RoleARN": arn} for claim, match, value, arn in (
            ("z", "Equals", "1", self.two), ("cognito:groups", "Contains", "staff", self.one), ("a", "StartsWith", "x", self.two), ("custom:m", "NotEqual", "\u00e9", self.one))]
        mappings = {
            self.key: {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": rules}},
            GOOGLE_NAME: {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"},
        }
        self.assertEqual(told(self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={"authenticated": self.default}, RoleMappings=mappings)), {})
        self.assertEqual(told(self.pools.get_identity_pool_roles(IdentityPoolId=self.pool)),
                         {"IdentityPoolId": self.pool, "Roles": {"authenticated": self.default}, "RoleMappings": mappings})
        self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={})
        self.assertEqual(told(self.pools.get_identity_pool_roles(IdentityPoolId=self.pool)), {"IdentityPoolId": self.pool})

    def test_mappings_that_cannot_be(self):
        token_kind = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
        rule = {"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": self.one}
        rules = lambda n: {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule] * n}}
        invalid, validation = "InvalidParameterException", "ValidationException"
        for what, mappings, code, part in (
            ("a user pool without its client", {USER_POOL: token_kind}, invalid, f"({USER_POOL}) is not a valid RoleMapping ProviderName or is not a configured provider."),
            ("a key with a scheme", {GOOGLE_OIDC: token_kind}, invalid, f"({GOOGLE_OIDC}) is not a valid RoleMapping ProviderName or is not a configured provider."),
            ("a provider that is not configured", {"graph.facebook.com": token_kind}, invalid, "is not a configured provider"),
            ("no ambiguous resolution", {self.key: {"Type": "Token"}}, invalid, "AmbiguousRoleResolution"),
            ("rules that are missing", {self.key: {"Type": "Rules", "AmbiguousRoleResolution": "Deny"}}, invalid, "RulesConfiguration"),
            ("26 rules", {self.key: rules(26)}, invalid, "25"),
            ("another type", {self.key: {"Type": "Magic"}}, validation, "Member must satisfy enum value set: ["),
        ):
            with self.subTest(what):
                got = self.refused(400, code, None, self.pools.set_identity_pool_roles, IdentityPoolId=self.pool, Roles={}, RoleMappings=mappings)
                self.assertIn(part, got["Error"]["Message"])
        self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={}, RoleMappings={self.key: rules(25)})
        missing = f"arn:aws:iam::{ACCOUNT}:role/none"
        self.refused(400, "NotAuthorizedException", f"Access to Role '{missing}' is forbidden.", self.pools.set_identity_pool_roles,
                     IdentityPoolId=self.pool, Roles={}, RoleMappings={self.key: {**rules(1), "RulesConfiguration": {"Rules": [{**rule, "RoleARN": missing}]}}})
        keys = session({"Effect": "Allow", "Action": "cognito-identity:*", "Resource": "*"})
        self.refused(400, "NotAuthorizedException", f"Access to Role '{self.default}' is forbidden.",
                     client("cognito-identity", keys).set_identity_pool_roles, IdentityPoolId=self.pool, Roles={"authenticated": self.default})

    def test_the_token_says_the_role(self):
        self.map(Type="Token", AmbiguousRoleResolution="AuthenticatedRole")
        both = [self.one, self.two]
        self.gets(self.default)
        self.gets(self.one, {"cognito:roles": [self.one]})
        self.gets(self.two, {"cognito:roles": both, "cognito:preferred_role": self.two})
        self.gets(self.default, {"cognito:roles": both})
        self.gets(self.one, {"cognito:roles": both, "cognito:preferred_role": self.two}, CustomRoleArn=self.one)
        self.gets(self.one, {"cognito:roles": ",".join(both)}, CustomRoleArn=self.one)
        self.refused(400, "NotAuthorizedException", None, self.role, {"cognito:roles": [self.one]}, CustomRoleArn=self.two)
        self.map(Type="Token", AmbiguousRoleResolution="Deny")
        denied = f"The ambiguous role mapping rules for: {self.key} denied this request."
        self.refused(400, "NotAuthorizedException", denied, self.role)
        self.refused(400, "NotAuthorizedException", denied, self.role, {"cognito:roles": both})
        # A role that does not trust the pool.
        foreign = pool_role("us-east-1:00000000-0000-4000-8000-000000000000")
        self.refused(400, "InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
                     self.role, {"cognito:preferred_role": foreign, "cognito:roles": [foreign]})

    def test_rules_say_the_role(self):
        for match, value, matching, not_matching in (
            ("Equals", "staff", ["staff"], ["Staff", "staff2", None]),
            ("StartsWith", "sta", ["staff", "sta"], ["Staff", "a staff", None]),
            ("Contains", "taf", ["staff"], ["Sta", None]),
            ("NotEqual", "staff", ["guest"], ["staff", None]),
        ):
            self.map(Type="Rules", AmbiguousRoleResolution="AuthenticatedRole", RulesConfiguration={"Rules": [
                {"Claim": "custom:kind", "MatchType": match, "Value": value, "RoleARN": self.one}]})
            for wanted, claims in ((self.one, matching), (self.default, not_matching)):
                for claim in claims:
                    with self.subTest(f"{match} {value}: {claim}"):
                        self.gets(wanted, {"custom:kind": claim} if claim else None)
        self.map(Type="Rules", AmbiguousRoleResolution="Deny", RulesConfiguration={"Rules": [
            {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "admins", "RoleARN": self.one},
            {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "staff", "RoleARN": self.two},
            {"Claim": "email_verified", "MatchType": "Equals", "Value": "true", "RoleARN": self.default}]})
        self.gets(self.one, {"cognito:groups": ["staff", "admins"]})
        self.gets(self.two, {"cognito:groups": ["staff"]})
        self.gets(self.two, {"cognito:groups": ["staff", "admins"]}, CustomRoleArn=self.two)
        self.gets(self.default, {"cognito:groups": []})
        self.refused(400, "NotAuthorizedException", f"The ambiguous role mapping rules for: {self.key} denied this request.", self.role, {"email_verified": False})
        self.refused(400, "NotAuthorizedException", None, self.role, {"cognito:groups": ["staff"], "email_verified": False}, CustomRoleArn=self.one)

    def test_no_role_is_a_fault_of_the_pool(self):
        self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={})
        self.refused(400, "InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.", self.role)
        self.pools.set_identity_pool_roles(IdentityPoolId=self.pool, Roles={"authenticated": self.default})
        self.gets(self.default, CustomRoleArn=self.default)
        self.refused(400, "NotAuthorizedException", None, self.role, CustomRoleArn=self.one)

    def test_guests_cannot_do_more_than_guests_may(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="ceiling", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
        role = pool_role(pool, "unauthenticated", allow={"Effect": "Allow", "Action": "*", "Resource": "*"})
        self.pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
        got = self.nobody.get_credentials_for_identity(IdentityId=self.nobody.get_id(IdentityPoolId=pool)["IdentityId"])["Credentials"]
        keys = (got["AccessKeyId"], got["SecretKey"], got["SessionToken"])
        client("s3", keys).list_buckets()
        self.refused(403, "AccessDenied", re.compile("because no session policy allows the iam:ListRoles action$"), client("iam", keys).list_roles)
