package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/rockpool-id/rockpool/internal/client"
)

// defaultEndpoint is where a server listens when nothing is said.
const defaultEndpoint = "http://127.0.0.1:8460"

// connection is the flags of commands that call a server.
type connection struct {
	Endpoint string `name:"endpoint" env:"ROCKPOOL_ENDPOINT,AWS_ENDPOINT_URL" placeholder:"URL" help:"Address of the server; otherwise a running demo's, or http://127.0.0.1:8460."`
	Profile  string `name:"profile" placeholder:"NAME" help:"Profile of the AWS credentials file to sign with."`
	Data     string `name:"data" env:"ROCKPOOL_DATA" placeholder:"DIR" help:"Data folder whose root key to sign with."`
	Region   string `name:"region" env:"ROCKPOOL_REGION" placeholder:"NAME" help:"Region of the server; otherwise AWS_REGION, AWS_DEFAULT_REGION or us-east-1."`
}

// dial makes the client that a command calls the server with.
func (c *connection) dial() (*client.Client, client.Credentials, error) {
	demo, err := runningDemo()
	if err != nil {
		return nil, client.Credentials{}, err
	}
	endpoint := c.Endpoint
	if endpoint == "" {
		endpoint = defaultEndpoint
		if demo != nil {
			endpoint = demo.Endpoint
		}
	}
	region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1")
	if demo != nil && strings.TrimSuffix(endpoint, "/") == demo.Endpoint {
		region = demo.Region
	} else {
		demo = nil // its key is for nobody else
	}
	found, err := client.Find(client.Places{Profile: c.Profile, Data: c.Data, Demo: demo})
	if err != nil {
		return nil, client.Credentials{}, err
	}
	cl, err := client.New(client.Config{
		Endpoint: endpoint, Region: cmp.Or(c.Region, region), Credentials: found, UserAgent: "rockpool/" + version,
	})
	if err != nil {
		return nil, client.Credentials{}, &usageError{err}
	}
	return cl, found, nil
}

// runningDemo tells of the demo on this machine, nil when none runs.
func runningDemo() (*client.Demo, error) {
	path, err := client.DemoPath()
	if err != nil {
		return nil, nil // no home folder: no demo could have left a file
	}
	d, err := client.Running(path)
	if err != nil {
		return nil, fmt.Errorf("the running demo: %w", err)
	}
	return d, nil
}

// plainly says in plain words what went wrong with a call, and what to do.
func plainly(err error, found client.Credentials) error {
	if e, ok := errors.AsType[*client.Unreachable](err); ok {
		return fmt.Errorf("no server answers at %s: is it running? \"rockpool serve\" and \"rockpool demo\" start one; --endpoint names another address\n  (%w)", e.Endpoint, e.Err)
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("given up")
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	switch e.Code {
	case "UnrecognizedClientException", "InvalidClientTokenId", "IncompleteSignature", "IncompleteSignatureException",
		"SignatureDoesNotMatch", "InvalidSignatureException", "ExpiredTokenException", "ExpiredToken":
		return fmt.Errorf("the server does not accept the credentials of %s, access key %s: %s", found.Source, found.AccessKeyID, visible(e.Message))
	case "UnknownOperationException", "UnsupportedOperationException", "InvalidAction":
		return fmt.Errorf("the server does not have the operation %s; it may be older than this program (%s)", e.Operation, version)
	case "AccessDeniedException", "AccessDenied":
		return fmt.Errorf("%s\n  (asked with the credentials of %s; --profile or --data names others)", visible(e.Message), found.Source)
	case "ResourceNotFoundException":
		return errors.New(visible(e.Message))
	}
	return errors.New(visible(e.Error()))
}

// visible makes a text of a server safe for a terminal: what is no character to
// look at, line breaks included, is spelled out. Names of objects and user agents
// are whatever a stranger sent.
func visible(s string) string {
	return escape(s, "")
}

// visibleLines is visible for a text of several lines.
func visibleLines(s string) string {
	return escape(s, "\n")
}

func escape(s, keep string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(keep, r) || isVisible(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// isVisible leaves out control and formatting characters, which move a cursor or
// turn the direction of writing.
func isVisible(r rune) bool { return unicode.IsGraphic(r) }
