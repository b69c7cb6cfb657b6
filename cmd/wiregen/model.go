package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// model is the part of an api-2.json service model that we read.
type model struct {
	Metadata struct {
		APIVersion   string
		Protocol     string
		JSONVersion  string
		TargetPrefix string
		XMLNamespace string
	}
	Operations map[string]*operation
	Shapes     map[string]*shape
}

type operation struct {
	Name     string
	Input    *ref
	Output   *ref
	Errors   []ref
	AuthType string
}

type ref struct {
	Shape        string
	LocationName string
	// XMLName, Flattened, Location and the like would change the wire form. None
	// of the services uses them; decode refuses a model that does.
	Flattened bool
	Location  string
	Box       bool
}

type shape struct {
	Type      string
	Members   members
	Required  []string
	Member    *ref
	Key       *ref
	Value     *ref
	Min       *int64
	Max       *int64
	Pattern   string
	Enum      []string
	Sensitive bool
	Flattened bool
	Exception bool
	Fault     bool
	Error     *struct {
		Code           string
		HTTPStatusCode int
		SenderFault    bool
	}
}

// members keeps the order of the model's member object, which becomes the order
// of struct fields, of XML elements and of validation messages.
type members struct {
	names []string
	refs  map[string]ref
}

func (m *members) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &m.refs); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	depth := 0
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case json.Delim:
			if tok == '{' || tok == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				m.names = append(m.names, tok)
				var skip json.RawMessage
				if err := dec.Decode(&skip); err != nil {
					return err
				}
			}
		}
	}
}

// overlay is what we add to a model by hand, each file with its reasons.
type overlay struct {
	// Comment says why the overlay differs from the model.
	Comment []string
	// Name is the service's signing name and IAM action prefix, Package the
	// generated package, Title the service's name in prose.
	Name, Package, Title string
	// Model is the model's path below models/apis of AWS's module, OwnModel that of
	// a model of ours below models. An overlay has one of the two.
	Model, OwnModel string
	// MissingParameter: see wire.Service.
	MissingParameter bool
	// MaxBody bounds a request's body where the usual bound is too small.
	MaxBody int64
	// ReadOnly adds to the operations whose verb says that they change nothing.
	ReadOnly []string
	// DataEvents are the operations that CloudTrail records as data events.
	DataEvents []string
	// Unsigned adds to the operations that the model marks authtype none.
	Unsigned []string
	// Sensitive adds to the shapes that the model marks sensitive.
	Sensitive []string
	// Unserved operations answer as if the service did not have them.
	Unserved []string
	// Planned operations are newer than the model and not served yet.
	Planned []string
	// Patterns gives the form for package regexp of a pattern that needs one.
	Patterns map[string]string
	// Shapes are merged into the model's: a shape that the model has gets the
	// given members added and the given limits, enum and required list replaced.
	Shapes map[string]*shape
}

func decode(data []byte) (*model, error) {
	m := new(model)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Shapes)) {
		s := m.Shapes[name]
		if s.Flattened {
			return nil, fmt.Errorf("shape %s is flattened, which the codecs do not know", name)
		}
		for member, r := range s.Members.refs {
			if r.Flattened || r.Location != "" || (r.LocationName != "" && r.LocationName != member) {
				return nil, fmt.Errorf("member %s.%s has a wire form the codecs do not know", name, member)
			}
		}
		for _, r := range []*ref{s.Member, s.Key, s.Value} {
			if r != nil && (r.LocationName != "" || r.Flattened) {
				return nil, fmt.Errorf("shape %s renames its elements, which the codecs do not know", name)
			}
		}
	}
	return m, nil
}

// apply merges o into m. Every name in the overlay must exist or be new on
// purpose, so that a typing error does not pass for a correction.
func (m *model) apply(o *overlay) error {
	for _, op := range slices.Concat(o.Unsigned, o.Unserved, o.ReadOnly, o.DataEvents) {
		if m.Operations[op] == nil {
			return fmt.Errorf("overlay names operation %s, which the model lacks", op)
		}
	}
	for _, op := range o.Unsigned {
		m.Operations[op].AuthType = "none"
	}
	for _, op := range o.Planned {
		if m.Operations[op] != nil {
			return fmt.Errorf("overlay plans operation %s, which the model has", op)
		}
	}
	for name, add := range o.Shapes {
		s := m.Shapes[name]
		if s == nil {
			m.Shapes[name] = add
			continue
		}
		for _, member := range add.Members.names {
			if _, ok := s.Members.refs[member]; ok {
				return fmt.Errorf("overlay adds member %s.%s, which the model has", name, member)
			}
			s.Members.names = append(s.Members.names, member)
			s.Members.refs[member] = add.Members.refs[member]
		}
		if add.Required != nil {
			s.Required = add.Required
		}
		if add.Enum != nil {
			s.Enum = add.Enum
		}
		if add.Min != nil {
			s.Min = add.Min
		}
		if add.Max != nil {
			s.Max = add.Max
		}
		if add.Pattern != "" {
			s.Pattern = add.Pattern
		}
	}
	for _, name := range o.Sensitive {
		if m.Shapes[name] == nil {
			return fmt.Errorf("overlay marks shape %s sensitive, which the model lacks", name)
		}
		m.Shapes[name].Sensitive = true
	}
	return nil
}
