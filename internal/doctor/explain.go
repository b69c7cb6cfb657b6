package doctor

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/rockpool-id/rockpool/internal/login"
)

// Explanation is why a token was refused, and what to do about it.
type Explanation struct {
	Words, Remedy string
}

// Explain says in plain words what a refusal means. It knows every kind; of one
// that comes later it gives the name.
func Explain(r *login.Refusal) Explanation {
	switch r.Kind {
	case login.TooLarge:
		return Explanation{"It is longer than any token that is read: " + r.Want + ".", "Have the provider put less into it: groups are often what makes tokens long."}
	case login.NotJWT:
		return Explanation{"It is not a JSON Web Token: three parts with dots between them.", "Send the ID token, whole and without quotes. An access token of many providers has another form."}
	case login.Malformed:
		return Explanation{fmt.Sprintf("Its %s is %s, and should be %s.", or(r.Claim, "text"), or(r.Got, "not as it must be"), or(r.Want, "of another form")), "The provider makes tokens that break the rules of OpenID Connect; ask whoever runs it."}
	case login.NotIDToken:
		return Explanation{fmt.Sprintf("It is a token for another purpose: %s.", or(r.Got, "no ID token")), "Send the ID token of the sign-in, not the access or refresh token."}
	case login.MissingClaim:
		return Explanation{fmt.Sprintf("It has no %s.", or(r.Claim, "claim that is needed")), "An ID token always has it, so this may be an access token."}
	case login.WrongIssuer:
		return Explanation{fmt.Sprintf("It was issued by %s, and this provider is %s.", quoted(r.Got), quoted(r.Want)), "Use the key of its own issuer in Logins, or register that issuer with the pool. Every character counts, a slash at the end too."}
	case login.BadAlgorithm:
		return Explanation{fmt.Sprintf("It is signed with %s, which is not accepted from this provider.", quoted(r.Got)), "Have the provider sign with RS256 or ES256."}
	case login.UnsupportedHeader:
		return Explanation{"It demands an extension of its header that is not known: " + r.Got + ".", "Have the provider leave the critical header out."}
	case login.ProviderUnreachable:
		return Explanation{"The provider could not be asked for its keys, or about the token." + cause(r), "See whether this server reaches the provider: name, proxy, certificate. It is tried again by itself."}
	case login.UnknownKey:
		return Explanation{fmt.Sprintf("The provider does not publish the key %s that it says to be signed with.", quoted(r.Got)), "It may be old, or come from another environment of the provider, such as staging."}
	case login.BadSignature:
		return Explanation{"Its signature does not verify with the provider's key.", "It was changed, broken when it was copied, or made by somebody else."}
	case login.Expired:
		return Explanation{fmt.Sprintf("It expired at %s, %s ago.", at(r.Exp), span(r.Now.Sub(r.Exp))), "Sign in again for a new one. If new ones are refused too, compare the clocks of this server and the provider."}
	case login.NotYetValid:
		return Explanation{fmt.Sprintf("By its %s it counts from %s on, which is %s ahead.", or(r.Claim, "time"), at(r.Exp), span(r.Exp.Sub(r.Now))), "Compare the clocks of this server and the provider."}
	case login.TooOld:
		return Explanation{fmt.Sprintf("It was issued at %s, longer ago than is accepted.", at(r.Exp)), "Sign in again for a new one."}
	case login.WrongAudience:
		return Explanation{fmt.Sprintf("It was made for the app %s, and the pool accepts %s.", quoted(r.Got), quoted(r.Want)), "Add the app's client id to the pool, or have the app use the client id that is there."}
	case login.Rejected:
		return Explanation{"The provider says that it is revoked or not valid." + cause(r), "Sign in again for a new one."}
	case login.WrongProvider:
		if r.Claim == "entityID" {
			return Explanation{fmt.Sprintf("The provider's entity id is %s in IAM, and the people who are known by its ARN are of %s.", quoted(r.Got), quoted(r.Want)),
				"If they are the same people, say so: rockpool pool settings POOL --saml-entity ARN=ENTITY. If not, register the provider under another name."}
		}
		return Explanation{"The provider is configured in a way that cannot work." + cause(r), "Compare the pool's settings with the provider's."}
	case login.NotSAML:
		return Explanation{"It is not base64 of one SAML 2.0 response with one assertion" + named(r.Claim) + ".", "Send the SAMLResponse field as the identity provider posted it, decoded from the form."}
	case login.Encrypted:
		switch {
		case r.Claim == "Assertion":
			return Explanation{"Its assertion is not encrypted, and the provider in IAM has AssertionEncryptionMode Required.", "Have the identity provider encrypt assertions, or set the mode to Allowed."}
		case r.Want != "":
			return Explanation{fmt.Sprintf("It is encrypted in a way that is not read: %s is %s.", r.Claim, quoted(r.Got)), "What is read: " + r.Want + "."}
		case r.Claim == "EncryptedAssertion":
			return Explanation{"Its assertion is encrypted, and none of the private keys of the provider in IAM opens it.", "Give the identity provider the certificate of the key that IAM has, or IAM the key (AddPrivateKey)."}
		}
		return Explanation{"A part of it is encrypted" + named(r.Claim) + ".", "Have the identity provider encrypt whole assertions, or sign and not encrypt."}
	case login.WrongRecipient:
		return Explanation{fmt.Sprintf("It is addressed to %s.", quoted(r.Got)), "Set the address for responses at the identity provider to one that is accepted: " + or(r.Want, "https://signin.aws.amazon.com/saml") + "."}
	}
	return Explanation{Words: "It was refused: " + r.Kind.String() + "."}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func quoted(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%q", s)
}

func named(what string) string {
	if what == "" {
		return ""
	}
	return " (" + login.Shown(what) + ")"
}

// cause tells what the network said, and nothing else: other errors may quote an
// address that a token is part of.
func cause(r *login.Refusal) string {
	if e, ok := errors.AsType[*net.OpError](r.Err); ok {
		return " (" + login.Shown(e.Error()) + ")"
	}
	if e, ok := errors.AsType[*net.DNSError](r.Err); ok {
		return " (" + login.Shown(e.Error()) + ")"
	}
	return ""
}

func at(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }

func span(d time.Duration) string { return d.Round(time.Second).String() }
