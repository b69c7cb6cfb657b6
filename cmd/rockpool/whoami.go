package main

import (
	"encoding/json"
	"fmt"
)

// whoamiCmd asks the server whose credentials these are.
type whoamiCmd struct {
	connection
	Format string `name:"format" enum:"text,json" default:"text" help:"text or json."`
}

// callerIdentity is the answer of sts:GetCallerIdentity.
type callerIdentity struct{ Account, Arn, UserId string }

// Run prints who the credentials are.
func (c *whoamiCmd) Run(e *env) error {
	cl, found, err := c.dial()
	if err != nil {
		return err
	}
	var who callerIdentity
	if err := cl.Query(e.ctx, "sts", "2011-06-15", "GetCallerIdentity", nil, &who); err != nil {
		return plainly(err, found)
	}
	if c.Format == "json" {
		text, err := json.MarshalIndent(who, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(e.stdout, string(text))
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "ARN          %s\nAccount      %s\nUser id      %s\nAccess key   %s, from %s\nServer       %s\n",
		visible(who.Arn), visible(who.Account), visible(who.UserId), visible(found.AccessKeyID), found.Source, cl.Endpoint())
	return err
}
