package chance

import (
	"math"
	"slices"
)

// Strata are draws from several populations that are judged as one, each
// compared with its own kind alone: users' pods fail at another rate than
// services, and on other nodes, and that alone must not look like a cause. The
// test is Fisher's, exact, given the margins of every stratum.
type Strata []Draw

// Total is what the strata come to together.
func (s Strata) Total() Draw {
	var total Draw
	for _, draw := range s {
		total.Population += draw.Population
		total.Marked += draw.Marked
		total.Drawn += draw.Drawn
		total.Hits += draw.Hits
	}
	return total
}

// Tail is the probability, 0 to 1, of at least as many hits in all if within
// each stratum marking and drawing had nothing to do with each other.
func (s Strata) Tail() float64 {
	hits := []float64{1} // hits[n] is the probability of n hits in the strata so far
	for _, draw := range s {
		if draw.Marked > draw.Population || draw.Drawn > draw.Population || draw.Hits > min(draw.Marked, draw.Drawn) {
			return 1
		}
		hits = convolve(hits, draw.distribution())
	}
	sum := 0.0
	for _, p := range hits[min(s.Total().Hits, len(hits)):] {
		sum += p
	}
	return min(1, sum)
}

// Least is the smallest that Tail could be with these margins, were every hit
// made that can be: what is marked rarely and drawn rarely proves little at best.
func (s Strata) Least() float64 {
	least := 1.0
	for _, draw := range s {
		draw.Hits = min(draw.Marked, draw.Drawn)
		least *= draw.Tail()
	}
	return least
}

// Odds is how many times as likely something marked is to be drawn as something
// of its stratum that is not (Mantel and Haenszel's estimate over the strata,
// with half a case added to each count, as in Draw.Odds). Strata in which that
// cannot be told are left out; 1 if none is left.
func (s Strata) Odds() float64 {
	const half = 0.5
	above, below := 0.0, 0.0
	for _, d := range s {
		if d.Marked == 0 || d.Drawn == 0 || d.Marked == d.Population || d.Drawn == d.Population {
			continue
		}
		sickOther := d.Drawn - d.Hits
		above += (float64(d.Hits) + half) * (float64(d.Population-d.Marked-sickOther) + half) / float64(d.Population)
		below += (float64(d.Marked-d.Hits) + half) * (float64(sickOther) + half) / float64(d.Population)
	}
	if below == 0 {
		return 1
	}
	return above / below
}

// distribution is the probability of each number of hits, from none up.
func (d Draw) distribution() []float64 {
	chances := make([]float64, min(d.Marked, d.Drawn)+1)
	all := logChoose(d.Population, d.Drawn)
	for hits := range chances {
		chances[hits] = math.Exp(logChoose(d.Marked, hits) + logChoose(d.Population-d.Marked, d.Drawn-hits) - all)
	}
	return chances
}

// convolve is the distribution of the sum of two independent counts.
func convolve(a, b []float64) []float64 {
	sums := make([]float64, len(a)+len(b)-1)
	for i, p := range a {
		for j, q := range b {
			sums[i+j] += p * q
		}
	}
	return sums
}

// Tests is the number by which to multiply the probability of each of a family
// of tests so that, if all is chance, one among them comes out below level with
// no more than that probability. It is Bonferroni's correction as Tarone
// sharpened it (1990): a test whose least possible probability is too large to
// come out anyhow costs the others nothing. That matters here, where thousands
// of images have one pod each.
func Tests(least []float64, level float64) int {
	sorted := slices.Sorted(slices.Values(least))
	for k := 1; k < len(sorted); k++ {
		if sorted[k] > level/float64(k) { // so at most k can come out at all
			return k
		}
	}
	return max(1, len(sorted))
}
