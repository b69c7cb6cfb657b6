package fair_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/rockpool-id/rockpool/internal/fair"
)

// row is a row of a made-up store.
type row struct {
	names [3]string
	size  int64
}

// sweep gives what is left of rows, the oldest first.
func sweep(rows []row, room, grain int64) []row {
	l := fair.New(room, grain)
	for _, r := range rows {
		l.Add(fair.ClassOf(r.names[:]...), r.size)
	}
	if !l.Over() {
		return rows
	}
	var left []row
	for _, r := range rows {
		was := l.Over()
		if gone := l.Gone(fair.ClassOf(r.names[:]...), r.size); gone && !was {
			panic("a row went although nothing was over")
		} else if !gone {
			left = append(left, r)
		}
	}
	if l.Over() {
		panic("it is over still")
	}
	return left
}

// count says how much of each outermost class is there.
func count(rows []row, step int) map[string]int64 {
	m := make(map[string]int64)
	for _, r := range rows {
		m[r.names[step]] += r.size
	}
	return m
}

func many(n int, names func(i int) [3]string) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{names(i), 1}
	}
	return rows
}

func TestSharesAreFair(t *testing.T) {
	fixed := func(names ...string) func(int) [3]string {
		var list [3]string
		copy(list[:], names)
		return func(int) [3]string { return list }
	}
	for _, tt := range []struct {
		name string
		rows [][]row // one after another: the oldest first
		step int
		want map[string]int64
	}{
		{"what fits stays", [][]row{many(40, fixed("a")), many(60, fixed("b"))}, 0, map[string]int64{"a": 40, "b": 60}},
		{"a flood of one takes its own oldest", [][]row{many(30, fixed("a")), many(1000, fixed("flood"))}, 0, map[string]int64{"a": 30, "flood": 70}},
		{"two floods get the same", [][]row{many(10, fixed("a")), many(1000, fixed("b")), many(500, fixed("c"))}, 0, map[string]int64{"a": 10, "b": 45, "c": 45}},
		{"guests that are made up count as one", [][]row{
			many(30, fixed("pool", "people", "ann")),
			many(1000, func(i int) [3]string { return [3]string{"pool", "guests", fmt.Sprint(i)} }),
		}, 1, map[string]int64{"people": 30, "guests": 70}},
		{"a pool gets no more for having both", [][]row{
			many(1000, fixed("p", "people", "x")), many(1000, fixed("p", "guests", "y")), many(1000, fixed("q", "guests", "z")),
		}, 0, map[string]int64{"p": 50, "q": 50}},
		{"one person does not push out another of the pool", [][]row{
			many(20, fixed("p", "people", "ann")), many(1000, fixed("p", "people", "mallory")), many(100, fixed("q")),
		}, 2, map[string]int64{"ann": 20, "mallory": 30, "": 50}},
		{"rows without a class are one", [][]row{many(1000, fixed()), many(20, fixed("a"))}, 0, map[string]int64{"": 80, "a": 20}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var rows []row
			for _, list := range tt.rows {
				rows = append(rows, list...)
			}
			got := count(sweep(rows, 100, 4), tt.step)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("left: %v, want %v", got, tt.want)
			}
		})
	}
}

// When an even share would be next to nothing, the oldest go and the newest stay.
func TestTheNewestOfVeryManyStay(t *testing.T) {
	rows := many(1000, func(i int) [3]string { return [3]string{"anonymous", "", fmt.Sprint(i)} })
	left := sweep(rows, 100, 4)
	if len(left) != 100 || left[0].names[2] != "900" {
		t.Errorf("%d are left, from %v", len(left), left[0])
	}
}

func TestClasses(t *testing.T) {
	whole := fair.ClassOf("a", "b", "c")
	if len(whole) != 33 || whole[:22] != fair.ClassOf("a", "b")[:22] || whole == fair.ClassOf("a", "b") || whole != fair.ClassOf("a", "b", "c", "d") {
		t.Errorf("%q and %q", whole, fair.ClassOf("a", "b"))
	}
	l := fair.New(1, 1)
	l.Add("", 1)
	l.Add("short", 1) // nothing that we make
	if !l.Gone("", 1) || l.Gone("short", 1) || l.Gone(whole, 1) {
		t.Error("rows without a class are not the oldest first, or an unknown one went")
	}
}

// TestTheBoundsHold tries stores of every kind: what is left fits, what went was
// its class's, or its step's, oldest, and nobody who held no more than an even
// share of the outermost step lost anything.
func TestTheBoundsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", ""})
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
			return row{[3]string{name.Draw(t, "1"), name.Draw(t, "2"), name.Draw(t, "3")}, rapid.Int64Range(0, 9).Draw(t, "size")}
		}), 0, 200).Draw(t, "rows")
		room, grain := rapid.Int64Range(0, 400).Draw(t, "room"), rapid.Int64Range(0, 40).Draw(t, "grain")
		left := sweep(rows, room, grain)
		before, after := count(rows, 0), count(left, 0)
		var sum int64
		for _, n := range after {
			sum += n
		}
		if sum > room {
			t.Fatalf("%d is left in a room of %d", sum, room)
		}
		if len(before) > 1 && room/int64(len(before)) < grain {
			return // the outermost are not told apart
		}
		for n, held := range before {
			if held <= room/int64(len(before)) && after[n] != held {
				t.Fatalf("%q held %d of %d among %d and is left with %d", n, held, room, len(before), after[n])
			}
		}
	})
}

// BenchmarkLedger is the cost of a row in both passes, with as many classes as rows.
func BenchmarkLedger(b *testing.B) {
	classes := make([]fair.Class, 30_000)
	for i := range classes {
		classes[i] = fair.ClassOf("pool", "people", fmt.Sprint(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		l := fair.New(20_000, 8)
		for _, c := range classes {
			l.Add(c, 1)
		}
		for _, c := range classes {
			l.Gone(c, 1)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(classes)), "ns/row")
}
