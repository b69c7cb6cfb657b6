package sigv4_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rockpool-id/rockpool/sigv4"
)

var update = flag.Bool("update", false, "rewrite the want files of testdata")

const (
	exampleKey    = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// TestCases runs testdata/verify. Each archive is one behaviour:
//
//	settings   now, service, region, secret, when they differ from the default
//	request    the request as it stands on the wire; {{signature}} is replaced
//	           by the signature of the file canonical. In its body \r\n at the end
//	           of a line is a CRLF, {{64k}} is 65536 times "a", {{1k}} 1024 times
//	canonical  the canonical request, written down by hand
//	signed-at  when it was signed, if not now
//	want       "ok", or the error and what each family of services answers
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/verify/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := newCase(t, archive)
			got := c.run(t)
			if *update {
				c.store(t, file, archive, got)
				return
			}
			if diff := cmp.Diff(c.files["want"], got); diff != "" {
				t.Errorf("%s(-want +got):\n%s", archive.Comment, diff)
			}
		})
	}
}

type testCase struct {
	files    map[string]string
	settings map[string]string
}

func newCase(t *testing.T, a *txtar.Archive) *testCase {
	t.Helper()
	if len(bytes.TrimSpace(a.Comment)) == 0 {
		t.Error("the case does not say which behaviour it shows")
	}
	c := &testCase{files: map[string]string{}, settings: map[string]string{
		"now": "20130524T000000Z", "service": "s3", "region": "us-east-1", "secret": exampleSecret,
	}}
	for _, f := range a.Files {
		c.files[f.Name] = string(f.Data)
	}
	for line := range strings.Lines(c.files["settings"]) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || c.settings[name] == "" {
			t.Fatalf("settings: unknown line %q", line)
		}
		c.settings[name] = value
	}
	return c
}

func (c *testCase) store(t *testing.T, file string, a *txtar.Archive, got string) {
	t.Helper()
	for i, f := range a.Files {
		if f.Name == "want" {
			a.Files = append(a.Files[:i], a.Files[i+1:]...)
			break
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run verifies the request and prints what came out.
func (c *testCase) run(t *testing.T) string {
	t.Helper()
	now, err := time.Parse("20060102T150405Z", c.settings["now"])
	if err != nil {
		t.Fatal(err)
	}
	r := c.request(t)
	a, err := sigv4.Parse(r)
	if err != nil {
		return describe(t, err)
	}
	var key sigv4.Key
	if a != nil {
		if a.Scope.Service != "s3" {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			a.BodySHA256 = sigv4.HashBody(body)
		}
		key = sigv4.DeriveKey(sigv4.NewSecret(c.settings["secret"]), a.Scope.Date, a.Scope.Region, a.Scope.Service)
		v := &sigv4.Verifier{
			Now: func() time.Time { return now }, Regions: []string{c.settings["region"]}, Services: []string{c.settings["service"]},
		}
		if err := v.Verify(r, a, key); err != nil {
			return describe(t, err)
		}
	}
	out := "anonymous\n"
	if a != nil {
		out = fmt.Sprintf("ok: %s, %s, %s\n", a.Form, a.AccessKeyID, a.Scope)
		if a.SessionToken != "" {
			out += "token: " + a.SessionToken + "\n"
		}
		if len(a.Values()) > 0 && a.Form == sigv4.Header {
			out += fmt.Sprintf("query: %q\n", a.Values())
		}
	}
	if c.settings["service"] != "s3" {
		return out
	}
	body, err := sigv4.NewBody(r, a, key)
	if err != nil {
		return out + describe(t, err)
	}
	payload, err := io.ReadAll(body)
	if err != nil {
		return out + describe(t, err)
	}
	if len(payload) > 0 {
		out += fmt.Sprintf("body: %.60q, %d bytes\n", payload, len(payload))
	}
	for name, values := range body.Trailer() {
		out += fmt.Sprintf("trailer: %s: %s\n", name, strings.Join(values, ","))
	}
	return out
}

// request reads the request like a server does.
func (c *testCase) request(t *testing.T) *http.Request {
	t.Helper()
	text := c.files["request"]
	if canonical, ok := c.files["canonical"]; ok {
		text = strings.ReplaceAll(text, "{{signature}}", c.sign(t, strings.TrimSuffix(canonical, "\n")))
	}
	head, body, _ := strings.Cut(text, "\n\n")
	body = strings.NewReplacer("\\r\\n\n", "\r\n", "{{64k}}", strings.Repeat("a", 65536), "{{1k}}", strings.Repeat("a", 1024)).Replace(body)
	if !strings.HasSuffix(body, "\r\n") {
		body = strings.TrimSuffix(body, "\n")
	}
	head = strings.ReplaceAll(strings.TrimSuffix(head, "\n"), "\n", "\r\n")
	if body != "" && !strings.Contains(strings.ToLower(head), "\r\ncontent-length:") {
		head += fmt.Sprintf("\r\nContent-Length: %d", len(body))
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\r\n\r\n" + body)))
	if err != nil {
		t.Fatalf("the request cannot be read: %v", err)
	}
	return r
}

// sign is Signature Version 4 as the documentation writes it, on the canonical
// request of the case, so that the package is not its own judge.
func (c *testCase) sign(t *testing.T, canonical string) string {
	t.Helper()
	mac := func(key, text string) string {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(text))
		return string(h.Sum(nil))
	}
	now := c.settings["now"]
	if s, ok := c.files["signed-at"]; ok {
		now = strings.TrimSpace(s)
	}
	date, region, service := now[:8], c.settings["region"], c.settings["service"]
	sum := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + now + "\n" + date + "/" + region + "/" + service + "/aws4_request\n" + hex.EncodeToString(sum[:])
	key := mac(mac(mac(mac("AWS4"+c.settings["secret"], date), region), service), "aws4_request")
	return hex.EncodeToString([]byte(mac(key, text)))
}

// describe prints an error with everything that reaches a client.
func describe(t *testing.T, err error) string {
	t.Helper()
	var e *sigv4.Error
	if !errors.As(err, &e) {
		t.Fatalf("got a %T: %v", err, err)
	}
	out := fmt.Sprintf("error: %s\n", e.Code)
	for _, family := range []struct {
		name   string
		answer func() (string, string, int)
	}{{"S3", e.S3}, {"Query", e.Query}, {"JSON", e.JSON}, {"ExecuteAPI", e.ExecuteAPI}} {
		code, message, status := family.answer()
		if code == "InternalFailure" {
			continue // only S3 reads bodies with this package
		}
		out += fmt.Sprintf("%s: %s %d %s|\n", family.name, code, status, message)
	}
	for _, f := range e.S3Fields() {
		if !strings.HasSuffix(f.Name, "Bytes") {
			out += fmt.Sprintf("  %s: %s\n", f.Name, strings.ReplaceAll(f.Value, "\n", "\n    "))
		}
	}
	return out
}
