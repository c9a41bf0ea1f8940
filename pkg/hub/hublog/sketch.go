package hublog

import "math"

// sketch is a histogram of times whose steps grow by a tenth, from 10 ms to about
// half an hour, so that the median is known to within a twentieth and memory does
// not grow.
type sketch struct {
	counts [sketchSteps]int
	total  int
}

const (
	sketchSteps = 128
	sketchLeast = 0.01
	sketchRatio = 1.1
)

func (s *sketch) add(seconds float64) {
	step := 0
	if seconds > sketchLeast {
		step = min(int(math.Log(seconds/sketchLeast)/math.Log(sketchRatio)), sketchSteps-1)
	}
	s.counts[step]++
	s.total++
}

func (s *sketch) median() float64 {
	if s.total == 0 {
		return 0
	}
	below := 0
	for step, count := range s.counts {
		if below += count; 2*below >= s.total {
			return math.Round(100*sketchLeast*math.Pow(sketchRatio, float64(step)+0.5)) / 100
		}
	}
	return 0
}
