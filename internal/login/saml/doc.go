// Package saml verifies the responses of SAML 2.0 identity providers that are
// registered in IAM.
//
// It owns the way from the base64 text that a browser or the AWS CLI posts to
// login.Claims: strict reading of the XML, the signature, and the conditions
// under which an assertion counts (saml-core 2, saml-profiles 4.1.4, xmldsig).
// Which providers exist, under which entity id and with which certificates, is
// the caller's to say on every call (login.Expect); reading metadata is package
// iam's, what attributes mean to a session is package sts's.
//
// Reading order: saml.go (the order of the checks), document.go (what may be
// read at all), signature.go, assertion.go.
//
// XML signatures are easy to verify and hard to believe: what was signed must be
// what is read. So the document is not searched. It must have one of the two
// shapes that providers make, a Response with one Assertion, either or both
// signed, and a signature must stand where it belongs, refer to the element it
// stands in, and use one profile: enveloped, exclusive canonical XML. Elements
// named Response, Assertion or Signature anywhere else, IDs used twice,
// comments, processing instructions, DTDs and entities are refused before
// anything is verified. The claims are read from the very octets whose digest
// was signed, never from the document that came in. Canonical XML and the digest
// are goxmldsig's; everything it would leave open is closed here: which
// algorithms count, that no certificate from the message matters, several
// certificates (roll-over), and signatures of elliptic curves in their XML form.
//
// Decisions that are not obvious:
//
//   - The validity dates of a metadata certificate do not matter, as for AWS:
//     certificates there are containers for keys (SAML metadata interoperability
//     profile, 2.6.1). Replace the metadata to withdraw a key.
//   - A response may be used again until it expires, as with AWS: one assertion
//     serves GetId and then GetCredentialsForIdentity, on any node. OneTimeUse
//     and InResponseTo are therefore read and not enforced.
//   - Encrypted assertions are refused as such; no private key is kept.
//   - Every audience restriction must name one of our audiences, and the
//     recipient must be one of our addresses, whatever else is signed.
//   - Expiry is exact; what lies in the future may do so by five minutes.
package saml
