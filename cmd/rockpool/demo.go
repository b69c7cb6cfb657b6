package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/template"

	"github.com/rockpool-id/rockpool/internal/client"
	"github.com/rockpool-id/rockpool/internal/config"
	"github.com/rockpool-id/rockpool/internal/demo"
)

type demoCmd struct {
	config.Config
	SiteListen   string `name:"site-listen" env:"ROCKPOOL_SITE_LISTEN" default:"127.0.0.1:8462" placeholder:"ADDR" help:"Address of the demo website."`
	GoogleListen string `name:"google-listen" env:"ROCKPOOL_GOOGLE_LISTEN" default:"127.0.0.1:8463" placeholder:"ADDR" help:"Address of the pretend Google and the other pretend providers."`
	Verbose      bool   `name:"verbose" help:"Show the server's log; otherwise only warnings and errors."`
}

// Run runs the demo until an interrupt.
func (c *demoCmd) Run(e *env) (err error) {
	if len(c.Providers) > 0 {
		return &usageError{errors.New("provider: the demo brings its own; use serve to override providers")}
	}
	temporary := false
	if c.Data == "" {
		folder, mkErr := os.MkdirTemp("", "rockpool-demo-")
		if mkErr != nil {
			return fmt.Errorf("temporary data folder: %w", mkErr)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		c.Data, temporary = folder, true
	}
	if err := c.Check(); err != nil {
		return &usageError{err}
	}
	level := c.LogLevel
	if !c.Verbose && level == "info" {
		level = "error"
	}
	d, err := demo.Start(e.ctx, demo.Config{
		Server: c.Config, SiteListen: c.SiteListen, GoogleListen: c.GoogleListen, Temporary: temporary,
		Program: programName(), Announce: announcement(), Version: version, Log: newLogger(e.stderr, c.LogFormat, level),
	})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, d.Close())
		if err == nil {
			_, err = fmt.Fprintln(e.stdout, "Stopped.")
		}
	}()
	if err := welcome(e.stdout, d); err != nil {
		return err
	}
	return d.Wait(e.ctx)
}

// programName is how to call this program again from the same folder.
func programName() string {
	if name := os.Args[0]; name != "" {
		return name
	}
	return "rockpool"
}

// announcement is the file that tells the command line of the demo, "" when there
// is no place for one.
func announcement() string {
	path, err := client.DemoPath()
	if err != nil {
		return ""
	}
	return path
}

// welcomeText is what the demo prints once the story can be told: addresses,
// credentials and commands.
const welcomeText = `
Rockpool demo

  Website          {{.Site}}{{if not .Built}}   (not built: run "make demo"){{end}}
  API endpoint     {{.API}}
  Pretend Google   {{.Google}}

  Identity pool    {{.PoolID}}
  Private bucket   {{.PrivateBucket}}
  Account root     AWS_ACCESS_KEY_ID={{.RootKeyID}} AWS_SECRET_ACCESS_KEY={{.RootSecret}}

Open the website and press "Sign in with Google", or choose one of the nine other ways to sign in.
Or, in a terminal:

  1. See the pool as its administrator
     AWS_ACCESS_KEY_ID={{.RootKeyID}} AWS_SECRET_ACCESS_KEY={{.RootSecret}} AWS_DEFAULT_REGION={{.Region}} \
       aws --endpoint-url {{.API}} cognito-identity describe-identity-pool --identity-pool-id {{.PoolID}}

{{if .Denied}}  2. Read why {{.Person}} was refused a picture a moment ago. On the website every refusal has this command
     {{.Explain}} {{.Denied}}

{{end}}  3. Sign in as {{index .People 0}} and take her temporary credentials
     TOKEN=$(curl -s -d client_id={{.ClientID}} -d person={{index .People 0}} {{.Google}}/pretend/token | sed 's/.*"id_token": *"\([^"]*\)".*/\1/')
     ID=$(aws --endpoint-url {{.API}} --region {{.Region}} cognito-identity get-id --identity-pool-id {{.PoolID}} --logins accounts.google.com=$TOKEN --query IdentityId --output text)
     read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<< "$(aws --endpoint-url {{.API}} --region {{.Region}} cognito-identity get-credentials-for-identity \
       --identity-id $ID --logins accounts.google.com=$TOKEN --query 'Credentials.[AccessKeyId,SecretKey,SessionToken]' --output text)"
     export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_DEFAULT_REGION={{.Region}}

  4. List the private bucket with them, and try what no policy allows
     aws --endpoint-url {{.API}} s3 ls s3://{{.PrivateBucket}}
     aws --endpoint-url {{.API}} s3 cp s3://{{.StaffBucket}}/{{.ForbiddenKey}} .

Ctrl-C stops everything{{if .Temporary}} and forgets it{{end}}.
`

func welcome(w io.Writer, d *demo.Demo) error {
	t, err := template.New("welcome").Parse(welcomeText)
	if err != nil {
		return fmt.Errorf("welcome text: %w", err)
	}
	return t.Execute(w, struct {
		demo.Story
		Built bool
	}{d.Story, d.SiteBuilt})
}
