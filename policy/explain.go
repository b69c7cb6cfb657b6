package policy

import "encoding/json"

// Explain decides a request as Decide does and says why. It is the same code with
// a recorder, so an explanation cannot disagree with the decision.
func Explain(req *Request, p *Policies) (Decision, *Explanation) {
	d := Decide(req, p)
	x := &Explanation{Effect: d.Effect, DecidedBy: d.Layer}
	if req != nil {
		x.Action, x.Resource, x.Principal, x.Reason = req.Action, req.Resource, req.Principal.ARN, d.Reason(req.Action)
	}
	return d, x
}

// MarshalJSON writes the effect in AWS's word (String).
func (e Effect) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }

// MarshalJSON writes the layer in AWS's words (String), "" for NoLayer.
func (l Layer) MarshalJSON() ([]byte, error) {
	if l == NoLayer {
		return []byte(`""`), nil
	}
	return json.Marshal(l.String())
}
