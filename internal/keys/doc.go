// Package keys owns the key ring: sealing keys for session tokens and stored
// secrets, signing keys for the tokens we issue, their states and rotation, and
// the master key that seals the ring at rest. It knows nothing of what is
// sealed; sts, iam and pool give it bytes.
package keys
