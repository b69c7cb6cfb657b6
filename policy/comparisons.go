package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// compileTest prepares one value of a condition. A value that cannot be read
// becomes a test that answers unknown.
func compileTest(op operator, value string, variables bool) test {
	switch op.family {
	case stringEquals:
		return compileText(value, dialect{variables: variables})
	case stringLike:
		return compileText(value, dialect{variables: variables, wildcards: true})
	case stringEqualsIgnoreCase:
		return foldedText{compilePattern(value, dialect{variables: variables})}
	case numeric:
		if n, ok := parseDecimal(value); ok {
			return number{op.compare, n}
		}
	case date:
		if t, ok := parseInstant(value); ok {
			return moment{op.compare, t}
		}
	case boolean:
		switch {
		case strings.EqualFold(value, "true"):
			return trueOrFalse(true)
		case strings.EqualFold(value, "false"):
			return trueOrFalse(false)
		}
		return truth{compilePattern(value, dialect{variables: variables})}
	case binary:
		if b, err := base64.StdEncoding.DecodeString(value); err == nil {
			return bytes(b)
		}
	case ipAddress:
		if p, ok := parsePrefix(value); ok {
			return network(p)
		}
	case arnLike:
		if p := compileARN(value, variables); p.shape != neverARN {
			return arnTest{p}
		}
	}
	return unreadable{}
}

// unreadable stands for a policy value that is not of its operator's type.
type unreadable struct{}

func (unreadable) match(string, *Context) verdict { return unknown }

// literal is a string without wildcards or variables.
type literal string

func (l literal) match(value string, _ *Context) verdict { return verdictOf(value == string(l)) }

// text is a string with wildcards or variables.
type text struct{ pattern pattern }

// match finds a variable without value to be null, which differs from every
// text: no, rather than unknown (spec 1.7).
func (t *text) match(value string, ctx *Context) verdict {
	return verdictOf(t.pattern.match(value, ctx))
}

func compileText(value string, d dialect) test {
	if !strings.ContainsAny(value, "*?$") {
		return literal(value)
	}
	p := compilePattern(value, d)
	if p.exact {
		return literal(p.lit)
	}
	return &text{p}
}

// foldedText compares without regard to case, by Unicode's simple folding.
type foldedText struct{ pattern pattern }

func (t foldedText) match(value string, ctx *Context) verdict {
	for _, a := range t.pattern.chunks[0] {
		part := a.text
		if a.kind == variableAtom {
			v, ok := t.pattern.vars[a.index].resolve(ctx)
			if !ok {
				return no
			}
			part = v
		}
		var ok bool
		if value, ok = cutFold(value, part); !ok {
			return no
		}
	}
	return verdictOf(value == "")
}

// cutFold cuts the prefix off s, character by character.
func cutFold(s, prefix string) (rest string, ok bool) {
	for prefix != "" {
		_, n := utf8.DecodeRuneInString(s)
		_, m := utf8.DecodeRuneInString(prefix)
		if n == 0 || !strings.EqualFold(s[:n], prefix[:m]) {
			return "", false
		}
		s, prefix = s[n:], prefix[m:]
	}
	return s, true
}

// number compares exactly, as decimals.
type number struct {
	compare comparison
	value   decimal
}

func (n number) match(value string, _ *Context) verdict {
	d, ok := parseDecimal(value)
	if !ok {
		return unknown
	}
	return verdictOf(n.compare.holds(d.compare(&n.value)))
}

// moment compares instants.
type moment struct {
	compare comparison
	value   instant
}

func (m moment) match(value string, _ *Context) verdict {
	t, ok := parseInstant(value)
	if !ok {
		return unknown
	}
	return verdictOf(m.compare.holds(t.compare(m.value)))
}

// trueOrFalse is true or false.
type trueOrFalse bool

func (f trueOrFalse) match(value string, _ *Context) verdict {
	switch {
	case strings.EqualFold(value, "true"):
		return verdictOf(bool(f))
	case strings.EqualFold(value, "false"):
		return verdictOf(!bool(f))
	}
	return unknown
}

// truth is true or false by way of a variable.
type truth struct{ pattern pattern }

func (t truth) match(value string, ctx *Context) verdict {
	if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		return unknown
	}
	return foldedText(t).match(value, ctx)
}

// bytes is a decoded binary value.
type bytes string

func (b bytes) match(value string, _ *Context) verdict { return verdictOf(value == string(b)) }

// network is an address range.
type network netip.Prefix

func (n network) match(value string, _ *Context) verdict {
	if len(value) > longestRead {
		return unknown
	}
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" {
		return unknown
	}
	// An IPv4 caller on an IPv6 socket is an IPv4 caller.
	return verdictOf(netip.Prefix(n).Contains(addr.Unmap()))
}

// parsePrefix reads a CIDR or a bare address. Host bits may be set.
func parsePrefix(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, false
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, false // wider than all of IPv4: means nothing
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

// arnTest matches ARNs field by field.
type arnTest struct{ pattern arnPattern }

func (t arnTest) match(value string, ctx *Context) verdict {
	fields, ok := splitARN(value)
	if !ok {
		return unknown
	}
	if t.pattern.shape == wholeARN {
		return verdictOf(t.pattern.whole.match(value, ctx))
	}
	return verdictOf(t.pattern.matchFields(&fields, ctx))
}
