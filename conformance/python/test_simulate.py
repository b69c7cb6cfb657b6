"""IAM's policy simulator as boto3 speaks it: every input, every member of the answers, pages."""

from env import ACCOUNT, Case, account_trust, client, name, policy

OTHER = "444455556666"
READ = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"})
ALL = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


def entry(key, kind, *values):
    return {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": list(values)}


class Simulator(Case):
    @classmethod
    def setUpClass(cls):
        cls.iam = client("iam")

    def custom(self, policies, actions, resources=None, **more):
        if resources:
            more["ResourceArns"] = resources
        return self.iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=actions, **more)

    def test_on_all_resources(self):
        got = self.custom([READ, ALL], ["s3:GetObject"])
        self.members(got, "EvaluationResults", "IsTruncated")
        self.assertEqual(got["IsTruncated"], False)
        self.assertEqual(got["EvaluationResults"], [{
            "EvalActionName": "s3:GetObject", "EvalResourceName": "*", "EvalDecision": "allowed", "MissingContextValues": [],
            "MatchedStatements": [{
                "SourcePolicyId": "PolicyInputList.2", "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 41}, "EndPosition": {"Line": 1, "Column": len(ALL) - 1},
            }],
        }])

    def test_on_resources_of_which_one_is_denied(self):
        got = self.custom([READ, policy({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret"})], ["s3:GetObject"],
                          ["arn:aws:s3:::b/k", "arn:aws:s3:::b/secret"])["EvaluationResults"]
        self.assertEqual(len(got), 1)
        self.assertEqual((got[0]["EvalDecision"], got[0]["EvalDecisionDetails"]), ("explicitDeny", {}))
        self.assertEqual([(r["EvalResourceName"], r["EvalResourceDecision"]) for r in got[0]["ResourceSpecificResults"]],
                         [("arn:aws:s3:::b/k", "allowed"), ("arn:aws:s3:::b/secret", "explicitDeny")])
        self.assertEqual([m["SourcePolicyId"] for m in got[0]["ResourceSpecificResults"][1]["MatchedStatements"]], ["PolicyInputList.2", "PolicyInputList.1"])

    def test_across_accounts(self):
        bucket = policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/joe"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"})
        got = self.custom([ALL], ["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::b/k"], ResourcePolicy=bucket,
                          ResourceOwner=f"arn:aws:iam::{ACCOUNT}:root", CallerArn=f"arn:aws:iam::{OTHER}:user/joe")["EvaluationResults"]
        self.assertEqual([(r["EvalDecision"], r["EvalDecisionDetails"]) for r in got], [
            ("allowed", {"IAM Policy": "allowed", "Resource Policy": "allowed"}),
            ("implicitDeny", {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}),
        ])
        self.assertEqual(got[0]["MatchedStatements"][1]["SourcePolicyId"], "ResourcePolicy")
        self.assertEqual(got[0]["MatchedStatements"][1]["SourcePolicyType"], "Resource Policy")

    def test_within_a_boundary(self):
        got = self.custom([ALL], ["s3:GetObject", "iam:CreateUser"], ["arn:aws:s3:::b/k"], PermissionsBoundaryPolicyInputList=[READ])["EvaluationResults"]
        self.assertEqual([(r["EvalDecision"], r["PermissionsBoundaryDecisionDetail"]) for r in got],
                         [("allowed", {"AllowedByPermissionsBoundary": True}), ("implicitDeny", {"AllowedByPermissionsBoundary": False})])

    def test_context_entries_of_every_type(self):
        conditions = {
            "StringEquals": {"key:string": "v"}, "ForAnyValue:StringEquals": {"key:strings": "w"},
            "NumericLessThan": {"key:number": "10"}, "ForAllValues:NumericLessThan": {"key:numbers": "10"},
            "Bool": {"key:bool": "true"}, "ForAnyValue:Bool": {"key:bools": "true"},
            "IpAddress": {"key:ip": "10.0.0.0/8"}, "ForAllValues:IpAddress": {"key:ips": "10.0.0.0/8"},
            "BinaryEquals": {"key:binary": "aGk="}, "ForAnyValue:BinaryEquals": {"key:binaries": "aGk="},
            "DateGreaterThan": {"key:date": "2026-01-01T00:00:00Z"}, "ForAllValues:DateGreaterThan": {"key:dates": "2026-01-01T00:00:00Z"},
        }
        document = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": conditions})
        entries = [
            entry("key:string", "string", "v"), entry("key:strings", "stringList", "v", "w"), entry("key:number", "numeric", "9.5"),
            entry("key:numbers", "numericList", "1", "2"), entry("key:bool", "boolean", "true"), entry("key:bools", "booleanList", "false", "true"),
            entry("key:ip", "ip", "10.1.2.3"), entry("key:ips", "ipList", "10.1.2.3", "10.0.0.1"), entry("key:binary", "binary", "aGk="),
            entry("key:binaries", "binaryList", "aG8=", "aGk="), entry("key:date", "date", "2026-01-02T00:00:00Z"),
            entry("key:dates", "dateList", "2026-01-02T00:00:00Z", "2026-02-01T00:00:00Z"),
        ]
        got = self.custom([document], ["s3:GetObject"], ContextEntries=entries)["EvaluationResults"][0]
        self.assertEqual((got["EvalDecision"], got["MissingContextValues"]), ("allowed", []))
        names = [e["ContextKeyName"] for e in entries]
        self.assertEqual(sorted(self.iam.get_context_keys_for_custom_policy(PolicyInputList=[document])["ContextKeyNames"]), sorted(names))
        for left_out in names:
            got = self.custom([document], ["s3:GetObject"], ContextEntries=[e for e in entries if e["ContextKeyName"] != left_out])["EvaluationResults"][0]
            self.assertEqual(got["MissingContextValues"], [left_out])
        self.refused(400, "InvalidInput", 'Invalid Context Entry: key:number: "nine" is not of type numeric.', self.custom, [document], ["s3:GetObject"],
                     ContextEntries=[entry("key:number", "numeric", "nine")])

    def test_a_role_with_policies_tags_and_a_boundary(self):
        role = name("role")
        managed = self.iam.create_policy(PolicyName=name("policy"), PolicyDocument=ALL)["Policy"]
        arn = self.iam.create_role(RoleName=role, Path="/team/", AssumeRolePolicyDocument=account_trust(), Tags=[{"Key": "team", "Value": "blue"}],
                                   PermissionsBoundary=managed["Arn"])["Role"]["Arn"]
        self.iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*"}))
        got = self.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::blue/k"])["EvaluationResults"][0]
        self.assertEqual((got["EvalDecision"], [(m["SourcePolicyId"], m["SourcePolicyType"]) for m in got["MatchedStatements"]]),
                         ("allowed", [(f"role_{role}_own", "IAM Policy"), (managed["PolicyName"], "Permissions Boundary Policy")]))
        got = self.iam.get_context_keys_for_principal_policy(PolicySourceArn=arn, PolicyInputList=[policy(
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": "true"}}})])
        self.assertEqual(got["ContextKeyNames"], ["aws:PrincipalTag/team", "aws:TagKeys"])
        bucket = policy({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"})
        self.refused(400, "InvalidInput", "Invalid caller - Caller cannot be null or empty.", self.iam.simulate_principal_policy,
                     PolicySourceArn=arn, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/k"], ResourcePolicy=bucket)
        got = self.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/k"], ResourcePolicy=bucket,
                                                 CallerArn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s")["EvaluationResults"][0]
        self.assertEqual(got["EvalDecision"], "allowed")

    def test_pages(self):
        actions = [f"s3:Action{n}" for n in range(5)]
        pages = list(self.iam.get_paginator("simulate_custom_policy").paginate(PolicyInputList=[READ], ActionNames=actions, PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(p["EvaluationResults"]) for p in pages], [2, 2, 1])
        self.assertEqual([r["EvalActionName"] for p in pages for r in p["EvaluationResults"]], actions)
        self.refused(400, "ValidationError", "Invalid Marker.", self.custom, [ALL], actions, MaxItems=2, Marker=pages[0]["Marker"])

    def test_refusals(self):
        group = f"arn:aws:iam::{ACCOUNT}:group/none"
        self.refused(404, "NoSuchEntity", "The group with name none cannot be found.", self.iam.simulate_principal_policy,
                     PolicySourceArn=group, ActionNames=["s3:GetObject"])
        self.refused(400, "InvalidInput", f"Invalid Policy Source Arn: caller's account {ACCOUNT} does not have access to policies in account {OTHER}",
                     self.iam.simulate_principal_policy, PolicySourceArn=f"arn:aws:iam::{OTHER}:role/r", ActionNames=["s3:GetObject"])
        with self.assertRaises(self.iam.exceptions.InvalidInputException):
            self.custom(["{}"], ["s3:GetObject"])
        with self.assertRaises(self.iam.exceptions.NoSuchEntityException):
            self.iam.get_context_keys_for_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/none")
