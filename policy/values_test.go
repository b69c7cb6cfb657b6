package policy

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestParseDecimal(t *testing.T) {
	for _, s := range []string{"", "-", "+", ".", "1.", ".5", "1.2.3", "abc", "1a", " 1", "1 ", "0x1", "1e", "1e+", "e5", "1e1.5", "1e99999999", "--1", "NaN", "Infinity", "1_000", "1,5"} {
		if _, ok := parseDecimal(s); ok {
			t.Errorf("%q is a number", s)
		}
	}
	// Each line is equal in itself and less than the next.
	order := [][]string{
		{"-1e20", "-100000000000000000000"}, {"-20"}, {"-10.5"}, {"-10"}, {"-9.99"}, {"-0.01"}, {"0", "-0", "+0", "00", "0.000", "0e5"},
		{"0.0049"}, {"0.005", "5e-3", "0.00500", "0.5E-2"}, {"0.05"}, {"1", "1.0", "+1", "01", "10e-1"}, {"1.05"}, {"1.2", "12e-1"}, {"9"}, {"10", "1e1", "10.00"},
		{"9007199254740992"}, {"9007199254740993"}, {"9007199254740993.0000000001"}, {"1e1000000"},
	}
	for i, a := range order {
		for j, b := range order {
			for _, x := range a {
				for _, y := range b {
					d, ok1 := parseDecimal(x)
					e, ok2 := parseDecimal(y)
					if !ok1 || !ok2 {
						t.Fatalf("%q %q are no numbers", x, y)
					}
					if got, want := d.compare(&e), compareInts(i, j); got != want {
						t.Errorf("compare(%s, %s) = %d, want %d", x, y, got, want)
					}
				}
			}
		}
	}
}

func FuzzDecimal(f *testing.F) {
	f.Add("1.50", "-3e2")
	f.Add("0.001", "100e-5")
	f.Fuzz(func(t *testing.T, a, b string) {
		d, ok1 := parseDecimal(a)
		e, ok2 := parseDecimal(b)
		if !ok1 || !ok2 || strings.ContainsAny(a+b, "eE") && (len(a) > 6 || len(b) > 6) {
			return
		}
		x, ok1 := new(big.Rat).SetString(a)
		y, ok2 := new(big.Rat).SetString(b)
		if !ok1 || !ok2 {
			t.Fatalf("big.Rat does not read %q or %q", a, b)
		}
		if got, want := d.compare(&e), x.Cmp(y); got != want {
			t.Errorf("compare(%s, %s) = %d, want %d", a, b, got, want)
		}
	})
}

func TestParseInstant(t *testing.T) {
	for _, s := range []string{"", "x", "20x6", "2026-", "2026-13", "2026-00-01", "2026-02-30", "2026-1-1", "2026-01-01T", "2026-01-01T10", "2026-01-01T24:00Z", "2026-01-01T10:60Z", "2026-01-01T10:00:60Z",
		"2026-01-01T10:00:00.Z", "2026-01-01T10:00:00.1234567890Z", "2026-01-01T10:00:00+24:00", "2026-01-01T10:00:00+1", "2026-01-01T10:00:00+10:60", "2026-01-01T10:00:00Q", "2026-01-01T10:00:00Zx", "2026-01-01 10:00", "9223372036854775808", "-", "1e9"} {
		if got, ok := parseInstant(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
	for s, want := range map[string]string{
		"2026": "2026-01-01T00:00:00Z", "2026-03": "2026-03-01T00:00:00Z", "2024-02-29": "2024-02-29T00:00:00Z",
		"2026-03-04T05:06Z": "2026-03-04T05:06:00Z", "2026-03-04T05:06": "2026-03-04T05:06:00Z", "2026-03-04T05:06:07": "2026-03-04T05:06:07Z", "2026-03-04T05:06:07.5Z": "2026-03-04T05:06:07.5Z",
		"2026-03-04T05:06:07.123456789+02:00": "2026-03-04T03:06:07.123456789Z", "2026-01-01T00:00:00-0530": "2026-01-01T05:30:00Z", "2026-01-01t5:06:07+01": "2026-01-01T04:06:07Z", "2026-01-01T05:06:07z": "2026-01-01T05:06:07Z",
		"0": "1970-01-01T00:00:00Z", "1767225600": "2026-01-01T00:00:00Z", "-1": "1969-12-31T23:59:59Z",
	} {
		got, ok := parseInstant(s)
		if !ok {
			t.Errorf("%q is no date", s)
			continue
		}
		if back := time.Unix(got.sec, int64(got.nano)).UTC().Format(time.RFC3339Nano); back != want {
			t.Errorf("%q is %s, want %s", s, back, want)
		}
	}
}

func FuzzInstant(f *testing.F) {
	f.Add(int64(1767225600), int64(5))
	f.Fuzz(func(t *testing.T, sec, nano int64) {
		want := time.Unix(sec%250_000_000_000, nano).UTC()
		if want.Year() < 0 || want.Year() > 9999 {
			return
		}
		got, ok := parseInstant(want.Format(time.RFC3339Nano))
		if !ok || got.sec != want.Unix() || int(got.nano) != want.Nanosecond() {
			t.Errorf("%v read as %v, %v", want, got, ok)
		}
	})
}

// TestComparisons tries every operator on values of every kind. The table
// lists what must be accepted; swap says that Allow and Deny differ, because
// the comparison cannot be made.
func TestComparisons(t *testing.T) {
	ctx := &Context{}
	ctx.Set("t:v", "Value")
	ctx.Set("t:arn", "arn:aws:iam::111122223333:role/R")
	ctx.Set("t:star", "*")
	const (
		never  = 0
		always = 1
		unsure = 2 // no for Allow, yes for Deny
	)
	tests := []struct {
		operator, policy, value string
		want                    int
	}{
		{"StringEquals", "a", "a", always}, {"StringEquals", "a", "A", never}, {"StringEquals", "", "", always}, {"StringEquals", "${t:v}", "Value", always}, {"StringEquals", "${*}", "*", always}, {"StringEquals", "x${t:v}y", "xValuey", always},
		{"StringNotEquals", "a", "a", never}, {"StringNotEquals", "a", "b", always}, {"StringNotEquals", "${t:none}", "b", always},
		{"StringEqualsIgnoreCase", "ÄpFel", "äPfEL", always}, {"StringEqualsIgnoreCase", "a", "ab", never}, {"StringEqualsIgnoreCase", "ab", "a", never}, {"StringEqualsIgnoreCase", "x-${t:v}", "X-vALUE", always}, {"StringEqualsIgnoreCase", "${t:none}", "x", never}, {"StringEqualsIgnoreCase", "a*", "aa", never},
		{"StringNotEqualsIgnoreCase", "A", "a", never}, {"StringNotEqualsIgnoreCase", "A", "b", always},
		{"StringLike", "a*", "abc", always}, {"StringLike", "${t:star}", "abc", never}, {"StringLike", "${t:star}", "*", always}, {"StringNotLike", "a*", "abc", never}, {"StringNotLike", "a*", "bc", always},
		{"NumericEquals", "1", "1.0", always}, {"NumericNotEquals", "1", "1.0", never}, {"NumericNotEquals", "1", "2", always}, {"NumericLessThan", "1", "0.9", always}, {"NumericLessThan", "1", "1", never}, {"NumericLessThanEquals", "1", "1", always},
		{"NumericGreaterThan", "1", "1.1", always}, {"NumericGreaterThan", "1", "1", never}, {"NumericGreaterThanEquals", "1", "1", always}, {"NumericGreaterThanEquals", "1", "0", never},
		{"NumericEquals", "x", "1", never}, {"NumericEquals", "1", "x", never}, {"NumericNotEquals", "x", "1", unsure}, {"NumericNotEquals", "1", "x", unsure}, {"NumericEquals", "${t:v}", "1", never},
		{"DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", always}, {"DateEquals", "1767225600", "2026-01-01T00:00:00Z", always}, {"DateNotEquals", "2026", "2026-01-01T00:00:00Z", never}, {"DateLessThan", "2026", "2025-12-31T23:59:59.999Z", always}, {"DateLessThanEquals", "2026", "2026", always},
		{"DateGreaterThan", "2026", "2026-01-01T00:00:00.000000001Z", always}, {"DateGreaterThanEquals", "2026", "1767225600", always}, {"DateGreaterThan", "2026", "yesterday", never}, {"DateNotEquals", "2026", "yesterday", unsure},
		{"Bool", "true", "TRUE", always}, {"Bool", "True", "true", always}, {"Bool", "false", "true", never}, {"Bool", "yes", "true", never}, {"Bool", "true", "yes", never}, {"Bool", "${t:none}", "true", never},
		{"BinaryEquals", "QQ==", "A", always}, {"BinaryEquals", "QQ==", "B", never}, {"BinaryEquals", "QQ", "A", never},
		{"IpAddress", "10.1.2.3/8", "10.200.0.1", always}, {"IpAddress", "10.0.0.0/8", "11.0.0.1", never}, {"IpAddress", "::ffff:10.0.0.0/104", "10.9.9.9", always}, {"IpAddress", "::ffff:10.0.0.1", "10.0.0.1", always}, {"IpAddress", "::ffff:0.0.0.0/90", "10.0.0.1", never}, {"IpAddress", "2001:db8::/32", "2001:db8::1", always}, {"IpAddress", "2001:db8::1", "2001:db8::1", always},
		{"IpAddress", "::/0", "10.0.0.1", never}, {"IpAddress", "0.0.0.0/0", "2001:db8::1", never}, {"IpAddress", "0.0.0.0/0", "10.0.0.1", always}, {"NotIpAddress", "::/0", "10.0.0.1", always}, {"NotIpAddress", "10.0.0.0/8", "10.0.0.1", never},
		{"IpAddress", "nowhere", "10.0.0.1", never}, {"IpAddress", "10.0.0.0/8", "nowhere", never}, {"IpAddress", "fe80::1%eth0", "fe80::1", never}, {"IpAddress", "fe80::/10", "fe80::1%eth0", never}, {"NotIpAddress", "10.0.0.0/33", "11.0.0.1", unsure}, {"NotIpAddress", "10.0.0.0/8", "nowhere", unsure}, {"NotIpAddress", "fe80::/10", "fe80::1%eth0", unsure},
		{"ArnEquals", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/a/b", always}, {"ArnLike", "arn:*:iam::1111?2223333:role/R", "arn:aws:iam::111122223333:role/R", always}, {"ArnLike", "arn:aws:iam::*", "arn:aws:iam::1:role/R", never}, {"ArnLike", "arn:aws:s3:::b", "arn:aws:s3:::B", never},
		{"ArnLike", "*", "arn:aws:s3:::b", never}, {"ArnLike", "${t:arn}", "arn:aws:iam::111122223333:role/R", always}, {"ArnLike", "${t:none}", "arn:aws:iam::111122223333:role/R", never}, {"ArnLike", "${t:star}", "arn:aws:s3:::b", never}, {"ArnLike", "${t:arn}?", "arn:aws:iam::111122223333:role/Rx", never}, {"ArnLike", "${t:arn}*", "arn:aws:iam::111122223333:role/R", never}, {"ArnLike", "arn:aws:s3:::${t:v}", "arn:aws:s3:::Value", always}, {"ArnLike", "arn:aws:s3:::${t:star}", "arn:aws:s3:::Value", never},
		{"ArnLike", "arn:aws:${t:v}:::x", "arn:aws:Value:::x", always}, {"ArnEquals", "arn:aws:s3:::b", "not an arn", never}, {"ArnNotEquals", "arn:aws:s3:::b", "not an arn", unsure}, {"ArnNotLike", "arn:aws:s3", "arn:aws:s3:::b", unsure}, {"ArnNotLike", "nra:aws:s3:::b", "arn:aws:s3:::b", unsure}, {"ArnNotLike", "arn:aws:s3:::b", "arn:aws:s3:::c", always}, {"ArnNotEquals", "arn:aws:s3:::${t:none}", "arn:aws:s3:::c", always},
		{"Null", "true", "x", never}, {"Null", "false", "x", always}, {"Null", "true", "", always}, {"Null", "false", "", never}, {"Null", "maybe", "x", never}, {"ForAnyValue:Null", "false", "x", always},
	}
	for _, tt := range tests {
		c := compileCondition(newContextKey("T:Key"), &Condition{Operator: tt.operator, Key: "T:Key", Values: []string{tt.policy}}, true)
		ctx.Set("t:key", tt.value)
		if got, want := c.holds(ctx, false), tt.want == always; got != want {
			t.Errorf("Allow if %s %q, value %q: %v, want %v", tt.operator, tt.policy, tt.value, got, want)
		}
		if got, want := c.holds(ctx, true), tt.want != never; got != want {
			t.Errorf("Deny if %s %q, value %q: %v, want %v", tt.operator, tt.policy, tt.value, got, want)
		}
	}
}

// TestMissingKeys is the table of missing keys in spec/iam-sts.md 1.8.
func TestMissingKeys(t *testing.T) {
	positive := []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "ArnEquals", "ArnLike"}
	negated := []string{"StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals", "DateNotEquals", "NotIpAddress", "ArnNotEquals", "ArnNotLike"}
	empty := &Context{}
	empty.SetMulti("t:key", nil)
	check := func(operator string, want bool) {
		t.Helper()
		if _, ok := parseOperator(operator); !ok {
			t.Fatalf("unknown operator %s", operator)
		}
		c := compileCondition(newContextKey("T:Key"), &Condition{Operator: operator, Key: "t:key", Values: []string{"1"}}, true)
		for name, ctx := range map[string]*Context{"no context": nil, "no key": {}, "no values": empty} {
			if got := c.holds(ctx, false); got != want {
				t.Errorf("%s with %s: %v, want %v", operator, name, got, want)
			}
		}
	}
	for i, op := range append(positive, negated...) {
		check(op, i >= len(positive))
		check(op+"IfExists", true)
		check("ForAllValues:"+op, true)
		check("ForAllValues:"+op+"IfExists", true)
		check("ForAnyValue:"+op, false)
		check("ForAnyValue:"+op+"IfExists", true)
	}
	for _, op := range []string{"", "String", "Numeric", "Date", "NumericLike", "NullIfExists", "ForAllValues:", "ForSomeValue:StringEquals", "IfExists", "StringEqualsIfExistsIfExists", "BoolNotEquals", "BinaryNotEquals"} {
		if _, ok := parseOperator(op); ok {
			t.Errorf("%q is an operator", op)
		}
	}
}

func TestSetOperators(t *testing.T) {
	ctx := &Context{}
	ctx.SetMulti("t:key", []string{"a", "b"})
	for _, tt := range []struct {
		operator string
		policy   []string
		want     bool
	}{
		{"ForAllValues:StringEquals", []string{"a", "b", "c"}, true}, {"ForAllValues:StringEquals", []string{"a"}, false}, {"ForAllValues:StringNotEquals", []string{"c"}, true}, {"ForAllValues:StringNotEquals", []string{"a"}, false},
		{"ForAnyValue:StringEquals", []string{"b"}, true}, {"ForAnyValue:StringEquals", []string{"c"}, false}, {"ForAnyValue:StringNotEquals", []string{"a"}, true}, {"ForAnyValue:StringNotEquals", []string{"a", "b"}, false},
		{"StringEquals", []string{"a", "b"}, false}, {"StringNotEquals", []string{"c"}, false}, {"StringEqualsIfExists", []string{"a", "b"}, false}, {"ForAnyValue:StringEquals", nil, false}, {"ForAllValues:StringEquals", nil, false}, {"ForAllValues:StringNotEquals", nil, true},
	} {
		c := compileCondition(newContextKey("T:Key"), &Condition{Operator: tt.operator, Key: "t:key", Values: tt.policy}, true)
		for _, deny := range []bool{false, true} {
			if got := c.holds(ctx, deny); got != tt.want {
				t.Errorf("%s %v: %v, want %v", tt.operator, tt.policy, got, tt.want)
			}
		}
	}
}

// TestCalendar holds the calendar against package time's, for every day that
// a date can name and some that do not exist.
func TestCalendar(t *testing.T) {
	for year := 0; year < 10000; year += 1 + year%7 {
		for month := 1; month <= 12; month++ {
			for _, day := range []int{1, 28, 29, 30, 31} {
				want := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
				text := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				got, ok := parseInstant(text)
				if exists := want.Day() == day; ok != exists || ok && got.sec != want.Unix() {
					t.Fatalf("%s: %v %v, want %v %v", text, got.sec, ok, want.Unix(), exists)
				}
			}
		}
	}
}

// TestOldVersionsHaveNoVariablesInARNs: under 2008-10-17 the colon in ${…:…}
// is a colon like any other.
func TestOldVersionsHaveNoVariablesInARNs(t *testing.T) {
	ctx := &Context{}
	const text = "arn:aws:s3::${aws:b}:c"
	ctx.Set("t:key", text)
	ctx.Set("aws:b", "1")
	for variables, want := range map[bool]bool{false: true, true: false} {
		c := compileCondition(newContextKey("t:key"), &Condition{Operator: "ArnEquals", Values: []string{text}}, variables)
		if got := c.holds(ctx, false); got != want {
			t.Errorf("variables %v: %v", variables, got)
		}
	}
}

// TestLongValuesAreNoNumbers: what is longer than a number, date or address is
// not read to its end, and counts against the caller.
func TestLongValuesAreNoNumbers(t *testing.T) {
	zeros := strings.Repeat("0", longestRead-1)
	for _, tt := range []struct {
		operator, policy, zeros, tail string
		want                          verdict
	}{
		{"NumericEquals", "1", zeros, "1", yes}, {"NumericEquals", "1", zeros + "0", "1", unknown},
		{"DateEquals", "1", zeros, "1", yes}, {"DateEquals", "1", zeros + "0", "1", unknown},
		{"IpAddress", "::/0", zeros + "0", "::1", unknown}, {"NumericEquals", "1" + zeros + "0", "", "1", unknown},
	} {
		op, _ := parseOperator(tt.operator)
		if got := compileTest(op, tt.policy, false).match(tt.zeros+tt.tail, nil); got != tt.want {
			t.Errorf("%s with %d zeros: %v, want %v", tt.operator, len(tt.zeros), got, tt.want)
		}
	}
	d := Document{raw: "{", statements: make([]Statement, 1)}
	if end := d.StatementEnd(0); end != (Position{}) {
		t.Errorf("the end of a statement that is none: %v", end)
	}
}
