"""The workshop with boto3: from a Google token to a private bucket."""

import datetime
import json
import re
import urllib.error
import urllib.request

from env import ACCOUNT, CLIENT_ID, Case, bucket, client, name, policy, pool_trust, token

GOOGLE_NAME = "accounts.google.com"


class Story(Case):
    @classmethod
    def setUpClass(cls):
        cls.bucket, cls.other = bucket("private"), bucket("other")
        s3 = client("s3")
        s3.put_object(Bucket=cls.bucket, Key="sea/urchin.jpg", Body=b"a picture", ContentType="image/jpeg")
        s3.put_object(Bucket=cls.other, Key="secret", Body=b"secret")
        pools, iam = client("cognito-identity"), client("iam")
        cls.created = pools.create_identity_pool(
            IdentityPoolName="boto3 story", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True,
            SupportedLoginProviders={GOOGLE_NAME: CLIENT_ID}, DeveloperProviderName="login.example",
            IdentityPoolTags={"team": "pictures"})
        cls.pool = cls.created["IdentityPoolId"]
        cls.role = name("Cognito-IDPool-Role")
        cls.arn = iam.create_role(RoleName=cls.role, AssumeRolePolicyDocument=pool_trust(cls.pool))["Role"]["Arn"]
        iam.put_role_policy(RoleName=cls.role, PolicyName="ReadPrivateBucket", PolicyDocument=policy({
            "Sid": "ReadPrivateBucket", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{cls.bucket}", f"arn:aws:s3:::{cls.bucket}/*"]}))
        guest = iam.create_role(RoleName=name("guest"), AssumeRolePolicyDocument=pool_trust(cls.pool, "unauthenticated"))["Role"]["Arn"]
        pools.set_identity_pool_roles(IdentityPoolId=cls.pool, Roles={"authenticated": cls.arn, "unauthenticated": guest})
        cls.guest_role = guest
        cls.nobody = client("cognito-identity", None)

    def sign_in(self, login=None):
        logins = {GOOGLE_NAME: login or token()}
        identity = self.nobody.get_id(IdentityPoolId=self.pool, Logins=logins)["IdentityId"]
        got = self.nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
        return identity, (got["AccessKeyId"], got["SecretKey"], got["SessionToken"])

    def test_a_person_reads_the_private_bucket_and_nothing_else(self):
        _, keys = self.sign_in()
        s3 = client("s3", keys)
        listing = s3.list_objects_v2(Bucket=self.bucket)
        self.assertEqual([o["Key"] for o in listing["Contents"]], ["sea/urchin.jpg"])
        got = s3.get_object(Bucket=self.bucket, Key="sea/urchin.jpg")
        self.assertEqual((got["Body"].read(), got["ContentType"]), (b"a picture", "image/jpeg"))
        who = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/CognitoIdentityCredentials is not authorized to perform: "
        self.refused(403, "AccessDenied", who + f's3:GetObject on resource: "arn:aws:s3:::{self.other}/secret" '
                     "because no identity-based policy allows the s3:GetObject action", s3.get_object, Bucket=self.other, Key="secret")
        self.refused(403, "AccessDenied", who + f's3:PutObject on resource: "arn:aws:s3:::{self.bucket}/x" '
                     "because no identity-based policy allows the s3:PutObject action", s3.put_object, Bucket=self.bucket, Key="x", Body=b"x")
        self.refused(403, "403", "Forbidden", s3.head_object, Bucket=self.other, Key="secret")
        self.refused(404, "404", "Not Found", s3.head_object, Bucket=self.bucket, Key="none")
        self.refused(404, "NoSuchKey", "The specified key does not exist.", s3.get_object, Bucket=self.bucket, Key="none")

    def test_the_same_person_is_the_same_identity(self):
        self.assertEqual(self.sign_in()[0], self.sign_in()[0])

    def test_a_presigned_url_of_a_session_shows_a_picture_and_can_be_spoilt(self):
        _, keys = self.sign_in()
        url = client("s3", keys).generate_presigned_url("get_object", {"Bucket": self.bucket, "Key": "sea/urchin.jpg"}, ExpiresIn=60)
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertEqual(answer.read(), b"a picture")
        for spoilt in (url.replace("urchin", "urchim"), url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), url + "&versionId=null"):
            with self.subTest(spoilt[-60:]):
                with self.assertRaises(urllib.error.HTTPError) as caught:
                    urllib.request.urlopen(spoilt, timeout=10)
                with caught.exception as answer:
                    self.assertEqual(answer.code, 403)
                    self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", answer.read())

    def test_a_guest_upgrades_and_keeps_the_identity(self):
        guest = self.nobody.get_id(IdentityPoolId=self.pool)["IdentityId"]
        got = self.nobody.get_credentials_for_identity(IdentityId=guest)
        self.assertEqual(got["IdentityId"], guest)
        keys = tuple(got["Credentials"][n] for n in ("AccessKeyId", "SecretKey", "SessionToken"))
        self.refused(403, "AccessDenied", None, client("s3", keys).list_objects_v2, Bucket=self.bucket)
        self.assertIn("guest", client("sts", keys).get_caller_identity()["Arn"])

    def test_members_of_every_answer(self):
        identity, _ = self.sign_in()
        pools, logins = client("cognito-identity"), {GOOGLE_NAME: token()}
        self.members(self.created, "IdentityPoolId", "IdentityPoolName", "AllowUnauthenticatedIdentities", "AllowClassicFlow",
                     "SupportedLoginProviders", "DeveloperProviderName", "IdentityPoolTags")
        again = pools.describe_identity_pool(IdentityPoolId=self.pool)
        self.assertEqual({k: v for k, v in again.items() if k != "ResponseMetadata"},
                         {k: v for k, v in self.created.items() if k != "ResponseMetadata"})
        got = self.nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)
        self.members(got, "IdentityId", "Credentials")
        self.members(got["Credentials"], "AccessKeyId", "SecretKey", "SessionToken", "Expiration")
        left = got["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(3500 < left.total_seconds() <= 3600, left)
        about = pools.describe_identity(IdentityId=identity)
        self.members(about, "IdentityId", "Logins", "CreationDate", "LastModifiedDate")
        self.assertEqual(about["Logins"], [GOOGLE_NAME])
        self.members(pools.get_identity_pool_roles(IdentityPoolId=self.pool), "IdentityPoolId", "Roles", also=["RoleMappings"])
        listed = pools.list_identities(IdentityPoolId=self.pool, MaxResults=60)
        self.members(listed, "IdentityPoolId", "Identities", also=["NextToken"])
        self.assertIn(identity, [i["IdentityId"] for i in listed["Identities"]])
        self.assertEqual(pools.list_tags_for_resource(ResourceArn=f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{self.pool}")["Tags"],
                         {"team": "pictures"})

    def test_the_classic_flow(self):
        identity, _ = self.sign_in()
        got = self.nobody.get_open_id_token(IdentityId=identity, Logins={GOOGLE_NAME: token()})
        self.members(got, "IdentityId", "Token")
        opened = got["Token"]
        got = client("sts", None).assume_role_with_web_identity(RoleArn=self.arn, RoleSessionName="classic", WebIdentityToken=opened)
        self.members(got, "Credentials", "SubjectFromWebIdentityToken", "AssumedRoleUser", "Provider", "Audience", also=["PackedPolicySize"])
        self.assertEqual((got["Audience"], got["SubjectFromWebIdentityToken"]), (self.pool, identity))
        self.assertEqual(got["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role}/classic")
        keys = tuple(got["Credentials"][n] for n in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        self.assertEqual(client("s3", keys).list_objects_v2(Bucket=self.bucket)["KeyCount"], 1)

    def test_developer_identities(self):
        pools = client("cognito-identity")
        got = pools.get_open_id_token_for_developer_identity(IdentityPoolId=self.pool, Logins={"login.example": "person-7"})
        self.members(got, "IdentityId", "Token")
        found = pools.lookup_developer_identity(IdentityPoolId=self.pool, DeveloperUserIdentifier="person-7")
        self.assertEqual((found["IdentityId"], found["DeveloperUserIdentifierList"]), (got["IdentityId"], ["person-7"]))
        keys = self.nobody.get_credentials_for_identity(
            IdentityId=got["IdentityId"], Logins={"cognito-identity.amazonaws.com": got["Token"]})["Credentials"]
        self.assertTrue(keys["AccessKeyId"].startswith("ASIA"))

    def test_pools_are_paged(self):
        pools = client("cognito-identity")
        for i in range(3):
            pools.create_identity_pool(IdentityPoolName=f"page {i}", AllowUnauthenticatedIdentities=False)
        pages = list(pools.get_paginator("list_identity_pools").paginate(PaginationConfig={"PageSize": 2}))
        self.assertGreater(len(pages), 1)
        names = [p["IdentityPoolName"] for page in pages for p in page["IdentityPools"]]
        self.assertEqual(len(names), len([p["IdentityPoolId"] for page in pages for p in page["IdentityPools"]]))
        self.assertTrue({"page 0", "page 1", "page 2", "boto3 story"} <= set(names), names)

    def test_error_codes(self):
        pools = client("cognito-identity")
        missing = "us-east-1:00000000-0000-4000-8000-000000000000"
        self.refused(400, "ResourceNotFoundException", f"IdentityPool '{missing}' not found.", pools.describe_identity_pool, IdentityPoolId=missing)
        self.refused(400, "ResourceNotFoundException", f"IdentityPool '{missing}' not found.", self.nobody.get_id, IdentityPoolId=missing)
        self.refused(400, "ResourceNotFoundException", f"Identity '{missing}' not found.", self.nobody.get_credentials_for_identity, IdentityId=missing)
        with self.assertRaises(self.nobody.exceptions.NotAuthorizedException):
            self.nobody.get_id(IdentityPoolId=self.pool, Logins={GOOGLE_NAME: "no token"})
        self.refused(400, "ValidationException", re.compile("^1 validation error detected: Value 'bad#name' at 'identityPoolName' failed to satisfy"),
                     pools.create_identity_pool, IdentityPoolName="bad#name", AllowUnauthenticatedIdentities=False)
        self.refused(400, "MissingAuthenticationTokenException", None, self.nobody.list_identity_pools, MaxResults=1)
        wrong = client("cognito-identity", ("AKIAAAAAAAAAAAAAAAAA", "x" * 40, None))
        self.refused(400, "UnrecognizedClientException", "The security token included in the request is invalid.", wrong.list_identity_pools, MaxResults=1)

    def test_browsers_may_call_the_unsigned_operations(self):
        request = urllib.request.Request(client("cognito-identity").meta.endpoint_url + "/", method="OPTIONS", headers={
            "Origin": "http://site.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-amz-target,x-amz-user-agent"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
            self.assertIn("x-amz-target", answer.headers["Access-Control-Allow-Headers"].lower())
        request = urllib.request.Request(client("cognito-identity").meta.endpoint_url + "/", method="POST", data=json.dumps({"IdentityPoolId": "nonsense"}).encode(), headers={
            "Origin": "http://site.example", "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityService.GetId"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        with caught.exception as answer:
            self.assertEqual((answer.code, answer.headers["Access-Control-Allow-Origin"]), (400, "*"))
