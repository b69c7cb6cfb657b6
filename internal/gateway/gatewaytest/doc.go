// Package gatewaytest is the kit for tests of gateways: fakes for everything a
// gateway is given, and checks that every gateway must pass ([Run]).
//
// The fakes are real where being real is cheap: [Callers] verifies signatures
// with package sigv4, so a test signs its requests as a client would. [Decider]
// records every question it is asked and answers by a function, [Events] keeps
// the audit records. Decisions by real policies belong into a gateway's own
// tests, which give it an *authz.Engine.
package gatewaytest
