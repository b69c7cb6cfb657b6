"""IAM and STS as boto3 speaks them, with the order of calls that Terraform makes."""

import datetime
import json

from env import ACCOUNT, Case, account_trust, assumer, bucket, client, name, policy, session

READ = policy({"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})


class Roles(Case):
    @classmethod
    def setUpClass(cls):
        cls.iam = client("iam")

    def test_a_role_as_terraform_makes_reads_changes_and_deletes_it(self):
        role = name("role")
        made = self.iam.create_role(RoleName=role, Path="/team/", AssumeRolePolicyDocument=account_trust(), Description="d",
                                    MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "pictures"}])["Role"]
        self.members(made, "Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", also=["Description", "Tags"])
        self.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:role/team/{role}")
        self.assertRegex(made["RoleId"], "^AROA[A-Z2-7]{17}$")
        self.iam.get_waiter("role_exists").wait(RoleName=role, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        got = self.iam.get_role(RoleName=role)["Role"]
        self.members(got, "Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Tags", "RoleLastUsed")
        self.assertEqual((got["MaxSessionDuration"], got["Tags"], got["AssumeRolePolicyDocument"]),
                         (7200, [{"Key": "team", "Value": "pictures"}], json.loads(account_trust())))
        self.iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=READ)
        self.assertEqual(self.iam.list_role_policies(RoleName=role)["PolicyNames"], ["inline"])
        self.assertEqual(self.iam.get_role_policy(RoleName=role, PolicyName="inline")["PolicyDocument"], json.loads(READ))
        managed = self.iam.create_policy(PolicyName=name("policy"), PolicyDocument=READ, Description="")["Policy"]
        self.iam.attach_role_policy(RoleName=role, PolicyArn=managed["Arn"])
        self.assertEqual(self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"],
                         [{"PolicyName": managed["PolicyName"], "PolicyArn": managed["Arn"]}])
        self.assertEqual(self.iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"], [])
        self.iam.update_role(RoleName=role, MaxSessionDuration=3600)
        self.iam.update_assume_role_policy(RoleName=role, PolicyDocument=account_trust())
        self.iam.tag_role(RoleName=role, Tags=[{"Key": "more", "Value": ""}])
        self.iam.untag_role(RoleName=role, TagKeys=["team"])
        self.assertEqual(self.iam.list_role_tags(RoleName=role)["Tags"], [{"Key": "more", "Value": ""}])
        self.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=managed["Arn"])
        self.assertEqual(self.iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"], managed["Arn"])
        self.iam.delete_role_permissions_boundary(RoleName=role)
        self.refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first.", self.iam.delete_role, RoleName=role)
        self.iam.detach_role_policy(RoleName=role, PolicyArn=managed["Arn"])
        self.refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first.", self.iam.delete_role, RoleName=role)
        self.iam.delete_role_policy(RoleName=role, PolicyName="inline")
        self.iam.delete_role(RoleName=role)
        self.refused(404, "NoSuchEntity", f"The role with name {role} cannot be found.", self.iam.get_role, RoleName=role)
        with self.assertRaises(self.iam.exceptions.NoSuchEntityException):
            self.iam.get_role(RoleName=role)
        self.iam.delete_policy(PolicyArn=managed["Arn"])

    def test_documents_come_back_byte_for_byte(self):
        role = name("role")
        self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=account_trust())
        odd = policy({"Sid": "Odd", "Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/a+b %2B \u00e9 \U0001f41a/${aws:username}/*"]})
        self.iam.put_role_policy(RoleName=role, PolicyName="odd", PolicyDocument=odd)
        self.assertEqual(self.iam.get_role_policy(RoleName=role, PolicyName="odd")["PolicyDocument"], json.loads(odd))

    def test_policy_versions(self):
        arn = self.iam.create_policy(PolicyName=name("policy"), PolicyDocument=READ)["Policy"]["Arn"]
        for _ in range(4):
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ, SetAsDefault=True)
        self.refused(409, "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
                     self.iam.create_policy_version, PolicyArn=arn, PolicyDocument=READ)
        got = self.iam.list_policy_versions(PolicyArn=arn)["Versions"]
        self.assertEqual([(v["VersionId"], v["IsDefaultVersion"]) for v in got], [("v5", True), ("v4", False), ("v3", False), ("v2", False), ("v1", False)])
        self.assertEqual(self.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"], json.loads(READ))
        self.iam.get_waiter("policy_exists").wait(PolicyArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 2})

    def test_lists_are_paged(self):
        made = {name("page") for _ in range(5)}
        for role in made:
            self.iam.create_role(RoleName=role, Path="/paged/", AssumeRolePolicyDocument=account_trust())
        pages = list(self.iam.get_paginator("list_roles").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(p["Roles"]) for p in pages], [2, 2, 1])
        self.assertEqual({r["RoleName"] for p in pages for r in p["Roles"]}, made)
        self.assertEqual([p["IsTruncated"] for p in pages], [True, True, False])
        self.assertGreater(len(list(self.iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 2}))), 1)
        self.refused(400, "ValidationError", None, self.iam.list_roles, Marker="nonsense")

    def test_error_codes(self):
        self.refused(400, "MalformedPolicyDocument", None, self.iam.create_role, RoleName=name("bad"), AssumeRolePolicyDocument="{")
        role = name("twice")
        self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=account_trust())
        self.refused(409, "EntityAlreadyExists", f"Role with name {role} already exists.", self.iam.create_role, RoleName=role, AssumeRolePolicyDocument=account_trust())
        self.refused(400, "ValidationError", None, self.iam.create_role, RoleName="no spaces", AssumeRolePolicyDocument=account_trust())
        missing = f"arn:aws:iam::{ACCOUNT}:policy/none"
        self.refused(404, "NoSuchEntity", "Policy ARN was not found.".replace("ARN", missing), self.iam.get_policy, PolicyArn=missing)

    def test_users_and_keys(self):
        user = name("user")
        self.iam.create_user(UserName=user)
        self.iam.get_waiter("user_exists").wait(UserName=user, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        key = self.iam.create_access_key(UserName=user)["AccessKey"]
        self.members(key, "UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate")
        keys = (key["AccessKeyId"], key["SecretAccessKey"], None)
        self.assertEqual(client("sts", keys).get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/{user}")
        self.refused(403, "AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:user/{user} is not authorized to perform: s3:ListAllMyBuckets "
                     "because no identity-based policy allows the s3:ListAllMyBuckets action", client("s3", keys).list_buckets)
        self.iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")
        self.refused(403, "InvalidAccessKeyId", None, client("s3", keys).list_buckets)
        self.refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.", client("sts", keys).get_caller_identity)


class Groups(Case):
    @classmethod
    def setUpClass(cls):
        cls.iam = client("iam")

    def user(self):
        """Makes a user with a key: the name, and the key."""
        user = name("user")
        self.iam.create_user(UserName=user)
        key = self.iam.create_access_key(UserName=user)["AccessKey"]
        return user, (key["AccessKeyId"], key["SecretAccessKey"], None)

    def test_a_group_as_terraform_makes_reads_changes_and_deletes_it(self):
        group, users = name("group"), [self.user()[0], self.user()[0]]
        made = self.iam.create_group(GroupName=group, Path="/team/")["Group"]
        self.members(made, "Path", "GroupName", "GroupId", "Arn", "CreateDate")
        self.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:group/team/{group}")
        self.assertRegex(made["GroupId"], "^AGPA[A-Z2-7]{17}$")
        for user in users:
            self.iam.add_user_to_group(GroupName=group, UserName=user)
        got = self.iam.get_group(GroupName=group)
        self.members(got, "Group", "Users", "IsTruncated", also=["ResponseMetadata"])
        self.assertEqual((got["Group"], sorted(u["UserName"] for u in got["Users"])), (made, sorted(users)))
        self.members(got["Users"][0], "Path", "UserName", "UserId", "Arn", "CreateDate")
        pages = list(self.iam.get_paginator("get_group").paginate(GroupName=group, PaginationConfig={"PageSize": 1}))
        self.assertEqual([len(p["Users"]) for p in pages], [1, 1])
        self.assertEqual(self.iam.list_groups_for_user(UserName=users[0])["Groups"], [made])
        self.assertEqual(self.iam.list_groups(PathPrefix="/team/")["Groups"], [made])
        self.iam.put_group_policy(GroupName=group, PolicyName="inline", PolicyDocument=READ)
        self.assertEqual(self.iam.list_group_policies(GroupName=group)["PolicyNames"], ["inline"])
        self.assertEqual(self.iam.get_group_policy(GroupName=group, PolicyName="inline")["PolicyDocument"], json.loads(READ))
        managed = self.iam.create_policy(PolicyName=name("policy"), PolicyDocument=READ)["Policy"]["Arn"]
        self.iam.attach_group_policy(GroupName=group, PolicyArn=managed)
        self.assertEqual([p["PolicyArn"] for p in self.iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]], [managed])
        self.assertEqual(self.iam.list_entities_for_policy(PolicyArn=managed)["PolicyGroups"], [{"GroupName": group, "GroupId": made["GroupId"]}])
        self.assertEqual(self.iam.get_policy(PolicyArn=managed)["Policy"]["AttachmentCount"], 1)
        renamed = name("renamed")
        self.iam.update_group(GroupName=group, NewGroupName=renamed, NewPath="/")
        self.refused(404, "NoSuchEntity", f"The group with name {group} cannot be found.", self.iam.get_group, GroupName=group)
        self.assertEqual(self.iam.get_group(GroupName=renamed)["Group"]["GroupId"], made["GroupId"])
        for call, what in ((self.iam.delete_group, {"GroupName": renamed}), (self.iam.delete_policy, {"PolicyArn": managed})):
            self.refused(409, "DeleteConflict", None, call, **what)
        for user in users:
            self.iam.remove_user_from_group(GroupName=renamed, UserName=user)
        self.refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first.", self.iam.delete_group, GroupName=renamed)
        self.iam.detach_group_policy(GroupName=renamed, PolicyArn=managed)
        self.refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first.", self.iam.delete_group, GroupName=renamed)
        self.iam.delete_group_policy(GroupName=renamed, PolicyName="inline")
        self.iam.delete_group(GroupName=renamed)
        with self.assertRaises(self.iam.exceptions.NoSuchEntityException):
            self.iam.get_group(GroupName=renamed)

    def test_a_change_of_a_group_counts_at_once(self):
        user, keys = self.user()
        group, s3 = name("group"), client("s3", keys)
        self.iam.create_group(GroupName=group)
        self.iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}))
        self.refused(403, "AccessDenied", None, s3.list_buckets)
        self.iam.add_user_to_group(GroupName=group, UserName=user)
        s3.list_buckets()
        self.iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
        self.iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy({"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "*"}))
        answer = self.refused(403, "AccessDenied", None, s3.list_buckets)
        self.assertIn("with an explicit deny in an identity-based policy", answer["Error"]["Message"])
        simulated = self.iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{user}", ActionNames=["s3:ListAllMyBuckets"])["EvaluationResults"][0]
        self.assertEqual((simulated["EvalDecision"], [m["SourcePolicyId"] for m in simulated["MatchedStatements"]]),
                         ("explicitDeny", [f"group_{group}_p", f"user_{user}_own"]))
        alone = self.iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:group/{group}", ActionNames=["s3:GetObject"])["EvaluationResults"][0]
        self.assertEqual(alone["EvalDecision"], "implicitDeny")
        self.iam.remove_user_from_group(GroupName=group, UserName=user)
        s3.list_buckets()

    def test_quotas_and_conflicts(self):
        user, _ = self.user()
        groups = [name("group") for _ in range(11)]
        for group in groups:
            self.iam.create_group(GroupName=group)
        for group in groups[:10]:
            self.iam.add_user_to_group(GroupName=group, UserName=user)
        self.refused(409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10", self.iam.add_user_to_group, GroupName=groups[10], UserName=user)
        self.iam.add_user_to_group(GroupName=groups[0], UserName=user)  # it is in it
        self.iam.remove_user_from_group(GroupName=groups[10], UserName=user)  # it is not
        self.refused(409, "EntityAlreadyExists", f"Group with name {groups[0]} already exists.", self.iam.create_group, GroupName=groups[0])
        for key in self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            self.iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        self.refused(409, "DeleteConflict", "Cannot delete entity, must remove users from group first.", self.iam.delete_user, UserName=user)
        for group in self.iam.list_groups_for_user(UserName=user)["Groups"]:
            self.iam.remove_user_from_group(GroupName=group["GroupName"], UserName=user)
        self.iam.delete_user(UserName=user)
        summary = self.iam.get_account_summary()["SummaryMap"]
        self.assertGreaterEqual(summary["Groups"], 11)
        self.assertEqual((summary["GroupsQuota"], summary["GroupsPerUserQuota"], summary["GroupPolicySizeQuota"], summary["AttachedPoliciesPerGroupQuota"]),
                         (300, 10, 5120, 10))


class Account(Case):
    @classmethod
    def setUpClass(cls):
        cls.iam = client("iam")

    def test_an_instance_profile_as_terraform_makes_reads_and_deletes_it(self):
        profile, role, second = name("profile"), name("role"), name("role")
        for r in (role, second):
            self.iam.create_role(RoleName=r, AssumeRolePolicyDocument=account_trust())
        made = self.iam.create_instance_profile(InstanceProfileName=profile, Path="/web/", Tags=[{"Key": "team", "Value": "pictures"}])["InstanceProfile"]
        self.members(made, "Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate", "Roles", also=["Tags"])
        self.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:instance-profile/web/{profile}")
        self.assertRegex(made["InstanceProfileId"], "^AIPA[A-Z2-7]{17}$")
        self.iam.get_waiter("instance_profile_exists").wait(InstanceProfileName=profile, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        self.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
        self.refused(409, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
                     self.iam.add_role_to_instance_profile, InstanceProfileName=profile, RoleName=second)
        got = self.iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]
        self.assertEqual((got["Tags"], [r["RoleName"] for r in got["Roles"]]), ([{"Key": "team", "Value": "pictures"}], [role]))
        self.assertEqual(got["Roles"][0]["AssumeRolePolicyDocument"], json.loads(account_trust()))
        self.assertEqual([p["InstanceProfileName"] for p in self.iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"]], [profile])
        self.assertEqual([p["InstanceProfileName"] for p in self.iam.list_instance_profiles(PathPrefix="/web/")["InstanceProfiles"]], [profile])
        self.iam.tag_instance_profile(InstanceProfileName=profile, Tags=[{"Key": "more", "Value": ""}])
        self.iam.untag_instance_profile(InstanceProfileName=profile, TagKeys=["team"])
        self.assertEqual(self.iam.list_instance_profile_tags(InstanceProfileName=profile)["Tags"], [{"Key": "more", "Value": ""}])
        busy = "Cannot delete entity, must remove roles from instance profile first."
        self.refused(409, "DeleteConflict", busy, self.iam.delete_role, RoleName=role)
        self.refused(409, "DeleteConflict", busy, self.iam.delete_instance_profile, InstanceProfileName=profile)
        self.iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
        self.iam.delete_role(RoleName=role)
        self.iam.delete_instance_profile(InstanceProfileName=profile)
        self.refused(404, "NoSuchEntity", f"Instance Profile {profile} cannot be found.", self.iam.get_instance_profile, InstanceProfileName=profile)

    def test_the_alias_of_the_account(self):
        aliases = lambda: self.iam.list_account_aliases()["AccountAliases"]
        for alias in ("my-company", "my-company-2"):
            self.iam.create_account_alias(AccountAlias=alias)
            self.assertEqual(aliases(), [alias])
        self.refused(409, "EntityAlreadyExists", "The account alias my-company-2 already exists.", self.iam.create_account_alias, AccountAlias="my-company-2")
        self.refused(400, "ValidationError", None, self.iam.create_account_alias, AccountAlias="my--company")
        self.refused(404, "NoSuchEntity", None, self.iam.delete_account_alias, AccountAlias="my-company")
        self.iam.delete_account_alias(AccountAlias="my-company-2")
        self.assertEqual(aliases(), [])


class Sessions(Case):
    def test_members_and_arns(self):
        iam, role = client("iam"), name("role")
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=account_trust())["Role"]["Arn"]
        got = client("sts", assumer()).assume_role(RoleArn=arn, RoleSessionName="me", DurationSeconds=900)
        self.members(got, "Credentials", "AssumedRoleUser", also=["PackedPolicySize"])
        self.members(got["Credentials"], "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
        left = got["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(850 < left.total_seconds() <= 900, left)
        keys = tuple(got["Credentials"][n] for n in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        who = client("sts", keys).get_caller_identity()
        self.members(who, "UserId", "Account", "Arn")
        self.assertEqual((who["Account"], who["Arn"]), (ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/me"))
        self.assertEqual(who["UserId"], got["AssumedRoleUser"]["AssumedRoleId"])
        self.assertEqual(client("sts").get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:root")

    def test_a_session_policy_only_narrows(self):
        made = bucket("narrow")
        s3 = client("s3")
        for key in ("a", "b"):
            s3.put_object(Bucket=made, Key=key, Body=key.encode())
        narrow = policy({"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{made}/a"})
        keys = session({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, Policy=narrow)
        self.assertEqual(client("s3", keys).get_object(Bucket=made, Key="a")["Body"].read(), b"a")
        answer = self.refused(403, "AccessDenied", None, client("s3", keys).get_object, Bucket=made, Key="b")
        self.assertIn("because no session policy allows the s3:GetObject action", answer["Error"]["Message"])
        answer = self.refused(403, "AccessDenied", None, client("s3", keys).put_object, Bucket=made, Key="a", Body=b"")
        self.assertIn("because no identity-based policy allows the s3:PutObject action", answer["Error"]["Message"])

    def test_an_explicit_deny_says_so(self):
        made = bucket("deny")
        client("s3").put_bucket_policy(Bucket=made, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{made}/*"}]}))
        keys = session({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        answer = self.refused(403, "AccessDenied", None, client("s3", keys).get_object, Bucket=made, Key="k")
        self.assertIn("with an explicit deny in a resource-based policy", answer["Error"]["Message"])

    def test_session_tags_are_conditions(self):
        made = bucket("tags")
        client("s3").put_object(Bucket=made, Key="red/x", Body=b"red")
        iam, role = client("iam"), name("role")
        trust = json.loads(account_trust())
        trust["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{made}/${{aws:PrincipalTag/team}}/*"}))
        for team, works in (("red", True), ("blue", False)):
            got = client("sts", assumer()).assume_role(RoleArn=arn, RoleSessionName="tagged", Tags=[{"Key": "team", "Value": team}])["Credentials"]
            s3 = client("s3", (got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]))
            with self.subTest(team):
                if works:
                    self.assertEqual(s3.get_object(Bucket=made, Key="red/x")["Body"].read(), b"red")
                else:
                    self.refused(403, "AccessDenied", None, s3.get_object, Bucket=made, Key="red/x")

    def test_error_codes(self):
        sts = client("sts", assumer())
        self.refused(403, "AccessDenied", None, sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="me")
        self.refused(400, "InvalidIdentityToken", None, client("sts", None).assume_role_with_web_identity,
                     RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="me", WebIdentityToken="not a token")
        lost = client("sts", (assumer()[0], "x" * 40, None))
        self.refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS "
                     "Secret Access Key and signing method. Consult the service documentation for details.", lost.get_caller_identity)
        nobody = client("sts", None)
        self.refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token", nobody.get_caller_identity)
