// Package pretend is a Google that is not Google: an OpenID Connect provider
// for demonstrations and tests, which signs in made-up people. The other providers
// are there too.
//
// It exists so that `rockpool demo` can show the whole story offline, and so
// that tests can have any token they need. It must never run beside real
// logins: the only caller outside tests is the demo command, and a server
// trusts its tokens only through an explicit provider override
// (design.md 3 and 9).
//
// What it speaks, under its base URL:
//
//	GET  /.well-known/openid-configuration   discovery; the issuer is the real Google's
//	GET  /oauth2/v3/certs                    the keys
//	GET  /o/oauth2/v2/auth                   authorization: code (with PKCE) and implicit id_token
//	POST /token                              code for tokens
//	GET  /gsi/client                         the button's script, shaped like Google Identity Services
//	GET  /gsi/select                         the button's popup
//	POST /pretend/choose                     the person chosen on either page
//	POST /pretend/token                      a token for people at a terminal, without the chooser:
//	                                         client_id and person (an e-mail address or sub) as a form;
//	                                         refused to browsers
//	GET  /pretend/avatar/{sub}               a drawn face
//
// Tokens are those of the real Google, member by member (iss, azp, aud, sub of
// 21 digits, email, email_verified, name, picture, hd, iat, exp, nonce, jti),
// signed with an RSA key made at start.
//
// Beside it stand pretend counterparts of the other providers: Facebook, Amazon,
// Apple, Twitter, UserPool, OIDC and SAML. They publish keys and answer what
// verifiers ask about tokens, at the paths of the real ones; tokens are made by calls
// in the process. OpenDesk gives a provider sign-in pages as well, each with the
// protocol of its own: the implicit grant (facebook_desk.go), a form that is posted
// (apple_desk.go, saml_desk.go), three signed steps (twitter_desk.go), codes with PKCE
// (codeflow.go). Without it they hand tokens to nobody over the network. Each can be
// switched off, and takes tokens back. Town is one of each with pages, at one
// address; Counter is the sign-in page of an application with accounts of its own.
//
// Being pretend is no excuse for being careless, since the demo's bucket is
// behind it: redirect URIs and origins are compared whole with those
// registered, codes serve once and only with the verifier of their challenge,
// requests under another host name are refused (DNS rebinding), pages may not
// be framed, and nothing but the choosers and the terminal endpoint hands out
// tokens.
//
// Not built: refresh tokens, userinfo, Google's response_mode form_post, and the
// redirect mode of the button. Each is answered with OAuth's or the script's
// own error.
package pretend
