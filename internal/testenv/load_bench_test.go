package testenv_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rockpool-id/rockpool/internal/pool"
	"github.com/rockpool-id/rockpool/internal/pretend"
	"github.com/rockpool-id/rockpool/internal/sqldb"
	"github.com/rockpool-id/rockpool/internal/store/sqlite"
)

// What takes longer than a test may runs by flag only:
//
//	go test ./internal/testenv -run '^$' -bench ManyIdentities -identities 1000000
//	go test ./internal/testenv -run '^$' -bench Flood -benchtime 1x -flood 30s
//	go test ./internal/testenv -run '^$' -bench Quotas -benchtime 1x -quotas 30s
var (
	identities = flag.Int("identities", 0, "compare a pool of this many identities with one of 10,000")
	flood      = flag.Duration("flood", 0, "how long each flood of the memory test lasts")
	quotas     = flag.Duration("quotas", 0, "how long ten times AWS's quotas are sent")
)

// subject is the n-th person of a filled pool, as Google would name them: 21 digits
// in no order.
func subject(n int) string { return fmt.Sprintf("1%020d", uint64(n)*0x9e3779b97f4a7c15) }

// fill adds count people to the story's pool, past the API, and reports the size
// of the database on disk for each and how long the server then takes to start.
func (s *benchStory) fill(count int) (bytesEach float64, start time.Duration) {
	s.b.Helper()
	file := filepath.Join(s.env.Data, "rockpool.db")
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			s.b.Fatal(err)
		}
		return info.Size()
	}
	s.env.Stop()
	empty := size()
	ctx := context.Background()
	db, err := sqldb.Open(s.env.Data)
	if err != nil {
		s.b.Fatal(err)
	}
	pools, err := sqlite.OpenPools(ctx, db)
	if err != nil {
		s.b.Fatal(err)
	}
	const batch = 1000 // as an import sends them
	for first := 1; first <= count; first += batch {
		list := make([]*pool.Identity, 0, batch)
		for n := first; n < min(first+batch, count+1); n++ {
			now := time.Now()
			list = append(list, &pool.Identity{
				ID: newIdentityID(), PoolID: s.pool, Created: now, Modified: now, Version: 1,
				Logins: []pool.Login{{Provider: "accounts.google.com", Subject: subject(n), Linked: now}},
			})
		}
		if err := pools.InsertIdentities(ctx, s.pool, list); err != nil {
			s.b.Fatal(err)
		}
	}
	if err := pools.Close(); err != nil {
		s.b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		s.b.Fatal(err)
	}
	bytesEach = float64(size()-empty) / float64(count)
	before := time.Now()
	s.env.Restart()
	return bytesEach, time.Since(before)
}

// BenchmarkManyIdentities signs random people of a large pool in and compares
// with a pool of 10,000 (design.md 8): nothing may grow with the pool.
func BenchmarkManyIdentities(b *testing.B) {
	if *identities == 0 {
		b.Skip("with -identities only")
	}
	small, large := newBenchStory(b), newBenchStory(b)
	small.fill(10_000)
	each, start := large.fill(*identities)
	b.Run("GetId", func(b *testing.B) { // filled once, for however many calls
		// Steps far apart, so that no two calls find the same pages warm.
		signIn := func(s *benchStory, count int) func(*http.Client, int) {
			tokens := make([]string, b.N)
			for n := range tokens {
				token, err := s.google.MintIDToken(s.google.People()[0].Email, clientID, pretend.TokenOptions{
					Claims: map[string]any{"sub": subject(1 + n*7919%count)},
				})
				if err != nil {
					b.Fatal(err)
				}
				tokens[n] = token
			}
			return func(client *http.Client, n int) { post(b, client, s.request("GetId", s.getID(tokens[n]))) }
		}
		against(b, signIn(small, 10_000), 1, signIn(large, *identities))
		b.ReportMetric(each, "B/identity")
		b.ReportMetric(float64(start.Milliseconds()), "start-ms")
	})
}

// resident is the memory of this process, server and clients together.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// BenchmarkFlood sends what nobody has sent before, guests and forged tokens, as
// fast as it can, and reports how the memory grew: it must not grow with them.
func BenchmarkFlood(b *testing.B) {
	if *flood == 0 {
		b.Skip("with -flood only")
	}
	b.Run("forged tokens", func(b *testing.B) {
		s := newBenchStory(b)
		token := s.token()
		dot := strings.LastIndexByte(token, '.')
		s.flood(b, func(client *http.Client, n int) {
			// Each with a payload of its own, so that each is a token of its own.
			head, _, _ := strings.Cut(token, ".")
			forged := head + "." + encodeClaims(fmt.Sprintf(
				`{"iss":"https://accounts.google.com","aud":%q,"sub":"%d","iat":%d,"exp":%d}`, clientID, n, time.Now().Unix(), time.Now().Unix()+3000,
			)) + token[dot:]
			answered(b, client, s.request("GetId", s.getID(forged)), http.StatusBadRequest)
		})
	})
	b.Run("opaque tokens", func(b *testing.B) { // the provider is asked about each
		s := newBenchStory(b)
		s.supportFacebook()
		s.flood(b, func(client *http.Client, n int) {
			answered(b, client, s.request("GetId", map[string]any{
				"IdentityPoolId": s.pool, "Logins": map[string]string{"graph.facebook.com": "EAAB" + strconv.Itoa(n)},
			}), http.StatusBadRequest)
		})
	})
	b.Run("guests", func(b *testing.B) {
		s := newBenchStory(b)
		s.allowGuests()
		s.flood(b, func(client *http.Client, _ int) {
			post(b, client, s.request("GetId", map[string]any{"IdentityPoolId": s.pool}))
		})
	})
}

// flood calls for a while and reports the memory before, in the middle and at the
// end.
func (s *benchStory) flood(b *testing.B, call func(client *http.Client, n int)) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	before := resident()
	var sent atomic.Int64
	var wg sync.WaitGroup
	var middle, most atomic.Int64
	begun := time.Now()
	for range connections {
		wg.Go(func() {
			for time.Since(begun) < *flood {
				n := sent.Add(1)
				call(client, int(n))
				if n%256 == 0 {
					now := resident()
					most.Store(max(most.Load(), now))
					if time.Since(begun) < *flood/2 {
						middle.Store(max(middle.Load(), now))
					}
				}
			}
		})
	}
	wg.Wait()
	const mib = 1 << 20
	b.ReportMetric(float64(sent.Load())/time.Since(begun).Seconds(), "calls/s")
	b.ReportMetric(float64(before)/mib, "MiB-before")
	b.ReportMetric(float64(middle.Load())/mib, "MiB-first-half")
	b.ReportMetric(float64(most.Load())/mib, "MiB-most")
}

// BenchmarkQuotas sends ten times AWS's quotas at an even pace and reports how
// long the answers took; p99 must stay below 20 ms (design.md 8). The client
// shares the processors with the server.
func BenchmarkQuotas(b *testing.B) {
	if *quotas == 0 {
		b.Skip("with -quotas only")
	}
	s := newBenchStory(b)
	fresh := s.tokens(200) // each is used again by many calls, as one person's devices do
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	kinds := []struct {
		rate int // a second: ten times the quota of cognito-identity.md 8.4
		call func(n int)
	}{
		{250, func(n int) { post(b, client, s.request("GetId", s.getID(fresh[n%len(fresh)]))) }},
		{2000, func(n int) {
			post(b, client, s.request("GetCredentialsForIdentity", s.getCredentials(fresh[n%len(fresh)])))
		}},
	}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	before, begun := cpu(), time.Now()
	for _, k := range kinds {
		wg.Go(func() {
			gap := time.Second / time.Duration(k.rate)
			for n := 0; time.Since(begun) < *quotas; n++ {
				due := begun.Add(time.Duration(n) * gap)
				time.Sleep(time.Until(due))
				wg.Go(func() {
					k.call(n)
					d := time.Since(due) // from when it should have begun: waiting counts
					mu.Lock()
					took = append(took, d)
					mu.Unlock()
				})
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begun)
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(float64(len(took))/elapsed.Seconds(), "calls/s")
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(cpu()-before)/float64(elapsed), "processors")
}

func encodeClaims(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// newIdentityID is a random id, as the pool makes them.
func newIdentityID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return fmt.Sprintf("us-east-1:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
