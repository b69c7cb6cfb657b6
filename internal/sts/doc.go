// Package sts owns sessions: who may assume a role (the trust decision), minting
// temporary credentials, and sealing and opening session tokens.
package sts
