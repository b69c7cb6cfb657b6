// Package store is the seam between the domain and a storage engine.
//
// It owns nothing but the gathering: an Engine is one database that serves all
// Store interfaces of the domain (package iam, pool, keys, login, decision), which are
// declared where they are used, each method with its contract. Rules stay in
// the domain; an engine guarantees atomicity, durability and the versions that
// the domain's decisions were made on.
//
// What every engine promises:
//   - what a method has acknowledged survives kill -9 and loss of power;
//   - a write happens whole or not at all, and one decided on an old version is
//     refused with the conflict error of its interface;
//   - conflicts of the engine itself (serialization failures, deadlocks, a busy
//     file) are retried inside and never reach the domain;
//   - values handed out belong to the caller.
//
// Package storetest holds these promises as named cases; an engine joins by
// running them all (store/sqlite is the embedded one). Only package server
// names engines.
package store
