package policy

import "iter"

type Document struct{}
type Policy struct{ meta Meta }
type Meta struct {
	Name, ARN string
	Bindings  map[string]string
}
type Context struct{}
type Entry struct {
	Key    string
	Values []string
	Multi  bool
}

func Parse(text []byte, kind Kind) (*Document, error) {
	return nil, &Error{Kind: kind, Message: "not built"}
}
func (d *Document) PrincipalARNs() []string                             { return nil }
func (d *Document) CheckBucket(bucket string) error                     { return nil }
func (d *Document) Version() string                                     { return "" }
func (d *Document) ID() string                                          { return "" }
func (d *Document) Text() []byte                                        { return nil }
func (d *Document) Len() int                                            { return 0 }
func Size(text []byte) int                                              { return 0 }
func RewritePrincipals(text []byte, f func(value string) string) []byte { return text }
func Compile(d *Document, m Meta) *Policy                               { return &Policy{m} }
func Broken(m Meta) *Policy                                             { return &Policy{m} }
func (p *Policy) Name() string                                          { return p.meta.Name }
func (p *Policy) ARN() string                                           { return p.meta.ARN }
func (p *Policy) Document() *Document                                   { return nil }
func (p *Policy) Len() int                                              { return 0 }
func (p *Policy) Sid(statement int) string                              { return "" }
func (p *Policy) Mentions(conditionKey string) bool                     { return true }
func (p *Policies) Mentions(conditionKey string) bool                   { return true }
func (c *Context) Set(key, value string)                                {}
func (c *Context) SetMulti(key string, values []string)                 {}
func (c *Context) Reset()                                               {}
func (c *Context) Get(key string) (values []string, multi, ok bool)     { return nil, false, false }
func (c *Context) All() iter.Seq[Entry]                                 { return func(func(Entry) bool) {} }
func Decide(req *Request, p *Policies) Decision                         { return Decision{Statement: -1} }
func DecideRecorded(req *Request, p *Policies, r Recorder) Decision     { return Decision{Statement: -1} }
func IsPublic(d *Document) bool                                         { return true }
