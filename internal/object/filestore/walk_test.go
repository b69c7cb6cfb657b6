package filestore

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/rockpool-id/rockpool/internal/object"
)

// TestSeeksAreLearnt holds what a page of common prefixes may cost: a step for
// each key looked at, and about eight of them for each seek.
func TestSeeksAreLearnt(t *testing.T) {
	const seekCost = 8
	sizes := func(n int, size func(i int) int) []int {
		list := make([]int, n)
		for i := range list {
			list[i] = size(i)
		}
		return list
	}
	for _, c := range []struct {
		name  string
		sizes []int   // of the common prefixes, in order
		most  float64 // cost for each prefix
	}{
		{"prefixes of one key are passed by steps", sizes(1000, func(int) int { return 1 }), 1.1},
		{"prefixes of three keys are passed by steps", sizes(1000, func(int) int { return 3 }), 3.1},
		{"prefixes of eight keys are passed by steps once one was measured", sizes(1000, func(int) int { return 8 }), 8.6},
		{"large prefixes cost two steps and a seek", sizes(1000, func(int) int { return 50 }), 2 + seekCost + 0.5},
		{"small prefixes behind large ones are learnt again", sizes(2000, func(i int) int { return []int{50, 2}[i/1000] }), (2+seekCost+2)/2 + 0.8},
		{"large ones behind small ones too", sizes(2000, func(i int) int { return []int{2, 50}[i/1000] }), (2+seekCost+2)/2 + 0.8},
		{"large and small in turns cost no more than stepping far and seeking", sizes(1000, func(i int) int { return []int{100, 1}[i%2] }), 10},
		{"one huge prefix is one seek", []int{20_000}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			var keys, want []string
			for i, n := range c.sizes {
				want = append(want, fmt.Sprintf("p/%05d/", i))
				for k := range n {
					keys = append(keys, fmt.Sprintf("p/%05d/%06d", i, k))
				}
			}
			p, from, _ := newPager(object.ListOptions{Prefix: "p/", Delimiter: "/", Max: len(want)})
			steps, seeks := 0, -1 // the page begins with one that is none
			truncated, err := p.walk(context.Background(), from, func(from []byte, visit func([]byte) (bool, error)) error {
				seeks++
				at, _ := slices.BinarySearch(keys, string(from))
				for ; at < len(keys); at++ {
					steps++
					if more, err := visit([]byte(keys[at])); err != nil || !more {
						return err
					}
				}
				return nil
			}, func() error { return fmt.Errorf("a key is on the page by itself") })
			if err != nil || truncated || !slices.Equal(p.prefixes, want) {
				t.Fatalf("%d of %d prefixes, truncated %v, error %v", len(p.prefixes), len(want), truncated, err)
			}
			cost := float64(steps+seekCost*seeks) / float64(len(want))
			t.Logf("%d steps and %d seeks for %d prefixes: %.2f each", steps, seeks, len(want), cost)
			if cost > c.most {
				t.Errorf("each prefix costs %.2f steps, at most %.2f", cost, c.most)
			}
		})
	}
}
