package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rockpool-id/rockpool/arn"
	"github.com/rockpool-id/rockpool/internal/simulate"
	"github.com/rockpool-id/rockpool/policy"
	"github.com/rockpool-id/rockpool/policy/catalog"
)

// policySimulateCmd decides made-up requests by policies in files. It asks no
// server.
type policySimulateCmd struct {
	Policy         []string `placeholder:"FILE" sep:"none" help:"Identity policy of the caller; repeat for more. - reads one from standard input."`
	Group          []string `placeholder:"NAME=FILE" sep:"none" help:"Policy that the caller has through a group; repeat for more."`
	Boundary       string   `placeholder:"FILE" help:"Permissions boundary of the caller."`
	Session        []string `placeholder:"FILE" sep:"none" help:"Session policy of the caller; repeat for more."`
	ResourcePolicy string   `name:"resource-policy" placeholder:"FILE" help:"The resource's own policy (a bucket policy), or a role's trust policy."`
	Caller         string   `placeholder:"ARN" help:"Who asks: the ARN of a user, a role's session, a federated user or the account root, or anonymous."`
	Owner          string   `placeholder:"ACCOUNT" help:"Account that owns resources whose ARN names none, such as buckets; the caller's unless said."`
	Action         []string `required:"" placeholder:"NAME" help:"Action to ask for, as s3:GetObject; repeat for more."`
	Resource       []string `placeholder:"ARN" sep:"none" help:"Resource to ask for; repeat for more. All resources (*) unless said."`
	Context        []string `placeholder:"KEY=VALUE" sep:"none" help:"Condition key of the request; repeat for more. KEY=[A,B] is a key of many values, KEY=[] one without any."`
	Format         string   `enum:"text,json" default:"text" help:"text or json."`
}

// Help is the long help of the command.
func (*policySimulateCmd) Help() string {
	return `Every action is asked for on every resource. The decision is the policy engine's own, with the reason why.
Nothing is known of a request but what the flags say: a key such as aws:SourceIp is missing unless it is given.
Of a caller aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType and, for a user, aws:username are known.

Exit codes: 0 everything is allowed, 1 something is denied, 2 wrong usage or a policy that cannot be read.

To simulate roles, users (with their groups) and groups of a server, use the AWS CLI:
  aws --endpoint-url URL iam simulate-principal-policy --policy-source-arn ARN --action-names s3:GetObject --resource-arns ARN`
}

// simulated is one answer of the command as JSON.
type simulated struct {
	Action      string              `json:"action"`
	Resource    string              `json:"resource"`
	Decision    policy.Effect       `json:"decision"`
	Missing     []string            `json:"missing"`
	Explanation *policy.Explanation `json:"explanation"`
}

// Run asks every question.
func (c *policySimulateCmd) Run(e *env) error {
	s, err := c.simulation()
	if err != nil {
		return &usageError{plainMistake(err)}
	}
	resources := c.Resource
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	if err := c.note(e.stderr); err != nil {
		return err
	}
	var answers []simulated
	denied := 0
	for _, action := range c.Action {
		for _, resource := range resources {
			r := s.Ask(action, resource)
			if !r.Decision.Allowed() {
				denied++
			}
			req, policies := s.Question(action, resource)
			if req.Principal.Type == policy.User && req.Principal.ARN == "" {
				req.Principal.ARN = "arn:aws:iam::" + req.Principal.Account + ":user/anybody" // for the words alone
			}
			_, x := policy.Explain(req, policies)
			answers = append(answers, simulated{action, resource, r.Decision.Effect, append([]string{}, r.Missing...), x})
		}
	}
	if err := c.print(e.stdout, answers); err != nil {
		return err
	}
	if denied > 0 {
		return fmt.Errorf("%d of %d requests are denied", denied, len(answers))
	}
	return nil
}

// note speaks of questions that no request asks: of an action that does not exist,
// or of all resources where an action is about one. Their answers would mislead.
func (c *policySimulateCmd) note(w io.Writer) error {
	known := catalog.New()
	for _, name := range c.Action {
		text, prefix := "", name[:strings.IndexByte(name, ':')]
		switch a := known.Action(name); {
		case a == nil && known.Service(prefix) != nil:
			text = "is no action that requests are decided by"
			if near := cmp.Or(known.Operation(name), known.NearestAction(name)); near != "" {
				text += "; did you mean " + near + "?"
			}
		case a != nil && len(a.Resources) > 0 && !a.AnyResource && (len(c.Resource) == 0 || c.Resource[0] == "*"):
			text = "is about " + a.Resources[0].ARN + ": name one with --resource, or only policies for * match"
		}
		if text != "" {
			if _, err := fmt.Fprintln(w, "rockpool: note:", name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// nobodysAccount is the account of a caller of whom nothing is said.
const nobodysAccount = "000000000000"

func (c *policySimulateCmd) simulation() (*simulate.Simulation, error) {
	if len(c.Policy) == 0 && len(c.Group) == 0 && c.ResourcePolicy == "" {
		return nil, errors.New("nothing to simulate: give --policy, --group or --resource-policy")
	}
	if err := errors.Join(simulate.CheckActions(c.Action), simulate.CheckResources(c.Resource)); err != nil {
		return nil, err
	}
	in := simulate.Setup{Account: nobodysAccount, ResourceOwner: c.Owner}
	var err error
	if in.Caller, err = simulatedCaller(c.Caller); err != nil {
		return nil, err
	}
	if in.Context, err = contextEntries(c.Context); err != nil {
		return nil, err
	}
	if in.Identity, err = policyDocuments(c.Policy...); err != nil {
		return nil, err
	}
	groups, err := groupDocuments(c.Group)
	if err != nil {
		return nil, err
	}
	in.Identity = append(in.Identity, groups...)
	if in.Session, err = policyDocuments(c.Session...); err != nil {
		return nil, err
	}
	if c.Boundary != "" {
		if in.Boundary, err = policyDocuments(c.Boundary); err != nil {
			return nil, err
		}
	}
	if c.ResourcePolicy != "" {
		list, err := policyDocuments(c.ResourcePolicy)
		if err != nil {
			return nil, err
		}
		in.Resource = &list[0]
	}
	return simulate.New(in)
}

func policyDocuments(files ...string) ([]simulate.Document, error) {
	var list []simulate.Document
	for _, name := range files {
		text, err := readPolicyFile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, simulate.Document{ID: name, Text: string(text)})
	}
	return list, nil
}

// groupDocuments reads NAME=FILE.
func groupDocuments(list []string) ([]simulate.Document, error) {
	var all []simulate.Document
	for _, text := range list {
		group, file, ok := strings.Cut(text, "=")
		if !ok || group == "" || file == "" {
			return nil, fmt.Errorf("group: %q is not NAME=FILE", text)
		}
		documents, err := policyDocuments(file)
		if err != nil {
			return nil, err
		}
		documents[0].Source = "group " + group
		all = append(all, documents[0])
	}
	return all, nil
}

// simulatedCaller reads --caller; nil is nobody in particular.
func simulatedCaller(text string) (*policy.Principal, error) {
	switch a, err := arn.Parse(text); {
	case text == "":
		return nil, nil
	case text == "anonymous":
		return &policy.Principal{}, nil
	case err == nil && a.Service == "iam" && a.Resource == "root" && a.Account != "":
		return &policy.Principal{Type: policy.Root, Account: a.Account, ARN: text, EntityARN: text, EntityID: a.Account}, nil
	}
	p, err := simulate.Caller(text, nil)
	return &p, err
}

// contextEntries reads KEY=VALUE and KEY=[A,B].
func contextEntries(list []string) ([]simulate.Entry, error) {
	var entries []simulate.Entry
	for _, text := range list {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("context: %q is not KEY=VALUE", text)
		}
		e := simulate.Entry{Name: key, Type: "string", Values: []string{value}}
		if inner, ok := strings.CutPrefix(value, "["); ok && strings.HasSuffix(inner, "]") {
			e.Type, e.Values = "stringList", nil
			if inner = strings.TrimSuffix(inner, "]"); inner != "" {
				e.Values = strings.Split(inner, ",")
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// plainMistake says where in which file a policy is wrong.
func plainMistake(err error) error {
	if bad, ok := errors.AsType[*simulate.BadPolicy](err); ok {
		return fmt.Errorf("%s:%d:%d: %s (%s)", bad.ID, bad.Cause.Line, bad.Cause.Column, bad.Cause.Message, visible(bad.Cause.Detail))
	}
	if _, ok := errors.AsType[*simulate.CallerMissing](err); ok {
		return errors.New("--resource-policy speaks of callers: name one with --caller")
	}
	return err
}

func (c *policySimulateCmd) print(w io.Writer, answers []simulated) error {
	if c.Format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(answers)
	}
	for i := range answers {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, answers[i].Explanation.Text()); err != nil {
			return err
		}
	}
	return nil
}
