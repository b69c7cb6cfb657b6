"""What every test of the boto3 suite uses.

conformance/run gives the server's address and the root key in the environment.
Nothing but boto3 and the standard library is used, so that Debian's packages
are all the suite needs.
"""

import functools
import json
import os
import re
import unittest
import urllib.parse
import urllib.request
import uuid

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["ROCKPOOL_ENDPOINT"]
GOOGLE = os.environ["ROCKPOOL_GOOGLE"]
CLIENT_ID = os.environ["ROCKPOOL_CLIENT_ID"]
PERSON = os.environ["ROCKPOOL_PERSON"]
ACCOUNT = os.environ["ROCKPOOL_ACCOUNT"]
TOKENS = os.environ["ROCKPOOL_TOKENS"]
USER_POOL = os.environ["ROCKPOOL_USER_POOL"]
# Logins key -> what a pool is configured with.
SOCIAL = {
    "graph.facebook.com": os.environ["ROCKPOOL_FACEBOOK_APP"], "www.amazon.com": os.environ["ROCKPOOL_AMAZON_CLIENT"],
    "appleid.apple.com": os.environ["ROCKPOOL_APPLE_CLIENT"], "api.twitter.com": os.environ["ROCKPOOL_TWITTER_CONSUMER"],
}
ROOT = (os.environ["ROCKPOOL_ROOT_KEY"], os.environ["ROCKPOOL_ROOT_SECRET"], None)
REGION = "us-east-1"

# Nothing a test does should take longer; a hang must fail, not stall the run.
CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 0}, s3={"addressing_style": "path"},
                signature_version="s3v4")


# Making a client costs more than most calls.
@functools.lru_cache(maxsize=None)
def client(service, keys=ROOT, region=REGION):
    """A client of a service for (key id, secret, token), or for nobody."""
    config, found = CONFIG, {}
    if service != "s3":
        config = config.merge(Config(signature_version="v4"))
    if keys is None:
        config = config.merge(Config(signature_version=UNSIGNED))
    else:
        found = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), keys))
    return boto3.session.Session().client(service, region_name=region, endpoint_url=ENDPOINT, config=config, **found)


def token(person=PERSON, client_id=CLIENT_ID):
    """A login token of the pretend Google."""
    form = urllib.parse.urlencode({"client_id": client_id, "person": person}).encode()
    with urllib.request.urlopen(GOOGLE + "/pretend/token", form, timeout=10) as answer:
        return json.load(answer)["id_token"]


def login(provider, person=PERSON, client_id=None, claims=None, **more):
    """A login token of one of the other pretend providers."""
    if client_id is None:
        client_id = "webclient" if provider == USER_POOL else SOCIAL[provider].partition(";")[0]
    if claims:
        more["claims"] = json.dumps(claims)
    form = urllib.parse.urlencode({"provider": provider, "person": person, "client": client_id, **more}).encode()
    with urllib.request.urlopen(TOKENS + "/token", form, timeout=10) as answer:
        return json.load(answer)["token"]


def name(prefix):
    """A name no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def pool_trust(pool, amr="authenticated", tags=False):
    return policy({
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] if tags else "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr},
        },
    })


def pool_role(pool, amr="authenticated", tags=False, allow=None):
    """A new role for people of a pool, with one statement or none: its ARN."""
    role = name("role")
    iam = client("iam")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=pool_trust(pool, amr, tags))["Role"]["Arn"]
    if allow:
        iam.put_role_policy(RoleName=role, PolicyName="allow", PolicyDocument=policy(allow))
    return arn


def account_trust():
    return policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"})


def session(allow, **more):
    """Temporary keys of a new role that has one statement, or none."""
    role = name("role")
    iam = client("iam")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=account_trust())["Role"]["Arn"]
    if allow:
        iam.put_role_policy(RoleName=role, PolicyName="allow", PolicyDocument=policy(allow))
    got = client("sts", assumer()).assume_role(RoleArn=arn, RoleSessionName="test", **more)["Credentials"]
    return got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]


@functools.lru_cache(maxsize=None)
def assumer():
    """Keys of a user who may assume roles: the account root may not."""
    user = name("assumer")
    iam = client("iam")
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="assume", PolicyDocument=policy({"Effect": "Allow", "Action": "sts:*", "Resource": "*"}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"], None


def bucket(prefix="bucket"):
    made = name(prefix)
    client("s3").create_bucket(Bucket=made)
    return made


def not_built(*operations):
    """Skips a test when the server says, in so many words, that it does not have one of these operations yet.

    Any other operation that is answered so fails the test.
    """
    def wrap(test):
        @functools.wraps(test)
        def run(self):
            try:
                test(self)
            except ClientError as e:
                if e.response["Error"]["Code"] in ("NotImplemented", "UnsupportedOperationException", "InvalidAction") and e.operation_name in operations:
                    self.skipTest(e.response["Error"]["Message"])
                raise
        return run
    return wrap


class Case(unittest.TestCase):
    maxDiff = None

    def refused(self, status, code, message, call, *args, **kwargs):
        """The call fails with this HTTP status, code and message.

        A message of None is not looked at; a compiled pattern has to match.
        """
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        answer = caught.exception.response
        self.assertEqual((answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]), (status, code), answer)
        if isinstance(message, re.Pattern):
            self.assertRegex(answer["Error"]["Message"], message)
        elif message is not None:
            self.assertEqual(answer["Error"]["Message"], message)
        return answer

    def members(self, got, *names, also=()):
        """The answer has exactly these members, none empty-handed; those in also may be absent."""
        found = {n for n in got if n != "ResponseMetadata"}
        self.assertEqual(found - set(also), set(names), got)
