package chance_test

import (
	"math"
	"testing"

	"github.com/binderctl/binderctl/pkg/cluster/chance"
)

func TestStrata(t *testing.T) {
	t.Parallel()
	tea := chance.Draw{Population: 8, Marked: 4, Drawn: 4, Hits: 4}
	for _, test := range []struct {
		name   string
		strata chance.Strata
		want   float64
	}{
		{"one is Fisher's test", chance.Strata{tea}, 1.0 / 70},
		{"two independent feats", chance.Strata{tea, tea}, 1.0 / 4900},
		{"a feat and a failure", chance.Strata{tea, {Population: 2, Marked: 1, Drawn: 1}}, 1.0/70*0.5 + (1.0/70+16.0/70)*0.5},
		{"an empty one changes nothing", chance.Strata{tea, {}}, 1.0 / 70},
		{"one without draws changes nothing", chance.Strata{tea, {Population: 500, Marked: 40}}, 1.0 / 70},
		{"all drawn tells nothing", chance.Strata{{Population: 9, Marked: 3, Drawn: 9, Hits: 3}}, 1},
		{"counts that cannot be", chance.Strata{{Population: 9, Marked: 3, Drawn: 2, Hits: 3}}, 1},
		{"nothing", nil, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.strata.Tail(); math.Abs(got-test.want) > 1e-9 {
				t.Errorf("tail %v, want %v", got, test.want)
			}
			if least := test.strata.Least(); least > test.strata.Tail()+1e-9 {
				t.Errorf("least %v is more than the tail %v", least, test.strata.Tail())
			}
		})
	}
}

// Services sit on the core nodes and users' pods elsewhere, and only services
// fail: taken together that looks like a sick core pool, apart it does not.
func TestStrataAreNotConfounded(t *testing.T) {
	t.Parallel()
	users := chance.Draw{Population: 600}
	services := chance.Draw{Population: 40, Marked: 30, Drawn: 4, Hits: 3}
	apart := chance.Strata{users, services}
	if tail := apart.Total().Tail(); tail > 0.001 {
		t.Errorf("taken together: %v, want it to look like a cause", tail)
	}
	if tail := apart.Tail(); tail < 0.5 {
		t.Errorf("apart: %v, want chance", tail)
	}
	if odds := apart.Odds(); odds < 0.5 || odds > 2 {
		t.Errorf("odds apart: %v, want about 1", odds)
	}
}

func TestTests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		least []float64
		want  int
	}{
		{"none", nil, 1},
		{"one", []float64{0.001}, 1},
		{"one that cannot come out", []float64{0.5}, 1},
		{"three that can", []float64{1e-6, 1e-7, 1e-8}, 3},
		{"two that can, and a thousand that cannot", append([]float64{1e-6, 1e-7}, many(1000, 0.2)...), 2},
		{"what can come out alone, but not among ten", append([]float64{1e-6}, many(9, 0.004)...), 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := chance.Tests(test.least, 0.01); got != test.want {
				t.Errorf("%d tests, want %d", got, test.want)
			}
		})
	}
}

func many(n int, value float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = value
	}
	return list
}
