package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// decisionsCmd lists what was denied.
type decisionsCmd struct {
	ownCall
	Principal string `name:"principal" placeholder:"ARN" help:"Who asked: an identity's id, a role, or the beginning of a caller's ARN."`
	Action    string `name:"action" placeholder:"PREFIX" help:"The beginning of the action, such as s3:Get."`
	Resource  string `name:"resource" placeholder:"PREFIX" help:"The beginning of the resource's ARN."`
	Since     string `name:"since" placeholder:"TIME" help:"Not before a time, such as 2026-01-02T03:04:05Z, or how long ago, such as 2h."`
	Until     string `name:"until" placeholder:"TIME" help:"Before a time, in the same forms."`
	All       bool   `name:"all" help:"What was allowed too, where the server keeps that (--decisions all)."`
	pages
}

// Run lists records, the newest first.
func (c *decisionsCmd) Run(e *env) error {
	if err := c.check(); err != nil {
		return err
	}
	in := &rockpoolwire.ListDecisionsInput{
		Principal: maybe(c.Principal), Action: maybe(c.Action), Resource: maybe(c.Resource), NextToken: maybe(c.After),
	}
	if c.All {
		in.IncludeAllowed = &c.All
	}
	now := time.Now()
	var err error
	if in.Since, err = readTime("since", c.Since, now); err != nil {
		return err
	}
	if in.Until, err = readTime("until", c.Until, now); err != nil {
		return err
	}
	for listed := 0; ; {
		in.MaxResults = c.most(listed)
		var out rockpoolwire.ListDecisionsOutput
		if printed, err := c.do(e, "ListDecisions", in, &out); printed || err != nil {
			return err
		}
		var b bytes.Buffer
		for i := range out.Decisions {
			writeDecision(&b, &out.Decisions[i])
		}
		if _, err := e.stdout.Write(b.Bytes()); err != nil {
			return err
		}
		listed += len(out.Decisions)
		in.NextToken = out.NextToken
		more := out.NextToken != nil
		if more && (c.Limit == 0 || listed < c.Limit) {
			continue
		}
		if listed == 0 {
			fmt.Fprintln(e.stderr, "no decision was found")
		}
		if more {
			fmt.Fprintf(e.stderr, "there are more: --limit shows more than %d\n", c.Limit)
		}
		if n := out.NotKept; n != nil && *n > 0 {
			fmt.Fprintf(e.stderr, "%d decisions since %s have no record: there were too many\n", *n, when(out.NotKeptSince))
		}
		return nil
	}
}

// writeDecision prints what was asked, by whom, and how to read why it was refused.
func writeDecision(b *bytes.Buffer, d *rockpoolwire.DecisionSummary) {
	verdict := "denied"
	if d.Effect != nil && *d.Effect == "allow" {
		verdict = "allowed"
	}
	fmt.Fprintf(b, "%s  %-7s  %s on %s\n", when(d.Time), verdict, visible(text(d.Action)), visible(text(d.Resource)))
	from := who(d.Principal)
	if i := identity(d.Principal); i != "" {
		from += ", " + i
	}
	if ip := text(d.SourceIp); ip != "" {
		from += ", from " + ip
	}
	fmt.Fprintf(b, "  %s\n", visible(from))
	if rule := text(d.Rule); rule != "" {
		fmt.Fprintf(b, "  %s\n", visible(rule))
	} else if reason := text(d.Reason); reason != "" {
		fmt.Fprintf(b, "  %s\n", visible(reason))
	}
	fmt.Fprintf(b, "  rockpool explain %s\n", visible(text(d.RequestId)))
}

// readTime reads a time, or how long ago it was.
func readTime(flag, s string, now time.Time) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		t := now.Add(-ago)
		return &t, nil
	}
	for _, form := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return &t, nil
		}
	}
	return nil, &usageError{errors.New("--" + flag + " is a time such as 2026-01-02T03:04:05Z (without a zone: UTC), or how long ago, such as 2h")}
}
