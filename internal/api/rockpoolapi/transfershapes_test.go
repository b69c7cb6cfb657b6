package rockpoolapi

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/wire"
	"github.com/rockpool-id/rockpool/internal/wire/awsjson"
	rockpoolwire "github.com/rockpool-id/rockpool/internal/wire/rockpoolwire"
)

// fillWhole sets everything below v to something that is not empty.
func fillWhole(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text of " + v.Type().String())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(time.Hour))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillWhole(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillWhole(key)
		fillWhole(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fillWhole(v.Field(i))
		}
	default:
		panic("a pool has a " + v.Type().String())
	}
}

// Whatever is set of a pool is exported and imported: a new setting belongs into
// TransferPool, transfer.Pool and docs/export-format.md.
func TestEverySettingOfAPoolIsExported(t *testing.T) {
	p := &pool.Pool{}
	fillWhole(reflect.ValueOf(p).Elem())
	shapes := &wire.Shapes{}
	var in rockpoolwire.TransferPool
	if err := awsjson.Decode(shapes, awsjson.Encode(nil, shapes, exportedPool(p)), &in); err != nil {
		t.Fatal(err)
	}
	p.Account, p.Version = "", 0 // what the importing server says
	if diff := cmp.Diff(p, importedPool(&in)); diff != "" {
		t.Errorf("(-exported +imported):\n%s", diff)
	}
	if out := exportedPool(&pool.Pool{}); out.Sessions != nil || out.MergeVerifiedEmail != nil || out.Roles != nil {
		t.Errorf("what is not set is exported: %+v", out)
	}
}

// So is an identity, but for what is remembered of its people: the next sign-in
// tells that anew.
func TestIdentitiesAreExported(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	i := &pool.Identity{
		ID: "a", Created: at, Modified: at.Add(1), Guest: true, Disabled: true, Parent: "b", Blocked: true,
		Logins: []pool.Login{{Provider: "p", Subject: "s", Linked: at.Add(2)}},
	}
	out := exportedIdentity(i)
	if diff := cmp.Diff(i, importedIdentity(&out)); diff != "" {
		t.Errorf("(-exported +imported):\n%s", diff)
	}
	handled := map[string]bool{"PoolID": true, "Version": true} // the importing server's
	v := reflect.ValueOf(i).Elem()
	for f := range v.Type().Fields() {
		if v.FieldByIndex(f.Index).IsZero() && !handled[f.Name] {
			t.Errorf("identities have a new field %s: is it to be exported?", f.Name)
		}
	}
}
