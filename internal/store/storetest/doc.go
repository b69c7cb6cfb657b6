// Package storetest is the kit that every storage engine runs: named cases,
// each with the rule it holds, over the Store interfaces of the domain. A case
// gets an empty store and a function that closes the engine and opens it again
// on the same data.
//
// Pools covers pool.Store, IAM and KeyUses cover iam.Store, Keys covers keys.Store,
// LoginKeys covers login.KeyStore, Decisions covers decision.Store, Revocations covers
// revoke.Store and Issued covers issued.Store. The kit knows no engine and no SQL; rules of
// the domain are tested with the domain.
package storetest
