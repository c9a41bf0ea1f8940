// Package chance tells a common cause from a coincidence.
//
// Of the pods of a cluster some are sick, and of the sick some share a node, an
// image, an owner. How likely is it that so many of them share it by mere
// chance? That is Fisher's exact test, one-sided: the upper tail of the
// hypergeometric distribution.
package chance

import "math"

// Draw is what was seen: of a population some are marked (they share
// something), some were drawn (they are sick), and some are both.
type Draw struct {
	Population int // all there are
	Marked     int // of these, those that share it
	Drawn      int // of all, those that are sick
	Hits       int // of the sick, those that share it
}

// Tail is the probability, 0 to 1, that at least as many of the drawn would be
// marked if marking and drawing had nothing to do with each other. Counts that
// cannot be, such as more hits than drawn, make it 1: they prove nothing.
func (d Draw) Tail() float64 {
	most := min(d.Marked, d.Drawn)
	if d.Hits <= 0 || d.Hits > most || d.Marked > d.Population || d.Drawn > d.Population {
		return 1
	}
	all := logChoose(d.Population, d.Drawn)
	sum := 0.0
	for hits := d.Hits; hits <= most; hits++ {
		sum += math.Exp(logChoose(d.Marked, hits) + logChoose(d.Population-d.Marked, d.Drawn-hits) - all)
	}
	return min(1, sum)
}

// Odds is how many times as likely something marked is to be drawn as
// something that is not: the ratio of the two odds, with half a case added to
// each count (Haldane's correction), so that it is finite also where all or
// none are sick. 1 means that the mark makes no difference.
func (d Draw) Odds() float64 {
	const half = 0.5
	sickMarked, wellMarked := float64(d.Hits)+half, float64(d.Marked-d.Hits)+half
	sickOther := float64(d.Drawn-d.Hits) + half
	wellOther := float64(d.Population-d.Marked-(d.Drawn-d.Hits)) + half
	return sickMarked * wellOther / (wellMarked * sickOther)
}

// logChoose is the logarithm of the number of ways to choose k of n, minus
// infinity where there is none.
func logChoose(n, k int) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n int) float64 {
	log, _ := math.Lgamma(float64(n) + 1)
	return log
}
