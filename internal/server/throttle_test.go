package server

import (
	"testing"

	"github.com/rockpool-id/rockpool/internal/limit"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/cognitowire"
	"github.com/rockpool-id/rockpool/internal/wire/iamwire"
	"github.com/rockpool-id/rockpool/internal/wire/stswire"
)

// An operation without a number has no limit, so none that strangers may call
// can be without one.
func TestEveryUnsignedOperationHasALimit(t *testing.T) {
	rates := limit.AWS(1)
	found := unsigned(cognitowire.Operations())
	found = append(found, unsigned(stswire.Operations())...)
	found = append(found, unsigned(iamwire.Operations())...)
	for _, name := range found {
		if rates[name] <= 0 {
			t.Errorf("%s has no limit", name)
		}
	}
	if len(found) != len(rates) {
		t.Errorf("the models have %d unsigned operations and %d operations have limits", len(found), len(rates))
	}
}

func unsigned[A any](operations []wire.Operation[A]) []string {
	var names []string
	for _, op := range operations {
		if op.Unsigned {
			names = append(names, op.Name)
		}
	}
	return names
}
