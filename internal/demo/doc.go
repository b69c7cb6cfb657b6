// Package demo runs the whole story on one machine, offline: a Rockpool server,
// a pretend Google, a private bucket with pictures, an identity pool with its
// role and policy, and a small website that signs people in and shows the
// pictures.
//
// The names and steps are those of the workshop that Rockpool makes true. Every
// step is taken through the public API with signed requests (seed.go, client.go),
// so whatever the demo does, the AWS CLI can do. Then it signs a person in and
// asks for what she may not have (refused.go), so that there is a refusal to
// explain. site.go serves the website from the app bucket, as a public visitor
// would read it.
//
// While it runs, a file of this user's tells the command line where it is (field
// Announce of Config, decision 0004).
//
// The pretend Google (package pretend) exists only here and in tests. It is
// given to the server as an endpoint override of accounts.google.com, which
// changes where keys are fetched and no rule about tokens.
package demo
