package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Hidden replaces values that must not be in a record.
const Hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

const eventVersion = "1.08"

// Append appends e to b as one JSON object without a line end. The order of the
// members is CloudTrail's. It is written by hand because every gateway request
// makes a record; a test holds it against encoding/json.
func Append(b []byte, e *Event) []byte {
	o := object{b: append(b, '{')}
	o.text("eventVersion", eventVersion)
	o.name("userIdentity")
	o.b = appendIdentity(o.b, &e.Principal)
	o.name("eventTime")
	o.b = append(e.Time.UTC().AppendFormat(append(o.b, '"'), "2006-01-02T15:04:05Z"), '"')
	o.text("eventSource", e.EventSource)
	o.text("eventName", e.EventName)
	o.text("awsRegion", e.Region)
	o.text("sourceIPAddress", e.SourceIP)
	o.text("userAgent", e.UserAgent)
	o.optional("errorCode", e.ErrorCode)
	o.optional("errorMessage", e.ErrorMessage)
	o.values("requestParameters", e.Request)
	o.values("responseElements", e.Response)
	if len(e.Extra) > 0 {
		o.values("additionalEventData", e.Extra)
	}
	o.text("requestID", e.RequestID)
	// One record per request, so the request's id names the event too.
	o.text("eventID", e.RequestID)
	o.flag("readOnly", e.ReadOnly)
	if len(e.Resources) > 0 {
		o.name("resources")
		o.b = appendResources(o.b, e.Resources)
	}
	o.text("eventType", "AwsApiCall")
	o.flag("managementEvent", e.Management)
	o.text("recipientAccountId", e.Account)
	category := "Data"
	if e.Management {
		category = "Management"
	}
	o.text("eventCategory", category)
	return append(o.b, '}')
}

// appendIdentity writes userIdentity in the form of its type. Unknown and
// anonymous callers have nothing but the type.
func appendIdentity(b []byte, p *Principal) []byte {
	o := object{b: append(b, '{')}
	kind := p.Type
	if kind == "" {
		kind = "Unknown"
	}
	o.text("type", kind)
	o.optional("principalId", p.ID)
	o.optional("arn", p.ARN)
	o.optional("accountId", p.Account)
	o.optional("accessKeyId", p.AccessKeyID)
	o.optional("userName", p.UserName)
	if kind == "WebIdentityUser" {
		o.optional("identityProvider", p.Provider)
	}
	if p.RoleARN != "" || p.Identity != "" || p.SessionName != "" {
		o.name("sessionContext")
		o.b = appendSessionContext(o.b, p)
	}
	return append(o.b, '}')
}

// appendSessionContext writes who issued the session and, for federated ones, by
// whose word: the pool and the identity are the person behind the role.
func appendSessionContext(b []byte, p *Principal) []byte {
	o := object{b: append(b, '{')}
	if p.RoleARN != "" {
		o.name("sessionIssuer")
		issuer := object{b: append(o.b, '{')}
		issuer.text("type", "Role")
		issuer.text("arn", p.RoleARN)
		issuer.optional("accountId", p.Account)
		o.b = append(issuer.b, '}')
	}
	if p.Type != "WebIdentityUser" && (p.Provider != "" || p.Identity != "") {
		o.name("webIdFederationData")
		fed := object{b: append(o.b, '{')}
		fed.optional("federatedProvider", p.Provider)
		if p.Identity != "" || p.Pool != "" {
			fed.name("attributes")
			attr := object{b: append(fed.b, '{')}
			attr.optional("cognito-identity.amazonaws.com:aud", p.Pool)
			attr.optional("cognito-identity.amazonaws.com:sub", p.Identity)
			attr.optional("cognito-identity.amazonaws.com:amr", p.AMR)
			fed.b = append(attr.b, '}')
		}
		o.b = append(fed.b, '}')
	}
	o.optional("sessionName", p.SessionName)
	return append(o.b, '}')
}

func appendResources(b []byte, list []Resource) []byte {
	b = append(b, '[')
	for i, r := range list {
		if i > 0 {
			b = append(b, ',')
		}
		o := object{b: append(b, '{')}
		o.optional("accountId", r.Account)
		o.text("type", r.Type)
		o.text("ARN", r.ARN)
		b = append(o.b, '}')
	}
	return append(b, ']')
}

// object writes the members of a JSON object.
type object struct {
	b    []byte
	more bool
}

// name begins a member whose name is ours and needs no escaping.
func (o *object) name(name string) {
	o.comma()
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

// anyName begins a member with a name of anybody's.
func (o *object) anyName(name string) {
	o.comma()
	o.b = append(appendString(o.b, name), ':')
}

func (o *object) comma() {
	if o.more {
		o.b = append(o.b, ',')
	}
	o.more = true
}

func (o *object) text(name, value string) {
	o.name(name)
	o.b = appendString(o.b, value)
}

func (o *object) optional(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) flag(name string, value bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, value)
}

// values writes a free-form object, or null when there is none.
func (o *object) values(name string, m map[string]any) {
	o.name(name)
	if m == nil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = appendMap(o.b, m)
}

// appendMap writes the members in the order of their names, so that equal events
// make equal records.
func appendMap(b []byte, m map[string]any) []byte {
	var room [16]string
	names := slices.AppendSeq(room[:0], maps.Keys(m))
	slices.Sort(names)
	o := object{b: append(b, '{')}
	for _, name := range names {
		o.anyName(name)
		o.b = appendValue(o.b, m[name])
	}
	return append(o.b, '}')
}

// appendValue writes the kinds of value that events are made of, and leaves the
// rest to encoding/json. A value that cannot be encoded is named rather than
// allowed to take the record with it.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case []string:
		if v == nil {
			return append(b, "null"...)
		}
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	case []any:
		if v == nil {
			return append(b, "null"...)
		}
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e)
		}
		return append(b, ']')
	case map[string]any:
		if v == nil {
			return append(b, "null"...)
		}
		return appendMap(b, v)
	case time.Time:
		return appendString(b, v.UTC().Format(time.RFC3339))
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return appendString(b, fmt.Sprintf("unencodable %T", v))
	}
	return append(b, raw...)
}

const hex = "0123456789abcdef"

// Bits of the ASCII characters that stand for themselves in a JSON string: all
// but the controls, the quote, the backslash and what matters to HTML.
const (
	plainLow  uint64 = 1<<64 - 1<<' ' - 1<<'"' - 1<<'&' - 1<<'<' - 1<<'>'
	plainHigh uint64 = 1<<64 - 1 - 1<<('\\'-64)
)

func standsForItself(c byte) bool {
	if c < 64 {
		return plainLow>>c&1 != 0
	}
	return c < utf8.RuneSelf && plainHigh>>(c-64)&1 != 0
}

// appendString writes a JSON string the way encoding/json does, with characters
// that matter to HTML escaped: records end up in browsers.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if standsForItself(c) {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = appendEscape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[start:i]...), '\\', 'u', '2', '0', '2', hex[r&0xf])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
