package chance_test

import (
	"math"
	"testing"

	"github.com/binderctl/binderctl/pkg/cluster/chance"
)

func TestTail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		draw chance.Draw
		want float64
	}{
		// Fisher's own: a lady tells all four cups in which the milk came first.
		{"the lady tasting tea, all right", chance.Draw{Population: 8, Marked: 4, Drawn: 4, Hits: 4}, 1.0 / 70},
		{"three of four right", chance.Draw{Population: 8, Marked: 4, Drawn: 4, Hits: 3}, 17.0 / 70},
		{"none right is no feat", chance.Draw{Population: 8, Marked: 4, Drawn: 4, Hits: 0}, 1},
		{"everything is marked", chance.Draw{Population: 10, Marked: 10, Drawn: 3, Hits: 3}, 1},
		{"everything is drawn", chance.Draw{Population: 10, Marked: 3, Drawn: 10, Hits: 3}, 1},
		{"one pair of a hundred", chance.Draw{Population: 100, Marked: 2, Drawn: 2, Hits: 2}, 1.0 / 4950},
		{"more hits than drawn", chance.Draw{Population: 10, Marked: 5, Drawn: 2, Hits: 3}, 1},
		{"nothing at all", chance.Draw{}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.draw.Tail(); math.Abs(got-test.want) > 1e-9 {
				t.Errorf("tail of %+v is %v, want %v", test.draw, got, test.want)
			}
		})
	}
}

// 50,000 pods, 20 of the 30 sick on one node of 100: no overflow, no zero.
func TestTailOfManyPods(t *testing.T) {
	t.Parallel()
	tail := chance.Draw{Population: 50_000, Marked: 100, Drawn: 30, Hits: 20}.Tail()
	if !(tail > 0 && tail < 1e-40) {
		t.Errorf("tail is %v, want something tiny", tail)
	}
}

func TestOdds(t *testing.T) {
	t.Parallel()
	even := chance.Draw{Population: 100, Marked: 50, Drawn: 10, Hits: 5}.Odds()
	if math.Abs(even-1) > 1e-9 {
		t.Errorf("odds where the mark makes no difference: %v, want 1", even)
	}
	all := chance.Draw{Population: 100, Marked: 5, Drawn: 5, Hits: 5}.Odds()
	if math.IsInf(all, 0) || all < 100 {
		t.Errorf("odds where all marked are sick and nobody else: %v, want a large number", all)
	}
}
