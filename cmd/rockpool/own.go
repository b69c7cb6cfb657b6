package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
)

// ownCall is what commands for Rockpool's own service have in common: whom to
// call, and in what form to print the answer.
type ownCall struct {
	connection
	Format string `name:"format" enum:"text,json" default:"text" help:"text, or json: the answer of the API."`
}

// do calls an operation. In JSON form it prints the answer and printed is true,
// otherwise it reads the answer into out.
func (c *ownCall) do(e *env, operation string, in, out any) (printed bool, err error) {
	cl, found, err := c.dial()
	if err != nil {
		return false, err
	}
	shapes := &wire.Shapes{}
	if v := shapes.Check(in); v != nil {
		return false, &usageError{errors.New(visible(v.Error()))}
	}
	var answer json.RawMessage
	if err := cl.JSON(e.ctx, "rockpool", "Rockpool."+operation, json.RawMessage(awsjson.Encode(nil, shapes, in)), &answer); err != nil {
		return false, plainly(err, found)
	}
	if c.Format == "json" {
		var b bytes.Buffer
		if err := json.Indent(&b, answer, "", "  "); err != nil {
			return false, fmt.Errorf("the answer is not JSON: %w", err)
		}
		_, err := fmt.Fprintln(e.stdout, b.String())
		return true, err
	}
	if err := awsjson.Decode(shapes, answer, out); err != nil {
		return false, fmt.Errorf("the answer cannot be read: %w", err)
	}
	return false, nil
}

// maybe is a member of a request that a flag may leave out.
func maybe(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
