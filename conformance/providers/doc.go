// Command providers runs pretend counterparts of login providers for clients
// without a browser, so that those of every language can sign in with each of
// them (the demo's own are for people and have pages): Facebook, Login with Amazon, Sign in with Apple, X and
// a Cognito user pool.
//
// Each listens on a loopback port of its own, at the paths of the real one. One
// more port makes tokens, as POST /token with a form of
//
//	provider  the name of the Logins key
//	person    an e-mail address, for instance mira@example.com
//	client    the application
//	form      limited: Facebook's ID token instead of its access token
//	claims    a JSON object that is laid over the claims of an ID token
//	lifetime  in seconds, an hour if absent; negative for one that has expired
//
// and POST /signout with provider and person signs somebody out of the user pool.
//
// It prints one line NAME VALUE for each address and for each application, and
// "ready" last, and runs until it is told to end. With -cert it first writes
// cert.pem and key.pem for AWS's host names and loopback, for the suites that
// speak to a server under AWS's own names.
package main
