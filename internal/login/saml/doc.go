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
// read at all), signature.go, assertion.go; encrypted.go and decrypt.go for
// assertions that are encrypted.
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
//   - An encrypted assertion is opened with the private keys that the caller
//     gives (login.Expect) and is then judged as any other: a document of its
//     own, read as strictly, with all conditions. Encryption proves nothing,
//     since everybody has the public key: the signature does, of the assertion
//     inside or of the Response around its encrypted form, which is verified
//     before anything is decrypted.
//   - RSA with the padding of PKCS #1 v1.5 is refused (Bleichenbacher), and
//     AES-CBC counts only under a signature of the Response: octets that
//     somebody else may change, and then see refused for one reason or another,
//     can be read by their padding. What cannot be decrypted has one answer,
//     after the same work, whatever was wrong.
//   - Encrypted names and attributes are refused.
//   - Every audience restriction must name one of our audiences, and the
//     recipient must be one of our addresses, whatever else is signed.
//   - Expiry is exact; what lies in the future may do so by five minutes.
package saml
