package rockpoolapi

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/decision"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
	"github.com/rockpool-id/rockpool/policy"
)

// fill gives every field below v a value of its own, and returns the texts. A type
// inside itself is filled once more and no deeper.
func fill(v reflect.Value, depth map[reflect.Type]int, texts *[]string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth, texts)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)))
			return
		}
		if depth[v.Type()]++; depth[v.Type()] <= 2 {
			for i := range v.NumField() {
				fill(v.Field(i), depth, texts)
			}
		}
		depth[v.Type()]--
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth, texts)
	case reflect.String:
		*texts = append(*texts, fmt.Sprintf("text-%d-", len(*texts)))
		v.SetString((*texts)[len(*texts)-1])
	case reflect.Int:
		switch v.Type() {
		case reflect.TypeFor[policy.Effect]():
			v.SetInt(int64(policy.ExplicitDeny))
		case reflect.TypeFor[policy.Layer]():
			v.SetInt(int64(policy.SessionLayer))
		default:
			n := 1_000_000 + len(*texts)
			*texts = append(*texts, fmt.Sprint(n))
			v.SetInt(int64(n))
		}
	case reflect.Bool:
		v.SetBool(true)
	}
}

// A record that package policy or package decision learns to say more with must
// say it here too.
func TestNothingOfARecordIsLost(t *testing.T) {
	var r decision.Record
	var texts []string
	fill(reflect.ValueOf(&r).Elem(), map[reflect.Type]int{}, &texts)
	if len(texts) < 80 {
		t.Fatalf("only %d fields were filled", len(texts))
	}
	d := shape(&r)
	if text := *d.Text; text != r.Explanation.Text() {
		t.Errorf("the words are not the engine's: %q", text)
	}
	d.Text = nil // it repeats much of the rest
	shapes := &wire.Shapes{}
	got := string(awsjson.Encode(nil, shapes, &d))
	for _, text := range texts {
		if text == fmt.Sprint(r.More) {
			continue // stands beside the decisions
		}
		if !strings.Contains(got, text) {
			t.Errorf("%s is lost", text)
		}
	}
	if want, got := countBools(reflect.ValueOf(r), 0), strings.Count(got, ":true"); got != want {
		t.Errorf("%d of %d true facts are told", got, want)
	}
}

func countBools(v reflect.Value, n int) int {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return countBools(v.Elem(), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n = countBools(v.Field(i), n)
		}
	case reflect.Slice:
		for i := range v.Len() {
			n = countBools(v.Index(i), n)
		}
	case reflect.Bool:
		if v.Bool() {
			n++
		}
	}
	return n
}

// What an explanation need not have is absent, and what an answer must have is
// there.
func TestAnEmptyRecord(t *testing.T) {
	d := shape(&decision.Record{Explanation: &policy.Explanation{Layers: []policy.LayerExplanation{{}}}})
	got := string(awsjson.Encode(nil, &wire.Shapes{}, &d))
	for _, member := range []string{`"Layers":[{"Effect":"implicitDeny","Policies":[],"Statements":0}]`, `"Keys":[]`, `"Seq":0`, `"Effect":"implicitDeny"`} {
		if !strings.Contains(strings.ReplaceAll(got, `"Layer":"",`, ""), member) {
			t.Errorf("no %s in %s", member, got)
		}
	}
	for _, member := range []string{"Fix", "Statement", "MatchedStatement", "Rule", "Missing", "NearMisses", "DecidedBy"} {
		if strings.Contains(got, `"`+member+`":`) {
			t.Errorf("%s in %s", member, got)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "7 days", 168 * time.Hour: "7 days", 24 * time.Hour: "24 hours", 36 * time.Hour: "36 hours", time.Hour: "1h0m0s", 90 * time.Second: "1m30s",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
