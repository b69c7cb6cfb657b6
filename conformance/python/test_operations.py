"""Every operation of every service, as botocore knows them (gateways.md 6.1).

The requests are made from the service models, so an operation that a newer SDK
brings is tried without anybody having listed it. What must hold for each:
it is answered, in the form the SDK reads, with success, a refusal that says
what is wrong, or a clear "not implemented", and never by 500 or silence; and
nobody without permission gets anything but a refusal out of it.
"""

import datetime

from botocore import xform_name
from botocore.exceptions import ClientError

import env
from env import ACCOUNT, Case, bucket, client, name, session

# What a service says about an operation it does not have.
ABSENT = {"NotImplemented", "InvalidAction", "UnknownOperationException", "UnsupportedOperationException", "MethodNotAllowed"}
REFUSED = {"AccessDenied", "AccessDeniedException"}

# Operations that need no permission: who am I, and what the login itself proves.
OPEN = {
    "sts": {"GetCallerIdentity", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetSessionToken"},
    "iam": set(),
    "cognito-identity": {"GetId", "GetCredentialsForIdentity", "GetOpenIdToken", "UnlinkIdentity"},
    "s3": set(),
}
# Values that a model's own rules do not lead to.
KNOWN = {
    "ChecksumAlgorithm": "SHA256", "PolicyDocument": '{"Version":"2012-10-17","Statement":[]}', "AssumeRolePolicyDocument": env.account_trust(),
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/none", "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/none",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/none.example", "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/none",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/none", "Arn": f"arn:aws:iam::{ACCOUNT}:role/none", "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/none",
    "Url": "https://issuer.example", "SAMLMetadataDocument": "x" * 1000, "SAMLAssertion": "x" * 8, "WebIdentityToken": "x" * 8, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA",
    "IdentityPoolId": "us-east-1:00000000-0000-4000-8000-000000000000", "IdentityId": "us-east-1:00000000-0000-4000-8000-000000000001",
    "ResourceArn": f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/us-east-1:00000000-0000-4000-8000-000000000000",
    "AWSServiceName": "elasticbeanstalk.amazonaws.com", "AccountAlias": "an-alias", "VersionId": "v1", "Path": "/",
    "CopySource": "none-such/key", "PartNumber": 1, "Policy": "{}", "TargetPrincipal": f"arn:aws:iam::{ACCOUNT}:root", "ContentMD5": None,
    "IdentityIdsToDelete": ["us-east-1:00000000-0000-4000-8000-000000000001"], "Roles": {"authenticated": f"arn:aws:iam::{ACCOUNT}:role/none"},
    "UserName": "nobody", "AuthenticationCode1": "123456", "AuthenticationCode2": "123456", "EntityPath": "o-a1b2c3d4e5/r-f6g7h8i9j0",
}


def value(shape, member, given):
    """The least value of a shape."""
    if member in given:
        return given[member]
    kind = shape.type_name
    if kind == "structure":
        # A required member may be the shape itself again; none of ours is.
        names = shape.required_members or ([] if shape.name in EMPTY else list(shape.members)[:1])
        return {n: value(shape.members[n], n, given) for n in names}
    if kind == "list":
        return [value(shape.member, "", given)]
    if kind == "map":
        return {"key": value(shape.value, "", given)}
    if kind == "boolean":
        return False
    if kind in ("integer", "long"):
        return max(1, int(shape.metadata.get("min", 1)))
    if kind in ("float", "double"):
        return 1.0
    if kind == "timestamp":
        return datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    if kind == "blob":
        return b"x"
    if shape.enum:
        return shape.enum[0]
    return "x" * max(1, int(shape.metadata.get("min", 1)))


EMPTY = {"CreateBucketConfiguration"}


def parameters(operation, given):
    shape = operation.input_shape
    if shape is None:
        return {}
    made = {n: value(shape.members[n], n, given) for n in shape.required_members}
    # Without a name these mean the caller, who is not a user.
    if "UserName" in shape.members:
        made["UserName"] = given.get("UserName")
    # Bodies that the model calls optional and the operation cannot do without.
    payload = shape.serialization.get("payload")
    if payload and payload not in made and shape.members[payload].type_name == "structure" and payload not in EMPTY:
        made[payload] = value(shape.members[payload], payload, given)
    return {n: v for n, v in made.items() if v is not None}


def patient(service, keys):
    """A client that sends what the model says, to the address it was given."""
    made = client(service, keys)
    made.meta.config.inject_host_prefix = False
    return made


class Operations(Case):
    def answer(self, made, operation, given):
        """The status and code with which an operation is answered."""
        try:
            got = getattr(made, xform_name(operation))(**parameters(made.meta.service_model.operation_model(operation), given))
            return got["ResponseMetadata"]["HTTPStatusCode"], ""
        except ClientError as e:
            response = e.response
            headers = response["ResponseMetadata"].get("HTTPHeaders", {})
            self.assertTrue(any(h in headers for h in ("x-amz-request-id", "x-amzn-requestid")), (operation, response))
            return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]

    def try_all(self, service, keys, check, given):
        made = patient(service, keys)
        seen = {}
        for operation in made.meta.service_model.operation_names:
            with self.subTest(operation):
                status, code = self.answer(made, operation, given(operation))
                seen[operation] = (status, code)
                check(operation, status, code)
        return seen

    def answered(self, operation, status, code):
        self.assertTrue(status < 500 or status == 501 and code == "NotImplemented", f"{operation}: {status} {code}")
        if status >= 400:
            self.assertTrue(code, f"{operation}: {status} without a code")
            # HEAD has no body; botocore shows the status where no code could be read.
            self.assertTrue(not code.isdigit() or operation.startswith("Head"), f"{operation}: {status} in a form botocore cannot read")

    def test_every_s3_operation_is_answered(self):
        def given(operation):
            made = bucket("op")
            client("s3").put_object(Bucket=made, Key="key", Body=b"x")
            return {**KNOWN, "Bucket": made, "Key": "key", "CopySource": f"{made}/key", "UploadId": "none"}
        seen = self.try_all("s3", env.ROOT, self.answered, given)
        built = sorted(o for o, (_, code) in seen.items() if code not in ABSENT)
        self.assertGreater(len(built), 40, built)
        print(f"{len(built)} of {len(seen)} S3 operations are built; not built: {', '.join(sorted(set(seen) - set(built)))}", flush=True)

    def test_no_s3_operation_is_for_those_without_permission(self):
        made = bucket("closed")
        client("s3").put_object(Bucket=made, Key="key", Body=b"x")
        given = {**KNOWN, "Bucket": made, "Key": "key", "CopySource": f"{made}/key", "UploadId": "none"}

        def check(operation, status, code):
            # A batch is refused key by key, inside an answer of 200.
            if operation == "DeleteObjects":
                return
            # Not of this service: the path is no bucket's, the signature is for s3express.
            if (operation, code) in (("WriteGetObjectResponse", "InvalidBucketName"), ("ListDirectoryBuckets", "AuthorizationHeaderMalformed")):
                return
            self.assertTrue((status, code) in ((403, "AccessDenied"), (403, "403")) or code in ABSENT, f"{operation}: {status} {code}")
        for who, keys in (("a role without a policy", session(None)), ("nobody", None)):
            with self.subTest(who):
                self.try_all("s3", keys, check, lambda operation: {**given, "Bucket": name("new")} if operation == "CreateBucket" else given)
        self.assertEqual(client("s3").get_object(Bucket=made, Key="key")["Body"].read(), b"x")

    def test_every_other_operation_is_answered_or_refused(self):
        keys = session(None)
        for service in ("iam", "cognito-identity", "sts"):
            seen = self.try_all(service, env.ROOT, self.answered, lambda operation: KNOWN)
            absent = sorted(o for o, (_, code) in seen.items() if code in ABSENT)
            print(f"{len(seen) - len(absent)} of {len(seen)} {service} operations are built", flush=True)
            self.try_all(service, keys, lambda operation, status, code: operation in OPEN[service] or self.assertTrue(
                code in REFUSED | ABSENT, f"{service} {operation}: {status} {code}"), lambda operation: KNOWN)
