package nodes_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// suspects asks for the unhealthy nodes of a cluster.
func suspects(t *testing.T, f *fleet) nodes.Findings {
	t.Helper()
	found, err := nodes.FindUnhealthy(t.Context(), f.client(t))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// clues are the kinds of evidence against a node, with what each weighs.
func clues(found nodes.Findings, node string) map[nodes.Clue]float64 {
	against := map[nodes.Clue]float64{}
	for _, suspect := range found.Suspects {
		for _, e := range suspect.Evidence {
			if suspect.Name == node {
				against[e.Clue] += e.Weight
			}
		}
	}
	return against
}

// evidence is a case: what is made of a cluster, and what then speaks against
// node-0. What weighs 0 may be there.
type evidence struct {
	name string
	make func(f *fleet)
	want map[nodes.Clue]float64
}

// expectEvidence shows each kind of evidence alone, against node-0 of ten.
func expectEvidence(t *testing.T, cases []evidence) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := withNodes(10)
			f.everywhere("fluentd")
			f.everywhere("dind")
			test.make(f)
			got := clues(suspects(t, f), "node-0")
			for clue, weight := range test.want {
				if weight == 0 { // it may be there
					delete(got, clue)
					delete(test.want, clue)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("evidence against node-0 (-want +got):\n%s", diff)
			}
		})
	}
}
