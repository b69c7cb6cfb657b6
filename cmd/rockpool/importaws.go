package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/transfer"
)

// importAWSCmd reads a pool of Amazon Cognito and imports it.
type importAWSCmd struct {
	Pool        string     `required:"" placeholder:"ID" help:"Identity pool to read."`
	Endpoint    string     `placeholder:"URL" help:"Address of Cognito and IAM; AWS's own for the region of the pool unless said."`
	IAMEndpoint string     `name:"iam-endpoint" placeholder:"URL" help:"Address of IAM, when it is another."`
	Profile     string     `placeholder:"NAME" help:"Profile of the AWS credentials file to read with; otherwise the variables of the environment."`
	Save        string     `placeholder:"FILE" help:"File to read the pool into; otherwise one named after the pool, in this folder."`
	OnlyRead    bool       `name:"only-read" help:"Make the file and import nothing."`
	SkipGuests  bool       `name:"skip-guests" help:"Leave out identities that never signed in."`
	Role        []string   `placeholder:"ARN" sep:"none" help:"Role to read beside those that the pool names; repeat for more."`
	To          connection `embed:"" prefix:"to-"`
	importing
}

// Help is the long help of the command.
func (*importAWSCmd) Help() string {
	return `Reads with ordinary credentials: DescribeIdentityPool, GetIdentityPoolRoles,
GetPrincipalTagAttributeMap, ListIdentities, DescribeIdentity, LookupDeveloperIdentity, and of IAM the
roles that the pool names. Rate limits are waited for. An interrupted run goes on when the same command
runs again. The flags --to-... say which server to import into; they are those of the other commands.

AWS never tells the subject of a login, so nobody can say whose an identity with a Google, Facebook,
Amazon, Apple, X, OIDC, SAML or user pool login is. An id is no secret and proves nothing, so such an
identity is not given to the first who asks for it: it is left out, unless --logins says whose it is.
The table comes from the database of the app that used the pool. Developer identities and guests are
complete; disabled identities are left out.`
}

var poolID = regexp.MustCompile(`^([a-z]{2}(?:-[a-z]+)+-[0-9]+):[0-9a-f-]{36}$`)

// Run reads the pool into a file, if it is not there from an earlier run, and
// imports the file.
func (c *importAWSCmd) Run(e *env) error {
	parts := poolID.FindStringSubmatch(c.Pool)
	if parts == nil {
		return &usageError{fmt.Errorf("pool: %q is not of the form eu-west-1:UUID", c.Pool)}
	}
	region := parts[1]
	file := c.Save
	if file == "" {
		file = strings.ReplaceAll(c.Pool, ":", "_") + ".jsonl.gz"
	}
	if !c.OnlyRead {
		if err := c.checkTarget(e, region); err != nil {
			return err
		}
	}
	if err := c.read(e, region, file); err != nil {
		return err
	}
	if c.OnlyRead {
		return nil
	}
	return c.importing.run(e, &c.To, file)
}

// checkTarget finds out whether the pool can be imported at all, before hours are
// spent on reading it.
func (c *importAWSCmd) checkTarget(e *env, region string) error {
	cl, found, err := c.To.dial()
	if err != nil {
		return err
	}
	if err := cl.Query(e.ctx, "sts", "2011-06-15", "GetCallerIdentity", nil, nil); err != nil {
		return plainly(err, found)
	}
	if cl.Region() != region {
		return fmt.Errorf("the pool's ids begin with %s, and the server at %s has the region %s: start one with ROCKPOOL_REGION=%s", region, cl.Endpoint(), cl.Region(), region)
	}
	return nil
}

func (c *importAWSCmd) read(e *env, region, file string) error {
	if _, err := os.Lstat(file); err == nil {
		h, _, err := transfer.Check(file)
		if err != nil {
			return fmt.Errorf("%s is there already: %w", file, err)
		}
		if h.Pool.IdentityPoolId != c.Pool {
			return fmt.Errorf("%s is there already, and is of the pool %s", file, visible(h.Pool.IdentityPoolId))
		}
		fmt.Fprintf(e.stderr, "%s was read earlier; reading nothing\n", file)
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found, err := client.Find(client.Places{Profile: c.Profile})
	if err != nil {
		return err
	}
	cognito, iamClient, err := c.clients(found, region)
	if err != nil {
		return &usageError{err}
	}
	source := &transfer.AWS{Client: cognito, Pace: e.pace(), PoolID: c.Pool, SkipGuests: c.SkipGuests, Further: c.Role}
	if !c.NoRoles {
		source.IAM = &transfer.IAM{Client: iamClient, Pace: source.Pace}
	}
	end, err := e.collect(&transfer.Collector{Source: source, Path: file, PoolID: c.Pool, Restart: c.Restart})
	if err != nil {
		return e.transferProblem(err, found)
	}
	_, err = fmt.Fprintf(e.stdout, "Read %s into %s: %s.\n", visible(c.Pool), file, count(end.Identities, "identity", "identities"))
	return err
}

// clients are those of Cognito and of IAM. In AWS's standard partition IAM has one
// address, whose signatures are for us-east-1.
func (c *importAWSCmd) clients(found client.Credentials, region string) (cognito, iamClient *client.Client, err error) {
	address, iamAddress, iamRegion := c.Endpoint, c.IAMEndpoint, region
	if address == "" {
		if strings.HasPrefix(region, "cn-") || strings.HasPrefix(region, "us-gov-") {
			return nil, nil, fmt.Errorf("give --endpoint and --iam-endpoint for the region %s", region)
		}
		address = "https://cognito-identity." + region + ".amazonaws.com"
		if iamAddress == "" {
			iamAddress, iamRegion = "https://iam.amazonaws.com", "us-east-1"
		}
	}
	if iamAddress == "" {
		iamAddress = address
	}
	cfg := client.Config{Endpoint: address, Region: region, Credentials: found, UserAgent: "rockpool/" + version}
	if cognito, err = client.New(cfg); err != nil {
		return nil, nil, err
	}
	cfg.Endpoint, cfg.Region = iamAddress, iamRegion
	iamClient, err = client.New(cfg)
	return cognito, iamClient, err
}
