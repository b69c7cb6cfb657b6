// Package keys owns the key ring: the sealing keys that protect session tokens
// and stored secrets, the signing keys of the tokens we issue, their states and
// rotation, and the master key that seals the ring at rest. It knows nothing of
// what is sealed; sts, iam and pool give it bytes.
//
// A ring key is next, current or retired. The next key is in every node's ring
// before anything is sealed or signed with it, so that a rotation on one node
// never makes a record that another cannot open. The current key makes new
// records. A retired key only opens what it sealed, until Remove takes it away:
// sessions live at most 36 hours, but a stored secret stays under the key that
// sealed it until its owner seals it anew (KeyID tells which records are old).
//
// A sealed record is
//
//	version (1 byte) | key id (4 bytes) | nonce (12 bytes) | AES-256-GCM
//
// under a key derived with HKDF-SHA-256 from the ring key for one purpose, so a
// record made for one purpose never opens for another. Nonces are random, which
// bounds a key to 2^32 records: RotateIfDue must be called now and then with a
// period that stays below it (thirty days hold 1,600 sessions a second).
//
// At rest each ring key is itself sealed, in the same manner, by the master key:
// 32 bytes from the environment or from a file that only the server's user can
// read. The database without the master key opens nothing; the wrong master key
// is an error when the ring is opened, not at the first request.
//
// What lives elsewhere: the tables (store engines implement Store), the content
// of session tokens (sts), the claims of pool tokens (pool), when to rotate and
// refresh (server).
//
// Reading order: seam.go (Secret, Sealer), record.go (a key at rest, Store),
// ring.go, seal.go (the record format), signing.go, master.go.
package keys
