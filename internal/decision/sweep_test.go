package decision_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/audit"
	"github.com/rockpool-id/rockpool/internal/decision"
)

// flooded is a keeper whose room is for a few hundred records.
type flooded struct {
	t       *testing.T
	k       *decision.Keeper
	m       *memory
	c       *clock
	next    int
	records map[string][]string // request ids by whose they are
}

const room = 400_000

func flood(t *testing.T) *flooded {
	c, m := newClock(), &memory{}
	k := open(t, decision.Config{Store: m, MaxBytes: room, MaxAge: 240 * time.Hour, Now: c.Now})
	return &flooded{t: t, k: k, m: m, c: c, records: make(map[string][]string)}
}

// deny keeps n denials, one a second, of the callers that who names.
func (f *flooded) deny(n int, who func(i int) (name string, p audit.Principal, address string)) {
	f.t.Helper()
	for i := range n {
		f.c.Add(time.Second)
		f.next++
		r := record(fmt.Sprint("request-", f.next))
		r.Time = f.c.Now()
		var name string
		name, r.Principal, r.SourceIP = who(i)
		if !keep(f.k, r) {
			f.t.Fatal("a denial is not wanted")
		}
		f.records[name] = append(f.records[name], r.RequestID)
		if i%64 == 0 {
			find(f.t, f.k, "none") // let the writer keep up
		}
	}
	find(f.t, f.k, "none")
}

// left says how many records of somebody are there still.
func (f *flooded) left(name string) (n int) {
	f.t.Helper()
	for _, id := range f.records[name] {
		n += len(find(f.t, f.k, id))
	}
	return n
}

func person(identity, amr string) audit.Principal {
	return audit.Principal{
		Type: "AssumedRole", ARN: "arn:aws:sts::000000000000:assumed-role/R/CognitoIdentityCredentials", RoleARN: "arn:aws:iam::000000000000:role/R",
		Account: account, Identity: identity, Pool: "us-east-1:p", AMR: amr, SessionName: "CognitoIdentityCredentials",
	}
}

func TestAFloodTakesItsOwnRoom(t *testing.T) {
	user := func(name string) func(int) (string, audit.Principal, string) {
		return func(int) (string, audit.Principal, string) {
			return name, audit.Principal{Type: "IAMUser", ARN: "arn:aws:iam::000000000000:user/" + name, Account: account}, "192.0.2.1"
		}
	}
	ann := func(int) (string, audit.Principal, string) {
		return "ann", person("us-east-1:ann", "authenticated,accounts.google.com,accounts.google.com:app:1"), "192.0.2.1"
	}
	for _, tt := range []struct {
		name  string
		flood func(i int) (string, audit.Principal, string)
	}{
		{"one user", user("mallory")},
		{"one person of the same pool", func(int) (string, audit.Principal, string) {
			return "flood", person("us-east-1:mallory", "authenticated,accounts.google.com,accounts.google.com:app:2"), "192.0.2.9"
		}},
		{"guests that are made up", func(i int) (string, audit.Principal, string) {
			return "flood", person(fmt.Sprint("us-east-1:guest", i), "unauthenticated"), fmt.Sprint("192.0.2.", i%256)
		}},
		{"sessions that guests assumed", func(i int) (string, audit.Principal, string) {
			return "flood", person(fmt.Sprint("us-east-1:guest", i), ""), "192.0.2.9"
		}},
		{"strangers at many addresses", func(i int) (string, audit.Principal, string) {
			return "flood", audit.Principal{Type: "Anonymous"}, fmt.Sprintf("2001:db8:%x::%x", i%997, i)
		}},
		{"one address of version 6", func(i int) (string, audit.Principal, string) {
			return "flood", audit.Principal{Type: "Anonymous"}, fmt.Sprintf("2001:db8::%x", i)
		}},
		{"session names that are made up", func(i int) (string, audit.Principal, string) {
			return "flood", audit.Principal{Type: "AssumedRole", ARN: fmt.Sprint("arn:aws:sts::000000000000:assumed-role/Job/", i), RoleARN: "arn:aws:iam::000000000000:role/Job", SessionName: fmt.Sprint(i)}, ""
		}},
		{"names of federated users", func(i int) (string, audit.Principal, string) {
			return "flood", audit.Principal{Type: "FederatedUser", ARN: fmt.Sprint("arn:aws:sts::000000000000:federated-user/", i), Account: account}, ""
		}},
		{"subjects of one provider", func(i int) (string, audit.Principal, string) {
			return "flood", audit.Principal{Type: "WebIdentityUser", Provider: "accounts.google.com", UserName: fmt.Sprint(i)}, ""
		}},
		{"identities that get no role", func(i int) (string, audit.Principal, string) {
			p := person(fmt.Sprint("us-east-1:guest", i), "")
			p.Type = "WebIdentityUser"
			return "flood", p, ""
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := flood(t)
			f.deny(20, user("joe"))
			f.deny(20, ann)
			f.deny(700, tt.flood)
			if _, err := f.k.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if joe, ann := f.left("joe"), f.left("ann"); joe != 20 || ann != 20 {
				t.Errorf("the others have %d and %d of their 20 records", joe, ann)
			}
			if n := f.m.size(); n > room || n < room/2 {
				t.Errorf("%d bytes are left of %d", n, room)
			}
			var flood string
			for name := range f.records {
				if name != "joe" && name != "ann" {
					flood = name
				}
			}
			if last := f.records[flood]; len(find(t, f.k, last[len(last)-1])) != 1 || len(find(t, f.k, last[0])) != 0 {
				t.Error("of the flood, not the newest stayed")
			}
		})
	}
}

func TestSweepingByItself(t *testing.T) {
	f := flood(t)
	joe := func(int) (string, audit.Principal, string) {
		return "joe", audit.Principal{Type: "IAMUser", ARN: "arn:aws:iam::000000000000:user/joe"}, ""
	}
	f.deny(700, joe)
	if n := f.m.size(); n > room+room/8+64*4096 {
		t.Errorf("%d bytes are there without a sweep that was asked for", n)
	}
	if f.k.Stats().Swept == 0 {
		t.Error("nothing was counted")
	}
}

func TestOldRecordsGo(t *testing.T) {
	c, m := newClock(), &memory{}
	k := open(t, decision.Config{Store: m, MaxAge: 48 * time.Hour, Now: c.Now})
	for i := range 600 { // more than a page
		r := record(fmt.Sprint(i))
		if i >= 590 {
			r.Time = r.Time.Add(time.Hour)
		}
		c.Add(100 * time.Millisecond)
		keep(k, r)
		if i%64 == 0 {
			find(t, k, "none")
		}
	}
	find(t, k, "none")
	c.Add(48 * time.Hour)
	n, err := k.Sweep(t.Context())
	if n != 590 || err != nil || len(find(t, k, "589")) != 0 || len(find(t, k, "590")) != 1 || k.Stats().Swept != 590 {
		t.Errorf("%d went, %v, %+v", n, err, k.Stats())
	}
}

var errLame = errors.New("lame")

// noAges is a store that cannot be looked through, noDeletes one that cannot remove.
type (
	noAges    struct{ *memory }
	noDeletes struct{ *memory }
)

func (noAges) DecisionsByAge(context.Context, decision.Place, int) ([]decision.Held, error) {
	return nil, errLame
}

func (noDeletes) DeleteDecisions(context.Context, []decision.Place) (int64, error) {
	return 0, errLame
}

func TestASweepThatFailsSaysSo(t *testing.T) {
	for name, s := range map[string]decision.Store{"reading": noAges{&memory{}}, "removing": noDeletes{&memory{}}} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			k := open(t, decision.Config{Store: s, Now: c.Now, MaxAge: time.Hour})
			keep(k, record("r"))
			find(t, k, "r")
			c.Add(2 * time.Hour)
			if _, err := k.Sweep(t.Context()); !errors.Is(err, errLame) {
				t.Errorf("got %v", err)
			}
		})
	}
}
