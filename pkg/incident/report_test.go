package incident

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // for machines without the zones

	"github.com/google/go-cmp/cmp"
)

// updateVariable has the files written that the reports are compared with.
const updateVariable = "UPDATE_REPORTS"

// tooManyPods is an incident over two days of UTC, as the one of 2018-07-08 might
// have been kept.
func tooManyPods() *Incident {
	ana, ben := person("ana"), Person{Login: "root", Cluster: "ben@example.org", Host: "bastion"}
	in := New("too many pods", ana, prod, noon)
	in.Began, in.Symptom = noon.Add(-5*time.Hour), "launches fail | pods stay <Pending>"
	add := func(after time.Duration, by Person, kind Kind, text string, with func(*Entry)) {
		e := Entry{ID: text, At: noon.Add(after), By: by, Kind: kind, Text: text}
		if with != nil {
			with(&e)
		}
		in.put(e)
	}
	add(-5*time.Hour, ana, Note, "launch success drops to zero", nil)
	add(0, ana, Opening, "opened: too many pods", nil)
	add(12*time.Minute, ana, Change, "delete 598 pods", func(e *Entry) {
		e.Command, e.Ended, e.Counts = "binderctl pods cull --older-than=4h", e.At.Add(95*time.Second), map[string]int{"deleted": 596, "failed": 2}
	})
	add(20*time.Minute, ana, Change, "restart the Hub", func(e *Entry) {
		e.Command, e.Error, e.Ended = "binderctl hub restart --reason=a | b", "stopped by the operator", e.At.Add(time.Second)
	})
	add(40*time.Minute, ben, Driving, "drives from now on, in place of "+ana.String(), nil)
	add(41*time.Minute, ben, Note, "hub log:\nTimeoutError: <pod> did not disappear", func(e *Entry) { e.Late = noon.Add(time.Hour) })
	add(3*time.Hour, ben, Change, "drain 1 node", func(e *Entry) { e.Command = "binderctl nodes drain node-1" })
	for n, waiting := range []int{240, 60, 3} {
		state := Not
		if waiting == 3 {
			state = OK
		}
		in.AddCheck(checkAt(noon.Add(time.Duration(n)*time.Hour), ben, Result{Name: "pending", Holds: "few wait", State: state, Says: "waiting", Count: new(waiting)}))
	}
	in.Opening = &Snapshot{
		At: noon, Users: &Users{Pods: 977, Phases: map[string]int{"Running": 737, "Pending": 240}, Pending: 240, Oldest: 9 * 3600, OldestPending: 5400},
		Nodes: &Nodes{Nodes: 9}, Repos: []Repo{{"ipython/ipython-in-depth", 430}, {"bokeh/bokeh-notebooks", 136}},
	}
	in.Closing = &Snapshot{At: noon.Add(3 * time.Hour), Users: &Users{Pods: 120, Phases: map[string]int{"Running": 120}}}
	add(3*time.Hour+time.Minute, ben, Closing, "closed", nil)
	in.Closed, in.Closer = noon.Add(3*time.Hour+time.Minute), &ben
	return in
}

// checkAt is a check with these results.
func checkAt(at time.Time, by Person, results ...Result) Check {
	check := Check{At: at, By: by, Results: results}
	check.conclude(nil)
	return check
}

func TestReport(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		in   *Incident
		zone *time.Location
	}{
		"closed.md": {tooManyPods(), paris},
		"open.md":   {New("just | begun", person("ana"), prod, noon), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var report strings.Builder
			if err := WriteReport(&report, test.in, ReportOptions{Zone: test.zone, Now: noon.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if os.Getenv(updateVariable) != "" {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(report.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), report.String()); diff != "" {
				t.Errorf("%s (-want +got); %s=1 writes it anew:\n%s", path, updateVariable, diff)
			}
		})
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a": "`a`", "a `b`": "`` a `b` ``", "": "", "a|b\nc": "`a\\|b c`",
	} {
		if got := code(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
