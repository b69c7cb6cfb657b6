package awserr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rockpool-id/rockpool/internal/wire/awserr"
)

func TestFrom(t *testing.T) {
	cause := errors.New("disk on fire at /secret/path")
	own := awserr.Sender("NoSuchEntity", "The role with name R cannot be found.")
	tests := []struct {
		name string
		err  error
		want string
		stat int
	}{
		{"an *Error is found through a wrap", fmt.Errorf("get role: %w", own), "NoSuchEntity: The role with name R cannot be found.", 400},
		{"anything else becomes an internal failure that hides its cause", cause, "InternalFailure: The request processing has failed because of an unknown error, exception or failure.", 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := awserr.From(tt.err, "InternalFailure")
			if got.Error() != tt.want || got.HTTPStatus() != tt.stat {
				t.Errorf("got %q %d, want %q %d", got.Error(), got.HTTPStatus(), tt.want, tt.stat)
			}
		})
	}
	if awserr.From(nil, "X") != nil {
		t.Error("From(nil) is not nil")
	}
	if e := awserr.From(cause, "X"); !errors.Is(e, cause) || strings.Contains(e.Error(), "fire") {
		t.Errorf("the cause must be reachable for the log and absent from the text: %v", e)
	}
}

func TestWithCauseCopies(t *testing.T) {
	base := awserr.Sender("A", "b")
	with := base.WithCause(errors.New("c"))
	if base.Cause != nil || with.Cause == nil {
		t.Error("WithCause must not touch its receiver")
	}
}

func TestNotImplementedIsNeverRetried(t *testing.T) {
	for _, e := range []*awserr.Error{
		awserr.NotImplemented("UnsupportedOperationException", "cognito-identity", "GetId"),
		awserr.NotFound("AssumeRoot", "2011-06-15"),
	} {
		if e.HTTPStatus() != 400 || !e.Sender {
			t.Errorf("%v: status %d, want 400", e, e.HTTPStatus())
		}
	}
}
