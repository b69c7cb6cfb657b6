// Package sigv4 verifies and makes AWS Signature Version 4, the way every AWS
// SDK and the AWS CLI prove who sends a request.
//
// A signature comes in three forms, and the package speaks all of them:
//
//  1. Header. The Authorization header names the access key, the credential
//     scope (date/region/service/aws4_request), the signed headers and the
//     signature. The request is valid for [DefaultMaxSkew] around its date.
//  2. Query (a presigned URL). The same facts stand in X-Amz-* query
//     parameters together with X-Amz-Expires, so a URL works by itself until
//     it expires. Everything but X-Amz-Signature is signed.
//  3. Chunked (aws-chunked). An S3 upload whose body is framed into chunks.
//     Each chunk is signed with the signature before it (the first one with
//     the header's), or the body is unsigned and only a checksum trailer
//     protects it. [NewBody] reads it, [NewChunkWriter] writes it.
//
// An S3 browser form (POST object) is a fourth place for a signature, over a
// policy document instead of a request: [ParsePost], [Verifier.VerifyPost],
// [PostPolicy].
//
// The order of work on a request is [Parse] (what does the request claim) and
// [Verifier.Precheck] (is the claim for this endpoint and this time), then the
// caller finds the secret for the access key, derives a [Key] ([DeriveKey],
// or a [KeyCache] so that it happens once per day and key), then
// [Verifier.Verify], and for S3 uploads [NewBody]. Verify never touches the
// body: for services other than S3 the caller reads the body first and puts its
// hash into [Authorization.BodySHA256].
//
// Invariants:
//
//   - A request is canonicalised from what was received on the wire
//     (http.Request.RequestURI and Host), never from a decoded form that a
//     router may have cleaned. S3 paths are decoded once and encoded once and
//     never normalised; those of other services are normalised and encoded
//     twice.
//   - What is not understood is refused: two mechanisms at once, a repeated
//     X-Amz-* parameter, an unsigned x-amz-* header, SigV2, SigV4A.
//   - Signatures are compared in constant time. A caller that does not know the
//     access key should call Verify with the zero Key and ignore the answer, so
//     that both cases take the same time.
//   - The bytes of a body are proven only when Read has returned io.EOF. A
//     consumer stages what it reads and commits after EOF, never before.
//   - [Secret] and [Key] cannot be printed, logged or marshalled.
//
// Every refusal is an [*Error] with a [Code] and the facts; its methods
// [Error.S3], [Error.Query], [Error.JSON] and [Error.ExecuteAPI] turn it into
// the code, sentence and status that each family of AWS services answers.
//
// Who a key belongs to, whether a session token is genuine and what the caller
// may do is decided elsewhere (internal/caller, internal/sts, internal/authz).
package sigv4
