package policy

// Print writes the document in a canonical form: two spaces of indentation,
// elements in the documented order, one value per line, a list of one as a
// bare string. Parsing what it wrote gives an Equal document.
func (d *Document) Print() []byte {
	p := printer{wide: d.kind == Resource}
	p.line(0, "{")
	if d.version != "" {
		p.member(1, "Version", d.version)
	}
	if d.id != "" {
		p.member(1, "Id", d.id)
	}
	p.open(1, "Statement", '[')
	for i := range d.statements {
		p.comma(i)
		p.statement(&d.statements[i])
	}
	p.line(1, "]")
	p.line(0, "}")
	return append(p.b, '\n')
}

// printer writes JSON. Every member but the last of an object ends in a
// comma, so statements are written with their last element known.
type printer struct {
	b    []byte
	wide bool
}

func (p *printer) line(depth int, text string) {
	if len(p.b) > 0 {
		p.b = append(p.b, '\n')
	}
	for range depth {
		p.b = append(p.b, ' ', ' ')
	}
	p.b = append(p.b, text...)
}

func (p *printer) comma(i int) {
	if i > 0 {
		p.b = append(p.b, ',')
	}
}

func (p *printer) name(depth int, name string) {
	p.line(depth, "")
	p.b = append(quote(p.b, name, p.wide), ':', ' ')
}

func (p *printer) open(depth int, name string, bracket byte) {
	p.name(depth, name)
	p.b = append(p.b, bracket)
}

func (p *printer) member(depth int, name, value string) {
	p.name(depth, name)
	p.b = append(quote(p.b, value, p.wide), ',')
}

func (p *printer) statement(s *Statement) {
	p.line(2, "{")
	if s.Sid != "" {
		p.member(3, "Sid", s.Sid)
	}
	effect := "Allow"
	if s.Effect == ExplicitDeny {
		effect = "Deny"
	}
	p.name(3, "Effect")
	p.b = quote(p.b, effect, p.wide)
	if len(s.Principals) > 0 {
		p.comma(1)
		p.principals(s)
	}
	p.comma(1)
	p.name(3, not("Action", s.NotAction))
	p.values(3, texts(s.Actions))
	if len(s.Resources) > 0 {
		p.comma(1)
		p.name(3, not("Resource", s.NotResource))
		p.values(3, texts(s.Resources))
	}
	if len(s.Conditions) > 0 {
		p.comma(1)
		p.conditions(s.Conditions)
	}
	p.line(2, "}")
}

// principals groups neighbouring values of one type, which keeps their order.
func (p *printer) principals(s *Statement) {
	p.name(3, not("Principal", s.NotPrincipal))
	if s.Principals[0].Type == "" {
		p.b = quote(p.b, s.Principals[0].Text, p.wide)
		return
	}
	p.b = append(p.b, '{')
	for i := 0; i < len(s.Principals); {
		p.comma(i)
		typ, list := s.Principals[i].Type, []string(nil)
		for ; i < len(s.Principals) && s.Principals[i].Type == typ; i++ {
			list = append(list, s.Principals[i].Text)
		}
		p.name(4, typ)
		p.values(4, list)
	}
	p.line(3, "}")
}

// conditions groups neighbouring keys of one operator.
func (p *printer) conditions(list []Condition) {
	p.open(3, "Condition", '{')
	for i := 0; i < len(list); {
		p.comma(i)
		operator := list[i].Operator
		p.open(4, operator, '{')
		for first := i; i < len(list) && list[i].Operator == operator; i++ {
			p.comma(i - first)
			p.name(5, list[i].Key)
			p.values(5, list[i].Values)
		}
		p.line(4, "}")
	}
	p.line(3, "}")
}

func (p *printer) values(depth int, list []string) {
	if len(list) == 1 {
		p.b = quote(p.b, list[0], p.wide)
		return
	}
	p.b = append(p.b, '[')
	for i, v := range list {
		p.comma(i)
		p.line(depth+1, "")
		p.b = quote(p.b, v, p.wide)
	}
	if len(list) > 0 {
		p.line(depth, "")
	}
	p.b = append(p.b, ']')
}

func not(name string, negated bool) string {
	if negated {
		return "Not" + name
	}
	return name
}

func texts(values []Value) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.Text
	}
	return list
}
