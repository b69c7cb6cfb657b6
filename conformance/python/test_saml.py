"""SAML: providers in IAM, AssumeRoleWithSAML, and logins of identity pools."""

import base64
import hashlib
import unittest

from env import ACCOUNT, Case, client, login, name, policy, pool_trust

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
ADDRESS = "https://signin.aws.amazon.com/saml"
ISSUER = "https://idp.example.com/saml"


def metadata():
    return login("saml-metadata", client_id="")


def response(person="_ada", recipient=ADDRESS, attributes=None, **more):
    return login("saml", person=person, client_id=recipient, claims=attributes or {}, **more)


class SAML(Case):
    @classmethod
    def setUpClass(cls):
        cls.iam, cls.sts, cls.pools = client("iam"), client("sts", None), client("cognito-identity")
        cls.name = name("Corp")
        cls.document = metadata()
        cls.provider = cls.iam.create_saml_provider(Name=cls.name, SAMLMetadataDocument=cls.document, Tags=[{"Key": "team", "Value": "red"}])["SAMLProviderArn"]
        cls.trust = policy({
            "Effect": "Allow", "Principal": {"Federated": cls.provider}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": {"StringEquals": {"saml:aud": ADDRESS}},
        })
        cls.role_name = name("saml")
        cls.role = cls.iam.create_role(RoleName=cls.role_name, AssumeRolePolicyDocument=cls.trust)["Role"]["Arn"]

    def attributes(self, **more):
        return {ATTRIBUTES + "Role": [f"{self.role},{self.provider}"], ATTRIBUTES + "RoleSessionName": ["ada@corp.example"], **more}

    def assume(self, assertion, **more):
        return self.sts.assume_role_with_saml(RoleArn=self.role, PrincipalArn=self.provider, SAMLAssertion=assertion, **more)

    def test_a_provider_as_terraform_makes_reads_changes_and_deletes_it(self):
        self.assertEqual(self.provider, f"arn:aws:iam::{ACCOUNT}:saml-provider/{self.name}")
        got = self.iam.get_saml_provider(SAMLProviderArn=self.provider)
        self.assertEqual(got["SAMLMetadataDocument"], self.document)
        self.assertEqual(got["Tags"], [{"Key": "team", "Value": "red"}])
        # Debian's botocore is older than this member.
        self.assertRegex(got.get("SAMLProviderUUID", "SAMLSP0000000000000000"), "^[A-Z0-9]{22}$")
        self.assertEqual(got["ValidUntil"].year, got["CreateDate"].year + 100)
        self.assertIn(self.provider, [p["Arn"] for p in self.iam.list_saml_providers()["SAMLProviderList"]])
        arn = self.iam.create_saml_provider(Name=name("other"), SAMLMetadataDocument=self.document)["SAMLProviderArn"]
        changed = self.document + "<!-- changed -->\n"
        self.assertEqual(self.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=changed)["SAMLProviderArn"], arn)
        self.assertEqual(self.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"], changed)
        self.iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(self.iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"], [{"Key": "a", "Value": "b"}])
        self.iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["a"])
        self.assertEqual(self.iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"], [])
        self.iam.delete_saml_provider(SAMLProviderArn=arn)
        self.refused(404, "NoSuchEntity", None, self.iam.get_saml_provider, SAMLProviderArn=arn)

    def test_providers_that_cannot_be(self):
        self.refused(400, "InvalidInput", "Could not parse metadata", self.iam.create_saml_provider, Name=name("x"), SAMLMetadataDocument="x" * 1000)
        self.refused(409, "EntityAlreadyExists", None, self.iam.create_saml_provider, Name=self.name.upper(), SAMLMetadataDocument=self.document)

    def test_an_assertion_is_a_session(self):
        got = self.assume(response(attributes=self.attributes(**{ATTRIBUTES + "SourceIdentity": ["ada"], ATTRIBUTES + "PrincipalTag:team": ["red"]})), DurationSeconds=900)
        self.assertEqual((got["Subject"], got["SubjectType"], got["Issuer"], got["Audience"], got["SourceIdentity"]), ("_ada", "persistent", ISSUER, ADDRESS, "ada"))
        qualifier = hashlib.sha1(f"{ISSUER}{ACCOUNT}/{self.name}".encode()).digest()
        self.assertEqual(got["NameQualifier"], base64.b64encode(qualifier).decode())
        keys = got["Credentials"]
        who = client("sts", (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])).get_caller_identity()
        self.assertEqual(who["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role_name}/ada@corp.example")
        self.assertEqual(who["Arn"], got["AssumedRoleUser"]["Arn"])

    def test_assertions_that_are_refused(self):
        good = response(attributes=self.attributes())
        forged = base64.b64encode(base64.b64decode(good).replace(b">_ada<", b">_eve<")).decode()
        self.refused(400, "InvalidIdentityToken", "Response signature invalid", self.assume, forged)
        self.refused(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", self.assume, response(attributes=self.attributes(**{ATTRIBUTES + "Role": [f"{self.role}2,{self.provider}"]})))
        self.refused(400, "InvalidIdentityToken", None, self.assume, response(attributes={ATTRIBUTES + "Role": [f"{self.role},{self.provider}"]}))
        self.refused(400, "InvalidIdentityToken", None, self.assume, response(recipient="https://wiki.example.com", attributes=self.attributes()))
        self.refused(400, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance", self.assume, response(attributes=self.attributes(), lifetime=-1))

    def test_a_pool_signs_in_with_assertions(self):
        pool = self.pools.create_identity_pool(IdentityPoolName="saml", AllowUnauthenticatedIdentities=False, SamlProviderARNs=[self.provider])["IdentityPoolId"]
        role = self.iam.create_role(RoleName=name("pool"), AssumeRolePolicyDocument=pool_trust(pool))["Role"]["Arn"]
        nobody = client("cognito-identity", None)
        logins = {self.provider: response(attributes={ATTRIBUTES + "Role": [f"{role},{self.provider}"]})}
        identity = nobody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        self.assertEqual(nobody.get_id(IdentityPoolId=pool, Logins={self.provider: response()})["IdentityId"], identity)
        keys = nobody.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
        who = client("sts", (keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])).get_caller_identity()
        self.assertEqual(who["Arn"].split("/")[1:], [role.split("/")[1], "CognitoIdentityCredentials"])
        self.refused(400, "NotAuthorizedException", None, nobody.get_id, IdentityPoolId=pool, Logins={self.provider: response(lifetime=-1)})


if __name__ == "__main__":
    unittest.main()
