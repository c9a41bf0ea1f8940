package incident

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// forge writes an open incident as anybody may who may write ConfigMaps.
func forge(t *testing.T, s *server, change func(*Incident)) {
	t.Helper()
	in := tooManyPods()
	in.Closed, in.Closer = time.Time{}, nil
	change(in)
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: ConfigMapName, Namespace: prod.Namespace},
		Data:       map[string]string{dataKey: string(text)},
	}
	if err := s.kube.Tracker().Add(object); err != nil {
		t.Fatal(err)
	}
}

// A document that binderctl cannot have written is refused before anything is
// done by it: a billion pages are a billion requests to an API server.
func TestForgedDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Incident){
		"more pages than there can be": func(in *Incident) { in.Pages = 1e9 },
		"fewer pages than none":        func(in *Incident) { in.Pages = -1 },
		"an ID that is no time":        func(in *Incident) { in.ID = "--> <script>" },
		"an ID that is a path":         func(in *Incident) { in.ID = "../../etc/20180708-212503" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, server := newClock(noon), newServer()
			forge(t, server, change)
			_, err := server.desk(t, "ana", at).Store.Get(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), "not as binderctl writes it") {
				t.Errorf("it was read: %v", err)
			}
			if n := len(server.kube.Actions()); n > 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// Numbers that cannot be are no reason for a report not to be written, and text
// from a cluster does not end the block in which it stands.
func TestReportOfForgedNumbers(t *testing.T) {
	t.Parallel()
	in := tooManyPods()
	in.Opening.Users.Phases = map[string]int{"Running": -7, "Pending\n```\n# forged": 3}
	in.Opening.Repos = []Repo{{"a/b\n```\n# forged", math.MaxInt}, {"c/d", math.MinInt}}
	in.Checks[0].Results[0].Count = new(math.MaxInt)
	last := &in.Checks[len(in.Checks)-1].Results[0]
	last.Name, last.State, last.Count = "pending\n```\n# forged", "not | forged\n# forged", new(-1)
	in.Checks[0].Results[0].Name = last.Name
	last.Says = "of @org/everyone: ![](https://evil.example/seen.png) ` \\| forged"
	change := (&report{in: in}).firstChange()
	change.Counts = map[string]int{"<!-- \n# forged": 3, "gone | ": 1}
	var text strings.Builder
	if err := WriteReport(&text, in, ReportOptions{Now: noon}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "# forged") {
			t.Errorf("a text became a heading:\n%s", text.String())
			break
		}
	}
	for _, forged := range []string{"<!-- \n", "| <!--", "@org", "](https", "png) ` ", ` \\| forged`} {
		if strings.Contains(text.String(), forged) {
			t.Errorf("%q means something:\n%s", forged, text.String())
		}
	}
	if n := strings.Count(text.String(), "```"); n%2 != 0 {
		t.Errorf("%d fences:\n%s", n, text.String())
	}
}

// A Lease that has changed hands as often as it can still changes hands.
func TestTakeAfterForgedTurns(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	if err := server.kube.Tracker().Add(&coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: LeaseName, Namespace: prod.Namespace, ResourceVersion: "1"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: new("eve"), LeaseTransitions: new(int32(math.MaxInt32))},
	}); err != nil {
		t.Fatal(err)
	}
	before, err := ana.Store.Driver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after, err := ana.Store.Take(t.Context(), ana.Me, before)
	if err != nil || !after.Is(ana.Me) || after.Turns < 0 { // the API server takes no negative number
		t.Errorf("%+v, %v", after, err)
	}
}
