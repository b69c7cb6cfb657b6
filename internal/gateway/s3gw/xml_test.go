package s3gw

import (
	"encoding/xml"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestDocumentsAreStrict(t *testing.T) {
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"a plain document", `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, true},
		{"with a declaration and S3's namespace", `<?xml version="1.0"?><CORSConfiguration xmlns="` + namespace + `"><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, true},
		{"with a document type", `<!DOCTYPE x><CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, false},
		{"with an own entity", `<!DOCTYPE x [<!ENTITY a "b">]><CORSConfiguration>&a;</CORSConfiguration>`, false},
		{"with another root", `<Cors/>`, false},
		{"with two roots", `<CORSConfiguration/><CORSConfiguration/>`, false},
		{"with an unknown element", `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><X/></CORSRule></CORSConfiguration>`, false},
		{"with text beside elements", `<CORSConfiguration>hello<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, false},
		{"with a duplicate element", `<CORSConfiguration><CORSRule><ID>a</ID><ID>b</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, false},
		{"cut off", `<CORSConfiguration><CORSRule>`, false},
		{"with a processing instruction inside", `<CORSConfiguration><?php x?><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, false},
		{"empty", ``, false},
		{"without rules", `<CORSConfiguration></CORSConfiguration>`, false},
		{"with an unknown method", `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule></CORSConfiguration>`, false},
		{"with two stars", `<CORSConfiguration><CORSRule><AllowedOrigin>*x*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, false},
		{"nested too deep", strings.Repeat("<CORSConfiguration>", 50) + strings.Repeat("</CORSConfiguration>", 50), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseCORS([]byte(tt.text)); (err == nil) != tt.ok {
				t.Errorf("err = %v, ok is %v", err, tt.ok)
			}
		})
	}
}

// A key cut into pieces by comments once cost the square of its length: 2 MB,
// which anybody may send to a bucket they know, took half a minute.
func TestTextInPiecesIsReadOnce(t *testing.T) {
	const pieces = 32 << 10
	body := []byte("<Delete><Object><Key>" + strings.Repeat("x<!---->", pieces) + "</Key></Object></Delete>")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := parseXML(body, "Delete")
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if key := n.kids[0].kids[0].text; key != strings.Repeat("x", pieces) {
		t.Errorf("the key has %d characters, want %d", len(key), pieces)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64*uint64(len(body)) {
		t.Errorf("reading %d bytes took %d bytes of memory", len(body), used)
	}
}

func FuzzCORS(f *testing.F) {
	f.Add([]byte(`<CORSConfiguration><CORSRule><ID>a</ID><AllowedOrigin>http://*.x</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3</MaxAgeSeconds></CORSRule></CORSConfiguration>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := parseCORS(text)
		if err != nil {
			return
		}
		again, err := parseCORS([]byte(printCORS(rules)))
		if err != nil || !cmp.Equal(rules, again) {
			t.Fatalf("%v does not print back: %v %v", rules, again, err)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("a<b>&\"c\x01\uFFFE\r\n")
	f.Add("\xff\xe2\x82")
	f.Fuzz(func(t *testing.T, s string) {
		d := newDoc("R", "")
		d.text(s)
		if !utf8.Valid(d.b) {
			t.Fatalf("%q is written as %q", s, d.b)
		}
		s = string([]rune(s)) // each byte that is no UTF-8 is U+FFFD
		var got struct {
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(d.bytes(), &got); err == nil && got.Text != s {
			t.Fatalf("%q came back as %q", s, got.Text)
		} else if err != nil && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0xFFFE || r == 0xFFFF }) {
			t.Fatalf("%q cannot be read: %v", s, err)
		}
	})
}
