package nodes_test

import (
	"fmt"
	"testing"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// Containers that crash: the node, or the program?
func TestEvidenceOfLoops(t *testing.T) {
	t.Parallel()
	expectEvidence(t, []evidence{
		{"crashes there alone", func(f *fleet) { looping(f.pods[0]) }, map[nodes.Clue]float64{nodes.LoopOnlyHere: 6}},
		{"crashes everywhere", func(f *fleet) {
			for _, pod := range f.pods[:10] {
				looping(pod)
			}
		}, map[nodes.Clue]float64{nodes.LoopEverywhere: 0.25}},
		{"a single pod crashes", func(f *fleet) { f.service("hub", "hub-0", "node-0", hour, looping) }, map[nodes.Clue]float64{nodes.LoopAlone: 2}},
		{"all replicas crash, and all are there", func(f *fleet) {
			for i := range 3 {
				f.service("hub", fmt.Sprintf("hub-%d", i), "node-0", hour, looping)
			}
		}, map[nodes.Clue]float64{nodes.LoopEverywhere: 1}},
		{"different things crash there", func(f *fleet) {
			looping(f.pods[0])
			looping(f.pods[10])
			f.service("web", "web-a", "node-0", hour, looping)
		}, map[nodes.Clue]float64{nodes.LoopOnlyHere: 9, nodes.LoopAlone: 2, nodes.LoopsHere: 4}},
		{"containers died there", func(f *fleet) {
			died("Error", 10*minute)(f.pods[0])
			died("Error", 12*minute)(f.pods[10])
			f.service("web", "web-a", "node-0", hour, died("Error", minute))
		}, map[nodes.Clue]float64{nodes.RestartsHere: 3}},
		{"containers died everywhere", func(f *fleet) {
			for _, pod := range f.pods {
				died("Error", 10*minute)(pod)
			}
		}, map[nodes.Clue]float64{}},
	})
}
