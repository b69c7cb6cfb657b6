// Package server composes a Rockpool process and runs it.
//
// compose.go is the one readable list of what a process is made of: every
// login provider, storage engine, service and gateway is named there, and only
// there. router.go sends a request on the one endpoint to its service;
// server.go owns listeners, health, draining and closing; rootkey.go finds or
// makes the account root's key. The log line of a request is written by the
// service that answered it, which knows the operation and the caller.
//
// Rules of the services live in their own packages; a rule found here is in
// the wrong room.
package server
