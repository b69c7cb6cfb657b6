package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestGeneratedPackagesAreCurrent(t *testing.T) {
	if err := run("../../internal/wire", true); err != nil {
		t.Error(err)
	}
}

func TestEveryPatternOfTheModelsCompiles(t *testing.T) {
	services, err := load()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range services {
		for name, shape := range s.model.Shapes {
			if shape.Pattern == "" {
				continue
			}
			seen++
			out, err := goPattern(shape.Pattern, s.overlay.Patterns)
			if err != nil {
				t.Errorf("%s %s: %v", s.overlay.Name, name, err)
				continue
			}
			if _, err := regexp.Compile(`\A(?:` + out + `)\z`); err != nil {
				t.Errorf("%s %s: %v", s.overlay.Name, name, err)
			}
		}
		for pattern := range s.overlay.Patterns {
			if !modelHas(s.model, pattern) {
				t.Errorf("%s: the overlay translates %q, which the model does not use", s.overlay.Name, pattern)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d patterns were found", seen)
	}
}

func modelHas(m *model, pattern string) bool {
	for _, s := range m.Shapes {
		if s.Pattern == pattern {
			return true
		}
	}
	return false
}

func TestGoPattern(t *testing.T) {
	tests := []struct {
		name, java, want, err string
	}{
		{"a code point", `[\u0020-\u00FF]+`, `[\x{0020}-\x{00FF}]+`, ""},
		{"white space in a class", `[\w\s]+`, `[\w\s\x0B]+`, ""},
		{"escapes that are the same", `[\p{L}\-\/]+\d`, `[\p{L}\-\/]+\d`, ""},
		{"a code point of more than four digits", `[\u10000-\u10FFFF]`, "", "ambiguous"},
		{"a lookahead", `a(?!b)`, "", "invalid or unsupported Perl syntax"},
		{"white space outside a class", `a\sb`, "", "outside a class"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := goPattern(tt.java, nil)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %q, %v", got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestModelsWithAnotherWireFormAreRefused(t *testing.T) {
	tests := []struct{ name, shapes, err string }{
		{"a flattened list", `{"L":{"type":"list","flattened":true,"member":{"shape":"S"}}}`, "flattened"},
		{"a renamed member", `{"T":{"type":"structure","members":{"A":{"shape":"S","locationName":"b"}}}}`, "wire form"},
		{"a header member", `{"T":{"type":"structure","members":{"A":{"shape":"S","location":"header"}}}}`, "wire form"},
		{"a renamed list element", `{"L":{"type":"list","member":{"shape":"S","locationName":"item"}}}`, "renames"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode([]byte(`{"shapes":` + tt.shapes + `}`))
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOverlayMistakesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		o    overlay
		err  string
	}{
		{"an unknown operation", overlay{Unsigned: []string{"Nope"}}, "model lacks"},
		{"a planned operation that exists", overlay{Planned: []string{"Op"}}, "model has"},
		{"an unknown sensitive shape", overlay{Sensitive: []string{"Nope"}}, "model lacks"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &model{Operations: map[string]*operation{"Op": {}}, Shapes: map[string]*shape{}}
			if err := m.apply(&tt.o); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnOverlayNamesOneModel(t *testing.T) {
	for _, o := range []overlay{{}, {Model: "sts/2011-06-15/api-2.json", OwnModel: "rockpool/api-2.json"}, {OwnModel: "../main.go"}} {
		if _, err := readModel("/nowhere", &o); err == nil {
			t.Errorf("%+v was read", o)
		}
	}
}

func TestMembersKeepTheModelsOrder(t *testing.T) {
	var m members
	if err := json.Unmarshal([]byte(`{"Z":{"shape":"A"},"A":{"shape":"Z"},"M":{"shape":"M"}}`), &m); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.names, ""); got != "ZAM" {
		t.Errorf("got %s", got)
	}
}
