// Package iamapi is the wire API of AWS Identity and Access Management (iam,
// 2010-05-08, query protocol) over package iam.
//
// It owns the translation between wire shapes and the domain, what each
// operation needs permission for (rules.go), the sentences of every refusal
// (errors.go, after spec/iam-sts.md 1.9 and 4.2) and the paging of lists
// (page.go).
//
// What lives elsewhere: the rules and limits of IAM (iam), the language of
// policies (policy), the protocol, the limits on single members and the guard
// (wire, api). Operations without a rule here answer InvalidAction.
//
// Invariants:
//   - Reads go through iam.Service.Fresh, so what any node has acknowledged is
//     seen by the next call on every node; Terraform reads right after it writes.
//   - Policy documents leave percent-encoded (RFC 3986) and otherwise byte for
//     byte as they were put, apart from principals, whose ARNs are kept current.
//   - A page marker is sealed for its listing: nobody can make one up or use it
//     for another list.
//   - A secret access key is in the answer of CreateAccessKey and nowhere else.
package iamapi
