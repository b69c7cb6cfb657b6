// Command rockpool is the Rockpool server and its command line.
//
// It owns flags, environment and configuration file, the log, and the exit
// code; everything it starts is composed in internal/server (and, for the
// demo, internal/demo). "rockpool --help" lists the commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the release build with -ldflags "-X main.version=…".
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line. Flags that every command shares stand here.
type cli struct {
	ConfigFile string `name:"config" env:"ROCKPOOL_CONFIG" placeholder:"FILE" help:"YAML configuration file. Flags and ROCKPOOL_* variables win over it."`

	Serve      serveCmd      `cmd:"" help:"Run the server."`
	Demo       demoCmd       `cmd:"" help:"Run the whole story: server, pretend login providers, private bucket and website."`
	Explain    explainCmd    `cmd:"" help:"Say why a request was denied, and what would allow it."`
	Decisions  decisionsCmd  `cmd:"" help:"List what was denied lately."`
	Whoami     whoamiCmd     `cmd:"" help:"Say whose credentials these are."`
	Sessions   sessionsCmd   `cmd:"" help:"List the sessions that people have now."`
	Revoke     revokeCmd     `cmd:"" help:"End sessions before their time."`
	Identities identitiesCmd `cmd:"" help:"Find people's identities; disable them; undo merges."`
	Pool       poolCmd       `cmd:"" help:"Settings of identity pools beyond AWS's own."`
	Doctor     doctorCmd     `cmd:"" help:"Find out why somebody cannot sign in."`
	Keys       keysCmd       `cmd:"" help:"The server's own keys."`
	Policy     policyCmd     `cmd:"" help:"Work with policies."`
	Export     exportCmd     `cmd:"" help:"Write an identity pool with its identities into a file."`
	Import     importCmd     `cmd:"" help:"Make an identity pool of a file, or of one at AWS."`
	Config     configCmd     `cmd:"" help:"Look at the configuration."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// env is what a command runs in.
type env struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// exitRequest carries kong's wish to exit (after --help) through its parser.
type exitRequest int

// run parses args and runs the command. It returns the process's exit code:
// 0 done, 1 the command could not do its work, 2 wrong usage or configuration.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if e, ok := recover().(exitRequest); ok {
			code = int(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("rockpool"),
		kong.Description("A self-hosted Amazon Cognito identity pool, with the STS, IAM and gateways that enforce it."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exitRequest(code)) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "rockpool:", err)
		return 2
	}
	file, err := fileResolver(args, os.Getenv("ROCKPOOL_CONFIG"))
	if err != nil {
		fmt.Fprintln(stderr, "rockpool:", err)
		return 2
	}
	if file != nil {
		if err := kong.Resolvers(file).Apply(parser); err != nil {
			fmt.Fprintln(stderr, "rockpool:", err)
			return 2
		}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "rockpool:", err)
		return 2
	}
	err = command.Run(&env{ctx: ctx, stdout: stdout, stderr: stderr})
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		for _, line := range usage.lines() {
			fmt.Fprintln(stderr, "rockpool:", line)
		}
		return 2
	default:
		fmt.Fprintln(stderr, "rockpool:", err)
		return 1
	}
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "rockpool", version)
	return err
}
