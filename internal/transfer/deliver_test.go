package transfer_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rockpool-id/rockpool/internal/transfer"
)

func deliverer(to *target, path string) *transfer.Deliverer {
	return &transfer.Deliverer{Target: to, Path: path, StatePath: path + ".import", Where: "here", Now: clock}
}

func TestDelivery(t *testing.T) {
	path, to := exported(t, 1100, "pool.jsonl.gz"), &target{}
	d := deliverer(to, path)
	var last transfer.Progress
	d.Report = func(p transfer.Progress) { last = p }
	got, err := d.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(transfer.Delivery{Imported: 1100}, got); diff != "" {
		t.Error(diff)
	}
	for n := range 1100 {
		if diff := cmp.Diff(identity(n), to.byID[identity(n).IdentityId]); diff != "" {
			t.Fatal(diff)
		}
	}
	if to.header.Pool.IdentityPoolName != "people" || last.Identities != 1100 || last.Total != 1100 {
		t.Errorf("header %+v, progress %+v", to.header, last)
	}
	if _, err := os.Stat(d.StatePath); err == nil {
		t.Error("a state is left behind")
	}
}

// An interrupted delivery goes on after the last batch that was taken, and counts
// what was done before.
func TestInterruptedDeliveriesGoOn(t *testing.T) {
	path, to := exported(t, 1100, "pool.jsonl"), &target{failAt: 3}
	d := deliverer(to, path)
	if _, err := d.Deliver(t.Context()); !errors.Is(err, errFails) {
		t.Fatalf("got %v", err)
	}
	if len(to.byID) != 500 {
		t.Fatalf("there are %d", len(to.byID))
	}
	to.header = nil
	got, err := d.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(transfer.Delivery{Imported: 1100, Resumed: 500}, got); diff != "" {
		t.Error(diff)
	}
	if to.header != nil || to.calls != 6 {
		t.Errorf("prepared twice, or %d batches", to.calls)
	}
}

func TestStatesThatDoNotFit(t *testing.T) {
	for name, change := range map[string]func(*transfer.Deliverer){
		"another target": func(d *transfer.Deliverer) { d.Where = "there" },
		"another file":   func(d *transfer.Deliverer) { d.Path = exported(t, 1101, "pool.jsonl") },
	} {
		t.Run(name, func(t *testing.T) {
			to := &target{failAt: 3}
			d := deliverer(to, exported(t, 1100, "pool.jsonl"))
			if _, err := d.Deliver(t.Context()); !errors.Is(err, errFails) {
				t.Fatal(err)
			}
			change(d)
			_, err := d.Deliver(t.Context())
			if stale := (*transfer.NotResumable)(nil); !errors.As(err, &stale) {
				t.Fatalf("got %v", err)
			}
			d.Restart, to.byID = true, nil
			if _, err := d.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nothing is sent of a file that is cut.
func TestCutFilesAreNotDelivered(t *testing.T) {
	path, to := exported(t, 1100, "pool.jsonl"), &target{}
	if err := os.WriteFile(path, read(t, path)[:60000], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := deliverer(to, path).Deliver(t.Context())
	if cut := (*transfer.Cut)(nil); !errors.As(err, &cut) || to.header != nil || to.calls > 0 {
		t.Errorf("got %v, %d calls", err, to.calls)
	}
}

func TestConflictsAreTold(t *testing.T) {
	path, to := exported(t, 30, "pool.jsonl"), &target{byID: map[string]transfer.Identity{identity(7).IdentityId: {}}}
	d := deliverer(to, path)
	var told []transfer.Conflict
	d.Conflict = func(c transfer.Conflict) error { told = append(told, c); return nil }
	got, err := d.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []transfer.Conflict{{IdentityId: identity(7).IdentityId, Reason: transfer.IdentityExists}}
	if diff := cmp.Diff(transfer.Delivery{Imported: 29, Conflicts: 1}, got) + cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestLoginsOfTheTable(t *testing.T) {
	file := func(t *testing.T) string {
		path := t.TempDir() + "/pool.jsonl"
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		h := header()
		h.Format, h.Version, h.Written = transfer.Format, transfer.Version, transfer.At(epoch)
		w, err := transfer.NewWriter(f, h)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range []transfer.Identity{
			{Guest: true},
			{UnknownLogins: []string{"g"}},
			{UnknownLogins: []string{"g", "f"}},
			{UnknownLogins: []string{"g"}, Logins: []transfer.Login{{Provider: "dev", Subject: "me"}}},
			{}, // had a login once
		} {
			i.IdentityId, i.CreationDate, i.LastModifiedDate = identity(n).IdentityId, identity(n).CreationDate, identity(n).CreationDate
			for k := range i.Logins {
				i.Logins[k].Linked = i.CreationDate
			}
			if err := w.Identity(&i); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.End(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	id := func(n int) string { return identity(n).IdentityId }
	cases := []struct {
		name, table string
		want        transfer.Delivery
		subjects    []string // of the identities
	}{
		{"without a table", "", transfer.Delivery{Imported: 3, LeftOut: 2, Incomplete: 1}, []string{"", "left out", "left out", "me", ""}},
		{"with every login", "g,1," + id(1) + "\ng,2," + id(2) + "\nf,2," + id(2) + "\ng,3," + id(3),
			transfer.Delivery{Imported: 5}, []string{"", "1", "2 2", "me 3", ""}},
		{"with some", "g,2," + id(2), transfer.Delivery{Imported: 4, LeftOut: 1, Incomplete: 2}, []string{"", "left out", "2", "me", ""}},
		{"for a guest, for whom it counts nothing", "g,1," + id(0), transfer.Delivery{Imported: 3, LeftOut: 2, Incomplete: 1, UnusedLogins: 1}, []string{"", "left out", "left out", "me", ""}},
		{"of a provider that the identity does not have", "x,1," + id(1), transfer.Delivery{Imported: 3, LeftOut: 2, Incomplete: 1, UnusedLogins: 1}, []string{"", "left out", "left out", "me", ""}},
		{"for somebody else's pool", "g,1,eu-west-1:x", transfer.Delivery{Imported: 3, LeftOut: 2, Incomplete: 1, UnusedLogins: 1}, []string{"", "left out", "left out", "me", ""}},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			to := &target{}
			d := deliverer(to, file(t))
			if tt.table != "" {
				var err error
				if d.Logins, err = transfer.ReadLogins(strings.NewReader("provider,subject,identity_id\n" + tt.table + "\n")); err != nil {
					t.Fatal(err)
				}
			}
			got, err := d.Deliver(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var subjects []string
			for n := range 5 {
				i, there := to.byID[id(n)]
				if !there {
					subjects = append(subjects, "left out")
					continue
				}
				if i.UnknownLogins != nil {
					t.Error("the server was told of logins that nobody knows")
				}
				var names []string
				for _, l := range i.Logins {
					names = append(names, l.Subject)
				}
				subjects = append(subjects, strings.Join(names, " "))
			}
			if diff := cmp.Diff(tt.want, got) + cmp.Diff(tt.subjects, subjects); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"empty":               {"", "it is empty"},
		"other columns":       {"a,b,c\n", "must be"},
		"a column too many":   {"provider,subject,identity_id\na,b,c,d\n", "wrong number of fields"},
		"an empty column":     {"provider,subject,identity_id\na,,c\n", "line 2 of the logins: a column is empty"},
		"one login for two":   {"provider,subject,identity_id\na,b,c\na,b,d\n", "line 3 of the logins: the subject \"b\" of a is there twice"},
		"a quote that stands": {"provider,subject,identity_id\n\"a,b,c\n", "the logins"},
	} {
		if _, err := transfer.ReadLogins(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
