package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// files are the tables, one file for each service and two for what belongs to
// none.
//
//go:embed tables/*.txt
var files embed.FS

// The files that describe no service.
const (
	globalFile    = "tables/global.txt"
	providersFile = "tables/providers.txt"
)

// issuerClaims are the further claims of issuers whose claims AWS passes on. A
// host that begins with * stands for its ending, one that ends in * for its
// beginning.
type issuerClaims struct {
	host   string
	claims []string
}

func (i *issuerClaims) matches(issuer string) bool {
	host, _, _ := strings.Cut(strings.ToLower(issuer), "/")
	before, after, wild := strings.Cut(i.host, "*")
	return host == i.host || wild && len(host) > len(before)+len(after) &&
		strings.HasPrefix(host, before) && strings.HasSuffix(host, after)
}

// readTables reads all files. They are part of the program, so a mistake in one
// is a mistake in the program, which every test of this package meets.
func readTables() tables {
	t := tables{
		byPrefix: map[string]*Service{}, actions: map[string]*Action{}, keys: map[string]*Key{},
		aliases: map[string]string{}, issuerKey: map[string]*Key{},
	}
	names, err := fs.Glob(files, "tables/*.txt")
	if err != nil {
		panic("catalog: " + err.Error())
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic("catalog: " + err.Error())
		}
		r := reader{tables: &t, file: name, groups: map[string][]*Key{}, kinds: map[string]*ResourceType{}}
		if err := r.read(string(text)); err != nil {
			panic("catalog: " + err.Error())
		}
	}
	slices.SortFunc(t.services, func(a, b *Service) int { return strings.Compare(a.Prefix, b.Prefix) })
	return t
}

// reader reads one file.
type reader struct {
	*tables
	file    string
	service *Service // nil in the files that describe none
	groups  map[string][]*Key
	kinds   map[string]*ResourceType
	every   []*Key
}

func (r *reader) read(text string) error {
	section, number := "", 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case strings.HasPrefix(fields[0], "["):
			section = fields[0]
		default:
			if err := r.line(section, fields); err != nil {
				return fmt.Errorf("%s:%d: %w", r.file, number, err)
			}
		}
	}
	if r.service != nil {
		slices.SortFunc(r.service.Actions, func(a, b *Action) int { return strings.Compare(a.Name, b.Name) })
	}
	return nil
}

func (r *reader) line(section string, fields []string) error {
	switch section {
	case "[service]":
		r.service = &Service{Prefix: fields[0], Title: strings.Join(fields[1:], " ")}
		r.services = append(r.services, r.service)
		r.byPrefix[fields[0]] = r.service
		return nil
	case "[resources]":
		kind := &ResourceType{Name: fields[0], ARN: fields[1]}
		r.kinds[kind.Name] = kind
		r.service.Resources = append(r.service.Resources, kind)
		return nil
	case "[keys]":
		return r.key(fields)
	case "[claims]":
		r.claims = append(r.claims, issuerClaims{fields[0], fields[1:]})
		return nil
	case "[every]":
		list, err := r.resolve(fields)
		r.every = append(r.every, list...)
		return err
	case "[groups]":
		list, err := r.resolve(fields[1:])
		r.groups["@"+fields[0]] = list
		return err
	case "[operations]":
		r.aliases[strings.ToLower(r.service.Prefix+":"+fields[0])] = r.service.Prefix + ":" + fields[1]
		return nil
	case "[actions]":
		return r.action(fields)
	}
	return fmt.Errorf("line outside of a known section (%q)", section)
}

// key reads a line of [keys]: name, type, and "multi" for a set of values.
func (r *reader) key(fields []string) error {
	k := &Key{Name: fields[0]}
	for _, word := range fields[1:] {
		switch word {
		case "multi":
			k.Multi = true
		case "number":
			k.Number = true
		default:
			if k.Type = typeNamed(word); k.Type == 0 {
				return fmt.Errorf("key %s: unknown word %q", k.Name, word)
			}
		}
	}
	folded := strings.ToLower(k.Name)
	folded, k.Family = strings.CutSuffix(folded, "*")
	switch {
	case r.service != nil:
		k.Service = r.service.Prefix
		r.service.Keys = append(r.service.Keys, k)
	case r.file == globalFile:
		r.global = append(r.global, k)
	case strings.HasPrefix(k.Name, "ISSUER:"):
		r.issuerKey[strings.TrimPrefix(folded, "issuer:")] = k
		return nil
	default:
		r.providers = append(r.providers, k)
	}
	if r.keys[folded] != nil {
		return fmt.Errorf("key %s is there twice", k.Name)
	}
	r.keys[folded] = k
	return nil
}

func typeNamed(word string) Type {
	for t := String; t <= IP; t++ {
		if name, _, _ := strings.Cut(t.String(), " "); name == word {
			return t
		}
	}
	return 0
}

func levelNamed(word string) Level {
	for l := Read; l <= Tagging; l++ {
		if name, _, _ := strings.Cut(strings.ToLower(l.String()), " "); name == word {
			return l
		}
	}
	return 0
}

// action reads a line of [actions].
func (r *reader) action(fields []string) error {
	if len(fields) < 3 {
		return fmt.Errorf("action %s: want a level and resources", fields[0])
	}
	a := &Action{Service: r.service.Prefix, Name: fields[0], Level: levelNamed(fields[1])}
	if a.Level == 0 {
		return fmt.Errorf("action %s: unknown level %q", a.Name, fields[1])
	}
	switch fields[2] {
	case "any":
		a.AnyResource = true
	case "-":
	default:
		for name := range strings.SplitSeq(fields[2], ",") {
			kind := r.kinds[name]
			if kind == nil {
				return fmt.Errorf("action %s: unknown resource %q", a.Name, name)
			}
			a.Resources = append(a.Resources, kind)
		}
	}
	keys, err := r.resolve(fields[3:])
	if err != nil {
		return fmt.Errorf("action %s: %w", a.Name, err)
	}
	a.Keys = slices.Concat(r.every, keys)
	folded := strings.ToLower(a.String())
	if r.actions[folded] != nil {
		return fmt.Errorf("action %s is there twice", a.Name)
	}
	r.actions[folded] = a
	r.service.Actions = append(r.service.Actions, a)
	return nil
}

// resolve reads names of keys, and of groups of keys.
func (r *reader) resolve(names []string) ([]*Key, error) {
	var list []*Key
	for _, name := range names {
		if group, ok := r.groups[name]; ok {
			list = append(list, group...)
			continue
		}
		k := r.keys[strings.TrimSuffix(strings.ToLower(name), "*")]
		if k == nil {
			return nil, fmt.Errorf("unknown key or group %q", name)
		}
		list = append(list, k)
	}
	return list, nil
}
