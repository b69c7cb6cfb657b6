package policy

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// workload is policies of n statements in all and a request that meets the
// last of them, or none.
type workload struct {
	name   string
	make   func(t testing.TB, n int) *Policies
	on     func(n int) string // the request's resource
	action func(n int) string
	fill   func(n int, req *Request) // the rest of the request, if it matters
	want   Effect
}

// statementsOf joins n statements.
func statementsOf(n int, one func(i int) string) string {
	var b strings.Builder
	b.WriteString(`{"Version":"2012-10-17","Statement":[`)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(one(i))
	}
	return b.String() + "]}"
}

func allow(action, resource string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":[%s],"Resource":[%s]}`, action, resource)
}

// onPrefix is the usual large policy: a prefix for each of n teams.
func onPrefix(i int) string {
	return allow(`"s3:GetObject","s3:PutObject"`, fmt.Sprintf(`"arn:aws:s3:::bucket-%d/home/*"`, i))
}

// conditional is onPrefix with a variable and conditions.
func conditional(i int) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-%d/home/${aws:username}/*",
		"Condition":{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}`, i)
}

// withCondition is about one bucket, whoever it is for.
func withCondition(actions, conditions string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Action":[%s],"Resource":"arn:aws:s3:::b/*","Condition":{%s}}`, actions, conditions)
}

func workloads() []workload {
	identity := func(one func(int) string) func(testing.TB, int) *Policies {
		return func(t testing.TB, n int) *Policies {
			return &Policies{Identity: []*Policy{mustCompile(t, Identity, statementsOf(n, one), Meta{})}}
		}
	}
	object := func(format string) func(int) string {
		return func(n int) string { return fmt.Sprintf(format, n-1) }
	}
	get := func(int) string { return "s3:GetObject" }
	return []workload{
		{name: "last", make: identity(onPrefix), on: object("arn:aws:s3:::bucket-%d/home/cat.jpg"), action: get, want: Allow},
		{name: "miss", make: identity(onPrefix), on: object("arn:aws:s3:::bucket-%dx/home/cat.jpg"), action: get},
		{name: "conditions", make: identity(conditional), on: object("arn:aws:s3:::bucket-%d/home/U/cat.jpg"), action: get, want: Allow},
		{name: "exact", make: identity(func(i int) string {
			return allow(`"s3:GetObject"`, fmt.Sprintf(`"arn:aws:s3:::b/object-%d"`, i))
		}), on: object("arn:aws:s3:::b/object-%d"), action: get, want: Allow},
		// All share one beginning and differ in the middle, after a star or a variable.
		{name: "middle", make: identity(func(i int) string {
			return allow(`"s3:GetObject"`, fmt.Sprintf(`"arn:aws:s3:::*/team-%d/*","arn:aws:s3:::home/${aws:username}/project-%d/*.jpg"`, i, i))
		}), on: object("arn:aws:s3:::home/U/project-%d/cat.jpg"), action: get, want: Allow},
		// All are about every resource and differ in the action.
		{name: "actions", make: identity(func(i int) string {
			return allow(fmt.Sprintf(`"service%d:Get*","service%d:PutObject"`, i, i), `"*"`)
		}), on: object("arn:aws:s3:::bucket-%d"), action: func(n int) string { return fmt.Sprintf("service%d:getobject", n-1) }, want: Allow},
		// Long lists of actions, each of one service.
		{name: "services", make: identity(func(i int) string {
			var list []string
			for k := range 20 {
				list = append(list, fmt.Sprintf(`"service%d:Action%d"`, i, k))
			}
			return allow(strings.Join(list, ","), `"*"`)
		}), on: object("arn:aws:s3:::bucket-%d"), action: func(n int) string { return fmt.Sprintf("service%d:action7", n-1) }, want: Allow},
		// One role name in many accounts.
		{name: "accounts", make: identity(func(i int) string {
			return allow(`"sts:AssumeRole"`, fmt.Sprintf(`"arn:aws:iam::%012d:role/Deploy"`, i))
		}), on: object("arn:aws:iam::%012d:role/Deploy"), action: func(int) string { return "sts:AssumeRole" }, want: Allow},
		// Ten policies share the statements.
		{name: "ten", make: func(t testing.TB, n int) *Policies {
			p := &Policies{}
			for k := range 10 {
				text := statementsOf(n/10, func(i int) string { return conditional(k*(n/10) + i) })
				p.Identity = append(p.Identity, mustCompile(t, Identity, text, Meta{}))
			}
			return p
		}, on: object("arn:aws:s3:::bucket-%d/home/U/cat.jpg"), action: get, want: Allow},
		{name: "bucket", make: func(t testing.TB, n int) *Policies {
			return &Policies{Resource: mustCompile(t, Resource, strings.ReplaceAll(statementsOf(n, conditional), `"Action"`, `"Principal":"*","Action"`), Meta{})}
		}, on: object("arn:aws:s3:::bucket-%d/home/U/cat.jpg"), action: get, want: Allow},
		// All share action and resource and differ in one value of a condition,
		// or in their principals.
		{name: "values", make: identity(func(i int) string {
			return withCondition(`"s3:GetObject"`, fmt.Sprintf(`"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:PrincipalAccount":%q,"aws:username":"user-%d"}`, accountA, i))
		}), on: object("arn:aws:s3:::b/%d"), action: get, fill: func(n int, req *Request) {
			req.Context.Set("AWS:UserName", fmt.Sprintf("user-%d", n-1))
		}, want: Allow},
		{name: "no value", make: identity(func(i int) string {
			return withCondition(`"s3:GetObject","s3:PutObject"`, fmt.Sprintf(`"StringLike":{"aws:username":["user-%d","other-%d"]}`, i, i))
		}), on: object("arn:aws:s3:::b/%d"), action: get},
		{name: "sets", make: identity(func(i int) string {
			return withCondition(`"s3:Get*"`, fmt.Sprintf(`"ForAnyValue:StringEquals":{"app:groups":"group-%d"}`, i))
		}), on: object("arn:aws:s3:::b/%d"), action: get, fill: func(n int, req *Request) {
			req.Context.SetMulti("app:groups", []string{"all", "some", fmt.Sprintf("group-%d", n-1)})
		}, want: Allow},
		{name: "arns", make: identity(func(i int) string {
			return withCondition(`"*"`, fmt.Sprintf(`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/team-%d"}`, i))
		}), on: object("arn:aws:s3:::b/%d"), action: get, fill: func(n int, req *Request) {
			req.Context.Set("aws:PrincipalArn", fmt.Sprintf("arn:aws:iam::111122223333:role/team-%d", n-1))
		}, want: Allow},
		{name: "principals", make: func(t testing.TB, n int) *Policies {
			return &Policies{Resource: mustCompile(t, Resource, statementsOf(n, func(i int) string {
				return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:user/team/user-%d","arn:aws:sts::111122223333:assumed-role/R/user-%d"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`, i, i)
			}), Meta{})}
		}, on: object("arn:aws:s3:::b/%d"), action: get, fill: func(n int, req *Request) {
			req.Principal.ARN = fmt.Sprintf("arn:aws:iam::111122223333:user/team/user-%d", n-1)
			req.Principal.EntityARN = req.Principal.ARN
		}, want: Allow},
		{name: "trust", make: func(t testing.TB, n int) *Policies {
			return &Policies{Trust: true, Resource: mustCompile(t, Trust, statementsOf(n, func(i int) string {
				return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":"%012d"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"id-%d"}}}`, i, i%7)
			}), Meta{}), Identity: []*Policy{mustCompile(t, Identity, everything, Meta{})}}
		}, on: object("arn:aws:iam::111122223333:role/%d"), action: func(int) string { return "sts:AssumeRole" }, fill: func(n int, req *Request) {
			req.Principal.Account, req.ResourceAccount = fmt.Sprintf("%012d", n-1), accountA
			req.Context.Set("sts:ExternalId", fmt.Sprintf("id-%d", (n-1)%7))
		}, want: Allow},
	}
}

// prepare makes the workload's request and policies.
func (w *workload) prepare(t testing.TB, n int) (*Request, *Policies) {
	req := getObject(callerOf(t, "user"))
	req.Action, req.Resource = w.action(n), w.on(n)
	req.Context = &Context{}
	fill(req.Context)
	req.Context.Set("aws:username", "U")
	if w.fill != nil {
		w.fill(n, req)
	}
	return req, w.make(t, n)
}

func TestLargePoliciesAreIndexedAndAllocateNothing(t *testing.T) {
	for _, w := range workloads() {
		for _, n := range []int{10, 1000, 10000} {
			if n > 1000 && testing.Short() {
				continue
			}
			req, p := w.prepare(t, n)
			d := Decide(req, p)
			plain := Decide(req, remade(p, func(q *Policy) { q.index = nil }))
			if d.Effect != w.want || d.Statement != plain.Statement || d.Policy.Document() != plain.Policy.Document() {
				t.Fatalf("%s/%d: %+v, the plain reading %+v", w.name, n, d, plain)
			}
			if got := testing.AllocsPerRun(100, func() { Decide(req, p) }); got != 0 {
				t.Errorf("%s/%d: %v allocations per decision", w.name, n, got)
			}
		}
	}
}

// BenchmarkDecide measures decide/READER/STATEMENTS/WORKLOAD for the readers
// indexed (the engine) and plain (every statement in order), and the floor: a
// map lookup by a text as long as the request's resource. cpu-ns/op is
// processor time, which a busy machine stretches less than the clock's.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		for _, w := range workloads() {
			for _, reader := range []string{"indexed", "plain"} {
				b.Run(fmt.Sprintf("%s/%d/%s", reader, n, w.name), func(b *testing.B) {
					req, p := w.prepare(b, n)
					if reader == "plain" {
						p = remade(p, func(q *Policy) { q.index = nil })
					}
					b.ReportAllocs()
					start := processorTime(b)
					for b.Loop() {
						if Decide(req, p).Effect != w.want {
							b.Fatal("wrong decision")
						}
					}
					b.ReportMetric(float64(processorTime(b)-start)/float64(b.N), "cpu-ns/op")
				})
			}
		}
		b.Run(fmt.Sprintf("floor/%d", n), func(b *testing.B) {
			index := map[string]int{}
			for i := range n {
				index[fmt.Sprintf("arn:aws:s3:::bucket-%d/home/U/", i)] = i
			}
			key := fmt.Sprintf("arn:aws:s3:::bucket-%d/home/U/", n-1)
			start := processorTime(b)
			for b.Loop() {
				if _, ok := index[key]; !ok {
					b.Fatal("missing")
				}
			}
			b.ReportMetric(float64(processorTime(b)-start)/float64(b.N), "cpu-ns/op")
		})
	}
	b.Run("warm", func(b *testing.B) {
		req, p := warm(b)
		b.ReportAllocs()
		for b.Loop() {
			Decide(req, p)
		}
	})
	b.Run("context", func(b *testing.B) {
		var c Context
		b.ReportAllocs()
		for b.Loop() {
			c.Reset()
			fill(&c)
		}
	})
}

// processorTime returns the nanoseconds of processor time used so far.
func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkCompile measures parsing and compiling by the kilobyte of text,
// and the memory that a compiled policy of 1,000 statements keeps.
func BenchmarkCompile(b *testing.B) {
	for _, w := range workloads() {
		if mostMemory[w.name] == 0 {
			continue
		}
		for _, n := range []int{20, 1000} {
			_, p := w.prepare(b, n)
			d := p.Identity[0].Document()
			text := d.Text()
			per := func(b *testing.B, f func()) {
				b.ReportAllocs()
				start := processorTime(b)
				for b.Loop() {
					f()
				}
				b.ReportMetric(float64(processorTime(b)-start)/float64(b.N)/float64(len(text))*1024, "cpu-ns/KB")
			}
			b.Run(fmt.Sprintf("parse/%d/%s", n, w.name), func(b *testing.B) {
				per(b, func() {
					if _, err := Parse(text, Identity); err != nil {
						b.Fatal(err)
					}
				})
			})
			b.Run(fmt.Sprintf("compile/%d/%s", n, w.name), func(b *testing.B) { per(b, func() { Compile(d, Meta{}) }) })
		}
	}
}

// mostMemory is what a compiled statement of a workload keeps at most, in
// bytes.
var mostMemory = map[string]int{"last": 1000, "conditions": 1500, "middle": 1500, "actions": 1500, "values": 1500}

// kept measures what a compiled policy of n statements keeps for each, and
// what of it is the index.
func (w *workload) kept(t testing.TB, n int) (total, index, text int) {
	_, p := w.prepare(t, n)
	d := p.Identity[0].Document()
	before := liveBytes()
	compiled := Compile(d, Meta{})
	whole := liveBytes()
	compiled.index = nil
	plain := liveBytes()
	runtime.KeepAlive(compiled)
	runtime.KeepAlive(p)
	return (whole - before) / n, (whole - plain) / n, len(d.raw) / n
}

// TestMemory holds what compiled policies keep.
func TestMemory(t *testing.T) {
	for _, w := range workloads() {
		most := mostMemory[w.name]
		if most == 0 {
			continue
		}
		total, index, text := w.kept(t, 5000)
		t.Logf("%s: %d bytes for a statement of %d bytes, %d of them for the index", w.name, total, text, index)
		if total > most {
			t.Errorf("%s: %d bytes for a statement", w.name, total)
		}
	}
}

// BenchmarkMemory reports the same.
func BenchmarkMemory(b *testing.B) {
	for _, w := range workloads() {
		if mostMemory[w.name] == 0 {
			continue
		}
		b.Run(w.name, func(b *testing.B) {
			total, index, _ := w.kept(b, 5000)
			for b.Loop() {
			}
			b.ReportMetric(float64(total), "B/statement")
			b.ReportMetric(float64(index), "index-B/statement")
		})
	}
}

// liveBytes returns the bytes that are in use after collection.
func liveBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
