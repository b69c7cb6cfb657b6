// Package config owns the typed configuration of a Rockpool process: its
// fields, their defaults, and whether they make sense together. It has no
// behaviour: nothing is opened, listened on or fetched here.
//
// The struct tags are read by the command line (cmd/rockpool): a field is a
// flag (--listen), an environment variable (ROCKPOOL_LISTEN) and a key of the
// YAML file (listen), in that order of precedence over the default. The names
// are a contract: tests and installations of others rely on them.
package config
