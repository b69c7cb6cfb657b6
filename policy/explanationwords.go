package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// The sentences about single parts of an Explanation. They are made of its data
// alone, so an explanation that was stored reads as it did when it was made.

// plainText makes a text from outside safe to print: what a terminal might obey
// or a reader might not see is escaped.
func plainText(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return strconv.QuoteToASCII(s)
		}
	}
	return s
}

// visible is plainText for a whole sentence: it escapes single characters, as JSON
// does, so that a statement stays one.
func visible(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case unicode.IsPrint(r):
			if b.Len() > 0 {
				b.WriteRune(r)
			}
			continue
		case b.Len() == 0:
			b.WriteString(s[:i])
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	if b.Len() == 0 {
		return s
	}
	return b.String()
}

// quoted is plainText in quotation marks.
func quoted(s string) string {
	if p := plainText(s); p != s {
		return p
	}
	return `"` + s + `"`
}

// orList joins values: a, b or c. Of many it gives the first three.
func orList(values []string, show func(string) string) string { return series(values, "or", show) }

func series(values []string, word string, show func(string) string) string {
	const most = 3
	var list []string
	for i, v := range values {
		if i == most && len(values) > most+1 || strings.HasPrefix(v, cutMark) {
			more := strconv.Itoa(len(values)-i) + " others"
			if last := values[len(values)-1]; strings.HasPrefix(last, cutMark) {
				more = "others"
			}
			list = append(list, more)
			break
		}
		list = append(list, show(v))
	}
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return list[0]
	default:
		return strings.Join(list[:n-1], ", ") + " " + word + " " + list[n-1]
	}
}

// name is how the statement is called: by its Sid, else by its place.
func (r *StatementRef) name() string {
	switch {
	case r.Index < 0:
		return "policy " + policyName(r.Policy)
	case r.Sid != "":
		return plainText(r.Sid)
	}
	return "statement " + strconv.Itoa(r.Index+1)
}

func policyName(name string) string {
	if name == "" {
		return "without name"
	}
	return plainText(name)
}

// String names the statement with its policy and line: "ReadPrivateBucket (policy
// Pictures, line 4)".
func (r *StatementRef) String() string {
	var where []string
	if r.Index >= 0 && r.Policy != "" {
		where = append(where, policyTitle(r.Policy))
	}
	if r.Source != "" {
		where = append(where, plainText(r.Source))
	}
	if r.Line > 0 {
		where = append(where, "line "+strconv.Itoa(r.Line))
	}
	if len(where) == 0 {
		return r.name()
	}
	return r.name() + " (" + strings.Join(where, ", ") + ")"
}

// policyTitle says that a name is a policy's, unless it does itself.
func policyTitle(name string) string {
	name = plainText(name)
	if strings.Contains(strings.ToLower(name), "policy") {
		return name
	}
	return "policy " + name
}

// clause says what is wrong with an element, to follow the statement's name:
// "allows s3:GetObject only".
func (f *FailedElement) clause() string {
	text := ""
	switch f.Element {
	case "Action":
		text = "allows " + orList(f.Wanted, plainText) + " only"
		if len(f.Wanted) > 1 {
			text = "allows only " + series(f.Wanted, "and", plainText)
		}
	case "NotAction":
		text = "allows everything but " + orList(f.Wanted, plainText) + " (NotAction)"
	case "Resource":
		text = "is for " + series(f.Wanted, "and", plainText) + " only" + f.here(plainText)
	case "NotResource":
		text = "is for everything but " + orList(f.Wanted, plainText) + " (NotResource)" + f.here(plainText)
	case "Principal":
		text = "names " + series(f.Wanted, "and", plainText) + " only"
		if len(f.Wanted) == 0 {
			text = "names nobody"
		}
	case "NotPrincipal":
		text = "names everybody but " + orList(f.Wanted, plainText) + " (NotPrincipal)"
	default:
		text = f.condition()
	}
	return text + f.remarks()
}

// here tells what the values mean with their variables filled in.
func (f *FailedElement) here(show func(string) string) string {
	if len(f.Meaning) == 0 || len(f.Unset) > 0 {
		return ""
	}
	return ", here " + series(f.Meaning, "and", show)
}

func (f *FailedElement) remarks() string {
	text := ""
	if len(f.Unset) == 1 {
		text = "; its variable ${" + plainText(f.Unset[0]) + "} has no value in this request"
	} else if len(f.Unset) > 1 {
		text = "; its variables " + series(f.Unset, "and", func(s string) string { return "${" + plainText(s) + "}" }) + " have no value in this request"
	}
	if f.Note != "" {
		text += "; " + visible(f.Note)
	}
	return text
}

func (f *FailedElement) condition() string {
	op, _ := parseOperator(f.Operator)
	subject, verb := plainText(f.Key), "to be "
	switch op.qualifier {
	case forAnyValue:
		subject = "some value of " + subject
	case forAllValues:
		subject = "every value of " + subject
	}
	if op.negated {
		verb = "not to be "
	}
	but := "but the request does not have that key"
	switch {
	case len(f.Seen) == 1:
		but = "but it is " + quoted(f.Seen[0])
	case len(f.Seen) > 1:
		but = "but it has the values " + series(f.Seen, "and", quoted)
	}
	return "requires " + subject + " " + verb + relation(&op, f.Wanted) + " (" + plainText(f.Operator) + ")" + f.here(quoted) + ", " + but
}

// relation says what an operator compares with, to follow "be".
func relation(op *operator, values []string) string {
	list := orList(values, quoted)
	if list == "" {
		list = "one of no values"
	}
	switch op.family {
	case null:
		return presence(values)
	case stringLike:
		return "like " + list
	case stringEqualsIgnoreCase:
		return list + " in any letter case"
	case ipAddress:
		return "in " + list
	case numeric, date:
		words := [...]string{less: "less than ", lessOrEqual: "at most ", greater: "more than ", greaterOrEqual: "at least "}
		if op.family == date {
			words = [...]string{less: "before ", lessOrEqual: "no later than ", greater: "after ", greaterOrEqual: "no earlier than "}
		}
		return words[op.compare] + list
	}
	return list
}

// presence says what Null wants.
func presence(values []string) string {
	absent, present := false, false
	for _, v := range values {
		absent = absent || strings.EqualFold(v, "true")
		present = present || strings.EqualFold(v, "false")
	}
	switch {
	case absent:
		return "absent"
	case present:
		return "present and not empty"
	}
	return "neither absent nor present, as Null knows true and false only"
}

// clause says why a condition of the deciding statement held: `aws:SourceIp is
// "192.0.2.1", which is not in "10.0.0.0/8"`.
func (m *MatchedCondition) clause() string {
	op, _ := parseOperator(m.Operator)
	key, operator := plainText(m.Key), " ("+plainText(m.Operator)+")"
	verb := "is "
	if op.negated {
		verb = "is not "
	}
	note := ""
	if m.Note != "" {
		note = "; " + visible(m.Note)
	}
	wanted := m.Wanted
	if len(m.Meaning) > 0 {
		wanted = m.Meaning
	}
	switch {
	case m.Missing && op.family == null:
		return key + " is not in the request" + operator
	case m.Missing:
		return key + " is not in the request, and " + plainText(m.Operator) + " holds without it"
	case len(m.Seen) > 1:
		return key + " has the values " + series(m.Seen, "and", quoted) + operator + note
	case op.family == null, !op.negated && len(wanted) == 1 && len(m.Seen) == 1 && wanted[0] == m.Seen[0]:
		return key + " is " + series(m.Seen, "and", quoted) + operator + note
	}
	return fmt.Sprintf("%s is %s, which %s%s%s%s", key, series(m.Seen, "and", quoted), verb, relation(&op, wanted), operator, note)
}
