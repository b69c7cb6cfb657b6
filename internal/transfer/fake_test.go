package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/transfer"
)

const poolID = "eu-west-1:aaaaaaaa-0000-4000-8000-000000000001"

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

func clock() time.Time { return epoch }

// ticking is a clock that goes on by a minute at each look, so that every page is a
// checkpoint.
func ticking() func() time.Time {
	now := epoch
	return func() time.Time { now = now.Add(time.Minute); return now }
}

func identity(n int) transfer.Identity {
	at := transfer.At(epoch.Add(time.Duration(n) * time.Millisecond))
	i := transfer.Identity{IdentityId: fmt.Sprintf("eu-west-1:%08x-0000-4000-8000-000000000000", n), CreationDate: at, LastModifiedDate: at}
	switch n % 4 {
	case 0:
		i.Guest = true
	case 1:
		i.Disabled, i.Parent = true, identity(n+1).IdentityId
	default:
		i.Blocked = n%8 == 3
		i.Logins = []transfer.Login{{Provider: "accounts.google.com", Subject: fmt.Sprintf("<é %d>", n), Linked: at}}
	}
	return i
}

func header() *transfer.Header {
	return &transfer.Header{Pool: transfer.Pool{
		IdentityPoolId: poolID, IdentityPoolName: "people", Roles: map[string]string{"authenticated": "arn:aws:iam::111111111111:role/app/Member"},
	}}
}

// source is a pool of size identities in pages of ten. It fails once when it is
// asked for the page failAt.
type source struct {
	size, failAt int
	pages        []string // that were asked for
	headers      int
	resumed      *transfer.Header
}

var errFails = errors.New("the line is cut")

func (s *source) Header(context.Context) (*transfer.Header, error) {
	s.headers++
	return header(), nil
}

func (s *source) Resume(h *transfer.Header) { s.resumed = h }

func (s *source) Page(ctx context.Context, from string) ([]transfer.Identity, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	s.pages = append(s.pages, from)
	start := 0
	if from != "" {
		if _, err := fmt.Sscan(from, &start); err != nil {
			return nil, "", err
		}
	}
	if s.failAt > 0 && start == s.failAt {
		s.failAt = 0
		return nil, "", errFails
	}
	var list []transfer.Identity
	for n := start; n < min(start+10, s.size); n++ {
		list = append(list, identity(n))
	}
	if start+10 >= s.size {
		return list, "", nil
	}
	return list, fmt.Sprint(start + 10), nil
}

// target keeps what it is given.
type target struct {
	header *transfer.Header
	byID   map[string]transfer.Identity
	calls  int
	failAt int // the call of Import that fails once
	parts  []string
}

func (t *target) Prepare(_ context.Context, h *transfer.Header, done []string, save func(string) error) error {
	t.header, t.parts = h, done
	return save("pool")
}

func (t *target) Import(_ context.Context, _ string, list []transfer.Identity) (transfer.Result, error) {
	t.calls++
	if t.calls == t.failAt {
		return transfer.Result{}, errFails
	}
	var r transfer.Result
	for _, i := range list {
		switch _, there := t.byID[i.IdentityId]; {
		case there:
			r.Conflicts = append(r.Conflicts, transfer.Conflict{IdentityId: i.IdentityId, Reason: transfer.IdentityExists})
		default:
			if t.byID == nil {
				t.byID = make(map[string]transfer.Identity)
			}
			t.byID[i.IdentityId] = i
			r.Imported++
		}
	}
	return r, nil
}

// exported makes a file of a pool.
func exported(t testing.TB, size int, name string) string {
	t.Helper()
	c := &transfer.Collector{Source: &source{size: size}, Path: filepath.Join(t.TempDir(), name), PoolID: poolID, Now: clock}
	if _, err := c.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.Path
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
