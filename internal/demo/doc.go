// Package demo runs the whole story on one machine, offline: a Rockpool server,
// pretend providers of every kind, a private bucket with pictures, an identity pool
// with its roles and policies, and a small website that signs people in and shows
// the pictures.
//
// The names and steps are those of the workshop that Rockpool makes true, which
// signs in with Google; the website's chooser offers the other kinds of login beside
// it (providers.go), and staff get a role of their own by role mappings
// (seedpool.go). Every step is taken through the public API with signed requests
// (seed.go, client.go), so whatever the demo does, the AWS CLI can do. Then it signs
// a person in and asks for what she may not have (refused.go), so that there is a
// refusal to explain. site.go serves the website from the app bucket, as a public
// visitor would read it.
//
// The website has a little backend (backend.go, backendforms.go), for what a page
// cannot do by itself: it takes the forms of Apple and of SAML, signs for X, and
// vouches for accounts of its own with an IAM user's key. It hands everything on and
// keeps nothing; the page's logins meet the identity pool in the browser.
//
// While it runs, a file of this user's tells the command line where it is (field
// Announce of Config, decision 0004).
//
// The pretend providers (package pretend) exist only here and in tests, which a test
// holds. They are given to the server as endpoint overrides, which change where keys
// are fetched and tokens asked about, and no rule about tokens.
package demo
