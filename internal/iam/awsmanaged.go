package iam

import (
	"embed"
	"fmt"
	"strings"
	"time"
)

// The documents of the AWS-managed policies we ship. Their statements follow
// AWS's, cut to the services Rockpool knows.
//
//go:embed awsmanaged/*.json
var awsManagedFiles embed.FS

// awsPolicy is a shipped policy: AWS's own unique id, name and description.
type awsPolicy struct{ id, name, created, description string }

// awsManaged lists the AWS-managed policies (spec/iam-sts.md 4.3). They are in
// every view, belong to the account "aws" and cannot be changed.
func awsManaged() ([]*ManagedPolicy, error) {
	table := []awsPolicy{
		{"ANPAIWMBCKSKIEE64ZLYK", "AdministratorAccess", "2015-02-06T18:39:46Z", "Provides full access to AWS services and resources."},
		{"ANPAJKW5H2HNCPGCYGR6Y", "AmazonCognitoPowerUser", "2015-03-24T17:14:56Z", "Provides administrative access to existing Amazon Cognito resources."},
		{"ANPAINUGF2JSOSUY76KYA", "AmazonDynamoDBFullAccess", "2015-02-06T18:40:11Z", "Provides full access to Amazon DynamoDB via the AWS Management Console."},
		{"ANPAIY2XFNA232XJ6J7X2", "AmazonDynamoDBReadOnlyAccess", "2015-02-06T18:40:12Z", "Provides read only access to Amazon DynamoDB via the AWS Management Console."},
		{"ANPAIFIR6V6BVTRAHWINE", "AmazonS3FullAccess", "2015-02-06T18:40:58Z", "Provides full access to all buckets via the AWS Management Console."},
		{"ANPAIZTJ4DXE7G6AGAE6M", "AmazonS3ReadOnlyAccess", "2015-02-06T18:40:59Z", "Provides read only access to all buckets via the AWS Management Console."},
		{"ANPAI7XKCFMBPM3QQRRVQ", "IAMFullAccess", "2015-02-06T18:40:38Z", "Provides full access to IAM via the AWS Management Console."},
		{"ANPAJKSO7NDY4T57MWDSQ", "IAMReadOnlyAccess", "2015-02-06T18:40:39Z", "Provides read only access to IAM via the AWS Management Console."},
		{"ANPAILL3HVNFSB6DCOWYQ", "ReadOnlyAccess", "2015-02-06T18:39:48Z", "Provides read-only access to AWS services and resources."},
	}
	out := make([]*ManagedPolicy, 0, len(table))
	for _, t := range table {
		text, err := awsManagedFiles.ReadFile("awsmanaged/" + t.name + ".json")
		if err != nil {
			return nil, fmt.Errorf("iam: AWS-managed policy: %w", err)
		}
		created, err := time.Parse(time.RFC3339, t.created)
		if err != nil {
			return nil, fmt.Errorf("iam: AWS-managed policy %s: %w", t.name, err)
		}
		out = append(out, &ManagedPolicy{
			Account: AWSAccount, ID: t.id, Name: t.name, Path: "/", Description: t.description,
			Created: created, Updated: created, Default: 1, Next: 2,
			Versions: []PolicyVersion{{Number: 1, Document: string(text), Created: created}},
		})
	}
	return out, nil
}

// AWSManaged returns the document of an AWS-managed policy that ships with the
// program.
func AWSManaged(arn string) (document string, ok bool) {
	name, ok := strings.CutPrefix(arn, "arn:aws:iam::"+AWSAccount+":policy/")
	if !ok || strings.ContainsAny(name, `/\`) {
		return "", false
	}
	text, err := awsManagedFiles.ReadFile("awsmanaged/" + name + ".json")
	return string(text), err == nil
}
