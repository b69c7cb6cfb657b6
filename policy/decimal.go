package policy

import "strings"

// decimal is an exact decimal number, kept as digits: 0.d1d2d3… × 10^exp,
// with d1 and the last digit not zero. The digits are those of a followed by
// those of b, so that "12.5" needs no copy. Zero has no digits. Numbers are
// never turned into floats: 9007199254740993 is not 9007199254740992
// (spec/iam-sts.md 1.8).
type decimal struct {
	negative bool
	a, b     string
	exp      int
}

func (d *decimal) len() int { return len(d.a) + len(d.b) }

func (d *decimal) digit(i int) byte {
	if i < len(d.a) {
		return d.a[i]
	}
	return d.b[i-len(d.a)]
}

// maxExponent bounds a written exponent, which keeps the arithmetic on it
// far from overflow.
const maxExponent = 1_000_000

// longestRead bounds the texts that are read as numbers and dates, in bytes:
// nothing longer is one. Every value of a condition reads the request's anew,
// so a header of zeros would else be read thousands of times.
const longestRead = 1000

// parseDecimal reads an optionally signed decimal number, with JSON's
// exponent allowed.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	if len(s) > longestRead {
		return d, false
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.negative = s[0] == '-'
		s = s[1:]
	}
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var ok bool
		if exponent, ok = parseExponent(s[i+1:]); !ok {
			return decimal{}, false
		}
		s = s[:i]
	}
	whole, fraction, point := strings.Cut(s, ".")
	if !allDigits(whole) || !allDigits(fraction) || whole == "" || point && fraction == "" {
		return decimal{}, false
	}
	d.a, d.b = strings.TrimLeft(whole, "0"), fraction
	d.exp = len(d.a) + exponent
	if d.a == "" {
		d.b = strings.TrimLeft(fraction, "0")
		d.exp = exponent - (len(fraction) - len(d.b))
	}
	if d.b = strings.TrimRight(d.b, "0"); d.b == "" {
		d.a = strings.TrimRight(d.a, "0")
	}
	if d.len() == 0 {
		return decimal{}, true // zero has no sign and no exponent
	}
	return d, true
}

func parseExponent(s string) (int, bool) {
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if s == "" || !allDigits(s) {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if n = n*10 + int(s[i]-'0'); n > maxExponent {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// compare returns -1, 0 or +1.
func (d *decimal) compare(e *decimal) int {
	sign := func(negative bool, n int) int {
		if negative {
			return -n
		}
		return n
	}
	switch {
	case d.len() == 0 && e.len() == 0:
		return 0
	case d.len() == 0:
		return sign(e.negative, -1)
	case e.len() == 0:
		return sign(d.negative, 1)
	case d.negative != e.negative:
		return sign(d.negative, 1)
	case d.exp != e.exp:
		return sign(d.negative != (d.exp < e.exp), 1)
	}
	for i := range min(d.len(), e.len()) {
		if a, b := d.digit(i), e.digit(i); a != b {
			return sign(d.negative != (a < b), 1)
		}
	}
	return sign(d.negative, compareInts(d.len(), e.len()))
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
