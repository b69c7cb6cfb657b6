package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
	"github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// explainCmd asks the server why a request was denied.
type explainCmd struct {
	connection
	RequestID string `arg:"" name:"request-id" help:"The request's id, as the refusal named it."`
	Format    string `name:"format" enum:"text,json" default:"text" help:"text, or json: the answer of the API."`
}

// Run prints the explanation.
func (c *explainCmd) Run(e *env) error {
	cl, found, err := c.dial()
	if err != nil {
		return err
	}
	shapes := &wire.Shapes{}
	in := &rockpoolwire.ExplainDecisionInput{RequestId: &c.RequestID}
	if v := shapes.Check(in); v != nil {
		return &usageError{fmt.Errorf("%q is no request id: it has letters, digits and hyphens", c.RequestID)}
	}
	var answer json.RawMessage
	if err := cl.JSON(e.ctx, "rockpool", "Rockpool.ExplainDecision", json.RawMessage(awsjson.Encode(nil, shapes, in)), &answer); err != nil {
		return plainly(err, found)
	}
	if c.Format == "json" {
		var b bytes.Buffer
		if err := json.Indent(&b, answer, "", "  "); err != nil {
			return fmt.Errorf("the answer is not JSON: %w", err)
		}
		_, err := fmt.Fprintln(e.stdout, b.String())
		return err
	}
	var out rockpoolwire.ExplainDecisionOutput
	if err := awsjson.Decode(shapes, answer, &out); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return writeExplanation(e.stdout, &out)
}
