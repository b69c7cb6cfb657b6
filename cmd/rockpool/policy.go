package main

// policyCmd groups the commands for policies; each stands in a file of its own.
type policyCmd struct {
	Lint     policyLintCmd     `cmd:"" help:"Find mistakes in policies."`
	Test     policyTestCmd     `cmd:"" help:"Run tests of policies."`
	Simulate policySimulateCmd `cmd:"" help:"Decide made-up requests by policies in files, and say why."`
}
