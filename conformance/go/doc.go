// Package conformance drives a running Rockpool server with the AWS SDK for Go
// v2, unmodified. It has only tests: conformance/run starts the server and says
// where it is; without that the tests that need one are skipped.
//
// story_test.go is the workshop, session renewal and the typed errors;
// upload_test.go the bodies the SDK streams, over HTTP and TLS; kill_test.go
// what is left after a kill in the middle of writing; signer_test.go uses the
// SDK's own signer as the oracle of package sigv4 and needs no server.
package conformance
