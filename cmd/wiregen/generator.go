package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// generator holds one service and the names its shapes get in Go.
type generator struct {
	*model
	overlay *overlay
	ops     []string          // operation names, sorted
	structs []string          // reachable structures, sorted
	enums   []string          // reachable enumerations, sorted
	goName  map[string]string // shape -> Go type, for structures and enumerations
	uses    map[string]int    // shape -> times it is named
	idents  map[string]string // Go identifier -> who declared it
}

func newGenerator(m *model, o *overlay) (*generator, error) {
	g := &generator{
		model: m, overlay: o,
		ops:    slices.Sorted(maps.Keys(m.Operations)),
		goName: make(map[string]string),
		uses:   make(map[string]int),
		idents: make(map[string]string),
	}
	for _, name := range g.ops {
		op := m.Operations[name]
		for _, r := range []*ref{op.Input, op.Output} {
			if r != nil {
				if err := g.reach(r.Shape); err != nil {
					return nil, err
				}
			}
		}
	}
	slices.Sort(g.structs)
	slices.Sort(g.enums)
	return g, g.name()
}

// reach records the shape and everything it is made of.
func (g *generator) reach(name string) error {
	s := g.Shapes[name]
	if s == nil {
		return fmt.Errorf("shape %s is named and not defined", name)
	}
	g.uses[name]++
	if g.uses[name] > 1 {
		return nil
	}
	var refs []string
	switch s.Type {
	case "structure":
		g.structs = append(g.structs, name)
		for _, m := range s.Members.names {
			refs = append(refs, s.Members.refs[m].Shape)
		}
	case "list":
		refs = []string{s.Member.Shape}
	case "map":
		refs = []string{s.Key.Shape, s.Value.Shape}
	case "string":
		if s.Enum != nil {
			g.enums = append(g.enums, name)
		}
	case "integer", "long", "boolean", "timestamp", "blob":
	default:
		return fmt.Errorf("shape %s has type %s, which the codecs do not know", name, s.Type)
	}
	for _, r := range refs {
		if err := g.reach(r); err != nil {
			return err
		}
	}
	return nil
}

// name chooses the Go names. A structure that is only one operation's input or
// output takes the operation's name; a shared one keeps its own, and the
// operation gets an alias.
func (g *generator) name() error {
	for _, name := range g.ops {
		op := g.Operations[name]
		for _, side := range []struct {
			r      *ref
			suffix string
		}{{op.Input, "Input"}, {op.Output, "Output"}} {
			if side.r != nil && g.uses[side.r.Shape] == 1 {
				g.goName[side.r.Shape] = name + side.suffix
			} else if err := g.declare(name+side.suffix, "operation "+name); err != nil {
				return err
			}
		}
	}
	for _, shape := range slices.Concat(g.structs, g.enums) {
		if g.goName[shape] == "" {
			g.goName[shape] = exported(shape)
		}
		if err := g.declare(g.goName[shape], "shape "+shape); err != nil {
			return err
		}
	}
	for _, e := range g.enums {
		for _, v := range g.Shapes[e].Enum {
			if err := g.declare(g.goName[e]+exported(v), "enum "+e); err != nil {
				return err
			}
		}
	}
	for name, s := range g.Shapes {
		if s.Exception {
			if err := g.declare(exported(name), "error "+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *generator) declare(ident, by string) error {
	if other, ok := g.idents[ident]; ok {
		return fmt.Errorf("%s and %s both want the name %s", other, by, ident)
	}
	g.idents[ident] = by
	return nil
}

// exported makes a Go identifier of a model name: each run of letters and digits
// starts with a capital, everything else goes.
func exported(s string) string {
	var b strings.Builder
	up := true
	for _, r := range s {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// elemType is the Go type of a list element or map value.
func (g *generator) elemType(name string) (string, error) {
	s := g.Shapes[name]
	switch s.Type {
	case "string":
		if s.Enum != nil {
			return g.goName[name], nil
		}
		return "string", nil
	case "integer":
		return "int32", nil
	case "long":
		return "int64", nil
	case "boolean":
		return "bool", nil
	case "timestamp":
		return "time.Time", nil
	case "structure":
		return g.goName[name], nil
	default:
		return "", fmt.Errorf("shape %s is a %s inside a list or map, which the codecs do not know", name, s.Type)
	}
}

// fieldType is the Go type of a structure's member. Every type has nil, which
// means absent.
func (g *generator) fieldType(name string) (string, error) {
	s := g.Shapes[name]
	switch s.Type {
	case "blob":
		return "[]byte", nil
	case "list":
		elem, err := g.elemType(s.Member.Shape)
		return "[]" + elem, err
	case "map":
		elem, err := g.elemType(s.Value.Shape)
		return "map[string]" + elem, err
	}
	elem, err := g.elemType(name)
	return "*" + elem, err
}

// tag is the struct tag of a member: its name on the wire and its limits.
func (g *generator) tag(owner *shape, member string) (string, error) {
	s := g.Shapes[owner.Members.refs[member].Shape]
	var t tagBuilder
	t.add("aws", member)
	if err := g.limits(&t, s, slices.Contains(owner.Required, member), "check", "pattern", "re"); err != nil {
		return "", err
	}
	switch s.Type {
	case "list":
		if err := g.limits(&t, g.Shapes[s.Member.Shape], false, "each", "eachpattern", "eachre"); err != nil {
			return "", err
		}
	case "map":
		if err := g.limits(&t, g.Shapes[s.Value.Shape], false, "each", "eachpattern", "eachre"); err != nil {
			return "", err
		}
		if err := g.limits(&t, g.Shapes[s.Key.Shape], false, "key", "keypattern", "keyre"); err != nil {
			return "", err
		}
	}
	if strings.Contains(t.text, "`") {
		return strconv.Quote(t.text), nil
	}
	return "`" + t.text + "`", nil
}

func (g *generator) limits(t *tagBuilder, s *shape, required bool, check, pattern, re string) error {
	var words []string
	if required {
		words = append(words, "required")
	}
	if s.Sensitive {
		words = append(words, "sensitive")
	}
	if s.Min != nil {
		words = append(words, "min="+strconv.FormatInt(*s.Min, 10))
	}
	if s.Max != nil {
		words = append(words, "max="+strconv.FormatInt(*s.Max, 10))
	}
	if words != nil {
		t.add(check, strings.Join(words, ","))
	}
	if s.Pattern == "" {
		return nil
	}
	goText, err := goPattern(s.Pattern, g.overlay.Patterns)
	if err != nil {
		return err
	}
	t.add(pattern, s.Pattern)
	if goText != s.Pattern {
		t.add(re, goText)
	}
	return nil
}

type tagBuilder struct{ text string }

func (t *tagBuilder) add(key, value string) {
	if t.text != "" {
		t.text += " "
	}
	t.text += key + ":" + strconv.Quote(value)
}
