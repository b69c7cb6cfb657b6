package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/rockpool-id/rockpool/internal/pretend"
)

// The applications that tokens are made for. other is registered everywhere and
// is no pool's.
const (
	facebookApp    = "7346241598935552"
	amazonClient   = "amzn1.application-oa2-client.0123456789abcdef"
	appleService   = "com.example.web"
	consumerKey    = "consumerKey01234567890123"
	consumerSecret = "consumer-secret_0123456789"
	poolClient     = "webclient"
	checkedClient  = "checkedclient"
	other          = "other"
	userPoolName   = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pretend1"
)

func main() {
	log.SetFlags(0)
	cert := flag.String("cert", "", "folder to write cert.pem and key.pem to")
	flag.Parse()
	if err := run(*cert); err != nil {
		log.Fatal("providers: ", err)
	}
}

func run(cert string) error {
	if cert != "" {
		if err := writeCertificate(cert); err != nil {
			return err
		}
	}
	t, err := newTown()
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	for _, s := range []struct {
		name    string
		handler http.Handler
	}{
		{"graph.facebook.com", t.facebook}, {"www.amazon.com", t.amazon}, {"appleid.apple.com", t.apple}, {"api.twitter.com", t.twitter},
		{userPoolName, t.users}, {"tokens", t.routes()},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
		go func() { failed <- server.Serve(listener) }()
		fmt.Printf("%s http://%s\n", s.name, listener.Addr())
	}
	fmt.Printf("facebook-app %s\namazon-client %s\napple-client %s\ntwitter-consumer %s;%s\nuser-pool %s\nready\n",
		facebookApp, amazonClient, appleService, consumerKey, consumerSecret, userPoolName)

	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	select {
	case <-told:
		return nil
	case err := <-failed:
		return err
	}
}

// A town is one of every provider.
type town struct {
	facebook *pretend.Facebook
	amazon   *pretend.Amazon
	apple    *pretend.Apple
	twitter  *pretend.Twitter
	users    *pretend.UserPool
	saml     *pretend.SAML
}

func newTown() (*town, error) {
	apps := func(own ...string) pretend.ProviderConfig {
		c := pretend.ProviderConfig{Apps: map[string]string{other: consumerSecret}}
		for _, app := range own {
			c.Apps[app] = consumerSecret
		}
		return c
	}
	var (
		t    town
		errs [6]error
	)
	t.facebook, errs[0] = pretend.NewFacebook(apps(facebookApp))
	t.amazon, errs[1] = pretend.NewAmazon(apps(amazonClient))
	t.apple, errs[2] = pretend.NewApple(apps(appleService))
	t.twitter, errs[3] = pretend.NewTwitter(apps(consumerKey))
	t.users, errs[4] = pretend.NewUserPool(userPoolName, apps(poolClient, checkedClient))
	t.saml, errs[5] = pretend.NewSAML(pretend.SAMLConfig{})
	return &t, errors.Join(errs[:]...)
}

func (t *town) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		token, err := t.token(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// A client that went away is none of our business.
		_ = json.NewEncoder(w).Encode(map[string]string{"token": token})
	})
	mux.HandleFunc("POST /signout", func(w http.ResponseWriter, r *http.Request) {
		for _, p := range pretend.MadeUp() {
			if p.Email == r.FormValue("person") {
				t.users.SignOut(p)
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		http.Error(w, "nobody of that address", http.StatusBadRequest)
	})
	return mux
}

// response makes the SAML response that a form asks for; claims are attributes
// with lists of values, and lifetime may be negative.
func (t *town) response(r *http.Request) (string, error) {
	a := pretend.SAMLAssertion{Subject: r.FormValue("person"), Recipient: r.FormValue("client")}
	var attributes map[string][]string
	if text := r.FormValue("claims"); text != "" {
		if err := json.Unmarshal([]byte(text), &attributes); err != nil {
			return "", fmt.Errorf("claims: %w", err)
		}
	}
	for name, values := range attributes {
		a.Attributes = append(a.Attributes, pretend.SAMLAttribute{Name: name, Values: values})
	}
	if text := r.FormValue("lifetime"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return "", fmt.Errorf("lifetime: %w", err)
		}
		a.Issued = time.Now().Add(-time.Minute)
		a.Expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return t.saml.Response(a)
}

// token makes the token that a form asks for.
func (t *town) token(r *http.Request) (string, error) {
	person, client := r.FormValue("person"), r.FormValue("client")
	var opts pretend.TokenOptions
	if text := r.FormValue("lifetime"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return "", fmt.Errorf("lifetime: %w", err)
		}
		opts.Lifetime = time.Duration(seconds) * time.Second
	}
	if text := r.FormValue("claims"); text != "" {
		if err := json.Unmarshal([]byte(text), &opts.Claims); err != nil {
			return "", fmt.Errorf("claims: %w", err)
		}
	}
	switch provider := r.FormValue("provider"); provider {
	case "graph.facebook.com":
		if r.FormValue("form") == "limited" {
			return t.facebook.MintLimitedLogin(person, client, opts)
		}
		return t.facebook.MintAccessToken(person, client, opts.Lifetime)
	case "www.amazon.com":
		return t.amazon.MintAccessToken(person, client, opts.Lifetime)
	case "appleid.apple.com":
		return t.apple.MintIDToken(person, client, opts)
	case "api.twitter.com":
		return t.twitter.MintToken(person, client, opts.Lifetime)
	case userPoolName:
		return t.users.MintIDToken(person, client, opts)
	case "saml":
		return t.response(r)
	case "saml-metadata":
		return t.saml.Metadata(), nil
	default:
		return "", fmt.Errorf("no provider %q", provider)
	}
}
