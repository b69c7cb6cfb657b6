"""Rockpool's own service, called as any service of AWS's: boto3 has no model of it, botocore's signer suffices."""

import json
import unittest
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from env import ACCOUNT, ENDPOINT, REGION, ROOT, Case, bucket, client, session


def call(operation, keys=ROOT, **members):
    """Calls an operation of Rockpool's and gives status, headers and body."""
    request = AWSRequest("POST", ENDPOINT + "/", data=json.dumps(members), headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Rockpool." + operation})
    if keys:
        SigV4Auth(Credentials(*keys), "rockpool", REGION).add_auth(request)
    sent = urllib.request.Request(request.url, data=request.data.encode(), headers=dict(request.headers), method="POST")
    try:
        with urllib.request.urlopen(sent, timeout=20) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, json.load(refusal)


class Rockpool(Case):
    @classmethod
    def setUpClass(cls):
        cls.pictures, cls.staff = bucket("pictures"), bucket("staff")
        cls.keys = session({"Sid": "ReadPictures", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{cls.pictures}/*"})
        with cls().assertRaises(ClientError) as caught:
            client("s3", cls.keys).get_object(Bucket=cls.staff, Key="rota")
        cls.request = caught.exception.response["ResponseMetadata"]["RequestId"]

    def test_a_denial_explains_itself_to_the_administrator(self):
        status, headers, got = call("ExplainDecision", RequestId=self.request)
        self.assertEqual((status, headers["Content-Type"]), (200, "application/x-amz-json-1.1"), got)
        self.assertEqual(got["RequestId"], self.request)
        decision, = got["Decisions"]
        wanted, asked = [f"arn:aws:s3:::{self.pictures}/*"], f"arn:aws:s3:::{self.staff}/rota"
        self.assertEqual((decision["Action"], decision["Resource"], decision["Effect"], decision["DecidedBy"]),
                         ("s3:GetObject", asked, "implicitDeny", "identity-based policy"))
        self.assertEqual((decision["Principal"]["Type"], decision["Principal"]["Account"]), ("AssumedRole", ACCOUNT))
        miss, = decision["Layers"][0]["NearMisses"]
        self.assertEqual((miss["Statement"]["Sid"], miss["Statement"]["Policy"]), ("ReadPictures", "allow"))
        failed, = miss["Failed"]
        self.assertEqual((failed["Element"], failed["Wanted"], failed["Seen"]), ("Resource", wanted, [asked]))
        self.assertIn("ReadPictures", decision["Text"])
        self.assertEqual(json.loads(decision["Fix"]["Statement"])["Resource"], asked)

        decoded = client("sts").decode_authorization_message(EncodedMessage=decision["EncodedAuthorizationMessage"])
        self.assertFalse(json.loads(decoded["DecodedMessage"])["allowed"])

    def test_only_who_may_reads_it(self):
        resource = f"arn:aws:rockpool:{REGION}:{ACCOUNT}:decision/"
        for request in self.request, "0" * len(self.request):
            status, _, got = call("ExplainDecision", self.keys, RequestId=request)
            self.assertEqual((status, got["__type"]), (400, "AccessDeniedException"), got)
            self.assertIn("is not authorized to perform: rockpool:ExplainDecision on resource: " + resource + request, got["Message"])
        allowed = session({"Effect": "Allow", "Action": "rockpool:ExplainDecision", "Resource": resource + "*"})
        self.assertEqual(call("ExplainDecision", allowed, RequestId=self.request)[0], 200)

    def test_denials_are_listed(self):
        _, _, got = call("ListDecisions", Resource=f"arn:aws:s3:::{self.staff}/", Action="s3:Get")
        self.assertEqual([(d["RequestId"], d["Action"], d["Effect"]) for d in got["Decisions"]], [(self.request, "s3:GetObject", "implicitDeny")])
        self.assertEqual(call("ListDecisions", Resource=f"arn:aws:s3:::{self.pictures}/", Until=1)[2]["Decisions"], [])
        status, _, got = call("ListDecisions", self.keys)
        self.assertEqual((status, got["__type"]), (400, "AccessDeniedException"), got)
        self.assertIn(f"rockpool:ListDecisions on resource: arn:aws:rockpool:{REGION}:{ACCOUNT}:decision/*", got["Message"])

    def test_sessions_are_listed_until_they_are_ended(self):
        cognito, iam = client("cognito-identity"), client("iam")
        pool = cognito.create_identity_pool(IdentityPoolName="listed", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
        trust = {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool}}}}
        role = iam.create_role(RoleName="listed-" + pool[-12:], AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        cognito.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
        identity = cognito.get_id(IdentityPoolId=pool)["IdentityId"]
        key = cognito.get_credentials_for_identity(IdentityId=identity)["Credentials"]["AccessKeyId"]
        for by in {"IdentityId": identity}, {"IdentityPoolId": pool}, {"RoleArn": role}:
            with self.subTest(by):
                session, = call("ListSessions", **by)[2]["Sessions"]
                self.assertEqual((session["AccessKeyId"], session["IdentityId"], session["RoleArn"], session["Guest"], session["Ended"]),
                                 (key, identity, role, True, False))
        self.assertEqual(session["RevokeCommand"], "rockpool revoke --session " + key)
        self.assertEqual(call("RevokeSessions", AccessKeyId=key)[0], 200)
        session, = call("ListSessions", IdentityId=identity)[2]["Sessions"]
        self.assertEqual((session["Ended"], session["EndedBy"]["Kind"], session["EndedBy"]["AccessKeyId"]), (True, "session", key))

    def test_error_codes(self):
        for code, part, args, keys in (
            ("ResourceNotFoundException", "There is no record of request 0.", {"RequestId": "0"}, ROOT),
            ("ValidationException", "at 'requestId' failed to satisfy constraint: Member must not be null", {}, ROOT),
            ("ValidationException", "at 'requestId' failed to satisfy constraint", {"RequestId": "a/b"}, ROOT),
            ("MissingAuthenticationTokenException", "", {"RequestId": "0"}, None),
            ("UnrecognizedClientException", "The security token included in the request is invalid.", {"RequestId": "0"}, ("AKIAAAAAAAAAAAAAAAAA", "x" * 40)),
        ):
            with self.subTest(code):
                status, headers, got = call("ExplainDecision", keys, **args)
                self.assertEqual((status, got["__type"]), (400, code), got)
                self.assertIn(part, got.get("message", got.get("Message")))
                self.assertTrue(headers["x-amzn-RequestId"])
        self.assertEqual(call("NoSuchOperation")[2]["__type"], "UnknownOperationException")


if __name__ == "__main__":
    unittest.main()
