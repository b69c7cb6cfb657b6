package main

// policyCmd groups the commands for policies; each stands in a file of its own.
type policyCmd struct {
	Test policyTestCmd `cmd:"" help:"Run tests of policies."`
}
