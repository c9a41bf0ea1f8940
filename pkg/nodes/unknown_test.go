package nodes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{
		"gke-prod-a-core-pool-32-5e1ac10a-uljk", "gke-prod-a-ssd-pool-972e4826-2fhq",
		"gke-prod-a-ssd-pool-972e4826-9x1c", "gke-prod-a-ssd-pool-972e4826-9x1d",
	}
	for name, tc := range map[string]struct {
		wrong string
		want  []string
	}{
		"a slip":               {"gke-prod-a-ssd-pool-972e4826-2fhg", []string{names[1], names[2], names[3]}},
		"what people call it":  {"2fhq", []string{names[1]}},
		"a part of several":    {"9x1", []string{names[2], names[3]}},
		"nothing like it":      {"minikube", nil},
		"the empty name":       {"", nil},
		"a name without a bit": {"gke-prod-a-core-pool-325e1ac10a-uljk", []string{names[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, nearest(tc.wrong, names)); diff != "" {
				t.Errorf("nearest (-want +got):\n%s", diff)
			}
		})
	}
}
