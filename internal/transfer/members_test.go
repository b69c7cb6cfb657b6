package transfer_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/transfer"
	wire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// The structures of a file have the members of the operations' shapes, so that
// nothing which a server says of a pool or an identity is lost on the way.
func TestMembersAreThoseOfTheOperations(t *testing.T) {
	members := func(v any, but ...string) []string {
		var names []string
		for f := range reflect.TypeOf(v).Fields() {
			if f.IsExported() && !slices.Contains(but, f.Name) {
				names = append(names, f.Name)
			}
		}
		slices.Sort(names)
		return names
	}
	for _, tt := range []struct{ wire, file []string }{
		{members(wire.TransferPool{}), members(transfer.Pool{})},
		{members(wire.TransferUserPool{}), members(transfer.UserPool{})},
		{members(wire.TransferRoleMapping{}), members(transfer.RoleMapping{})},
		{members(wire.TransferRule{}), members(transfer.Rule{})},
		{members(wire.TransferTagMap{}), members(transfer.TagMap{})},
		{members(wire.TransferSessions{}), members(transfer.Sessions{})},
		{members(wire.TransferSaml{}), members(transfer.Saml{})},
		{members(wire.TransferEmailMerge{}), members(transfer.EmailMerge{})},
		{members(wire.TransferEmailAuthority{}), members(transfer.EmailAuthority{})},
		{members(wire.TransferIdentity{}), members(transfer.Identity{}, "UnknownLogins")},
		{members(wire.TransferLogin{}), members(transfer.Login{})},
		{members(wire.ImportConflict{}), members(transfer.Conflict{})},
	} {
		if diff := cmp.Diff(tt.wire, tt.file); diff != "" {
			t.Errorf("(-wire +file):\n%s", diff)
		}
	}
}
