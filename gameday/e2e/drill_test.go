package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/scenario/scenariotest"
)

// scored is what drill score says.
type scored struct {
	Over  bool `json:"over"`
	Score *struct {
		Points                                 int
		SessionsEnded, SessionsEndedNeedlessly int
		FirstLookSeconds, EvidenceSeconds      *float64
		DiagnosedSeconds, MendedSeconds        *float64
		ChangesAroundBinderctl                 int
		Mends, WrongTurns, OtherChanges        []struct{ Command, Says string }
	} `json:"score"`
	Incident *struct{ Scenario, Runbook, Date string } `json:"incident"`
}

// drilled is a drill and the operator who plays it.
type drilled struct {
	gameday
	binderctl, home string
}

// begin begins a drill and checks that it does not tell what it is.
func begin(t *testing.T, name string) drilled {
	t.Helper()
	path, err := filepath.Abs("../../bin/binderctl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs binderctl: %v; build it with: make build", err)
	}
	d := drilled{gameday: newGameday(t), binderctl: path, home: t.TempDir()}
	d.must(t, "drill", name)
	described := scenariotest.Read(t, name)
	for _, args := range [][]string{{"status"}, {"status", "-o", "json"}, {"fault"}, {"drill", "score", "--journal", d.journal()}} {
		out, code := d.run(t.Context(), t, args...)
		if code == 0 {
			t.Errorf("gameday %s exited with 0 before anything was done", strings.Join(args, " "))
		}
		for _, secret := range []string{`"` + name + `"`, described.Title, described.Recovered[0].Says, "runbook show"} {
			if strings.Contains(out, secret) {
				t.Errorf("gameday %s tells %q:\n%s", strings.Join(args, " "), secret, out)
			}
		}
	}
	return d
}

func (d drilled) journal() string { return filepath.Join(d.home, "binderctl", "journal.ndjson") }

// operate calls binderctl. What it looks at may be unhealthy (3).
func (d drilled) operate(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), d.binderctl, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(d.dir, "kubeconfig"), "XDG_STATE_HOME="+d.home)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 3 {
		return
	}
	if err != nil {
		t.Fatalf("binderctl %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
}

// score waits until the drill is over and has it scored.
func (d drilled) score(t *testing.T) scored {
	t.Helper()
	var got scored
	eventually(t, "see the drill over", func(ctx context.Context) (bool, error) {
		out, code := d.run(ctx, t, "drill", "score", "-o", "json", "--journal", d.journal())
		if code != 0 {
			return false, fmt.Errorf("drill score: %s", out)
		}
		return true, json.Unmarshal([]byte(out), &got)
	})
	if got.Score == nil || got.Incident == nil {
		t.Fatalf("what a drill that is over was is not told: %+v", got)
	}
	return got
}

// A drill is played by who first cordons a node that is well, and ends somebody's
// session with another program.
func TestADrillFromPagerToScore(t *testing.T) {
	d := begin(t, "oom-proxy")
	client := connect(t, d.gameday, "drill")
	pods, err := client.CoreV1().Pods("prod").List(t.Context(), metav1.ListOptions{LabelSelector: "component=singleuser-server", FieldSelector: "status.phase=Running"})
	if err != nil || len(pods.Items) == 0 {
		t.Fatalf("there is no session: %v", err)
	}
	d.operate(t, "pods", "crashloops", "-A")
	d.operate(t, "nodes", "cordon", "gke-prod-a-default-pool-6ab3d8ec-jsv7", "--yes")
	if err := client.CoreV1().Pods("prod").Delete(t.Context(), pods.Items[0].Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	d.operate(t, "nodes", "cordon", "gke-prod-a-default-pool-6ab3d8ec-0h28", "--yes")
	d.operate(t, "nodes", "drain", "gke-prod-a-default-pool-6ab3d8ec-0h28", "--yes")

	got := d.score(t)
	score := got.Score
	if len(score.WrongTurns) != 1 || !strings.Contains(score.WrongTurns[0].Command, "jsv7") || score.WrongTurns[0].Says == "" {
		t.Errorf("the wrong turns are %+v", score.WrongTurns)
	}
	if len(score.Mends) != 2 || score.ChangesAroundBinderctl != 1 {
		t.Errorf("the mends are %+v, changes around binderctl: %d", score.Mends, score.ChangesAroundBinderctl)
	}
	if score.SessionsEnded != 1 || score.SessionsEndedNeedlessly != 1 || score.Points != 100-15-1 {
		t.Errorf("%d sessions ended, %d needlessly, %d points", score.SessionsEnded, score.SessionsEndedNeedlessly, score.Points)
	}
	if score.FirstLookSeconds == nil || score.EvidenceSeconds == nil || score.DiagnosedSeconds == nil || score.MendedSeconds == nil ||
		*score.FirstLookSeconds > *score.EvidenceSeconds || *score.EvidenceSeconds > *score.DiagnosedSeconds || *score.DiagnosedSeconds > *score.MendedSeconds {
		t.Errorf("the times are out of order: %+v", score)
	}
	if got.Incident.Scenario != "oom-proxy" || got.Incident.Date != "2017-11-30" || got.Incident.Runbook != "proxy-down" {
		t.Errorf("it was %+v", got.Incident)
	}
	if out := d.must(t, "status"); !strings.Contains(out, "the proxies are ready but for one") {
		t.Errorf("status does not tell what it was afterwards:\n%s", out)
	}
}

// Who gives up is told what it was, and has no points.
func TestADrillGivenUp(t *testing.T) {
	d := begin(t, "reddit-hug")
	if out := d.must(t, "drill", "give-up"); !strings.Contains(out, "2018-01-18") || !strings.Contains(out, "runbook show sick-node") {
		t.Errorf("what it was is not told:\n%s", out)
	}
	out, code := d.run(t.Context(), t, "drill", "score", "--journal", d.journal())
	if code != 3 || !strings.Contains(out, "0 of 100 points") {
		t.Errorf("drill score exited with %d: %s", code, out)
	}
}

// The runbooks keep the par that they have set, and take no wrong turn.
func TestTheRunbooksKeepTheirPar(t *testing.T) {
	for _, name := range []string{"too-many-pods", "cluster-full", "hub-504", "oom-proxy", "reddit-hug"} {
		t.Run(name, func(t *testing.T) {
			d := begin(t, name)
			par := scenariotest.Read(t, name).Drill
			d.operate(t, "runbook", "run", par.Runbook, "--yes")
			score := d.score(t).Score
			if len(score.WrongTurns) != 0 || len(score.OtherChanges) != 0 || score.ChangesAroundBinderctl != 0 {
				t.Errorf("wrong turns: %+v; others: %+v; around binderctl: %d", score.WrongTurns, score.OtherChanges, score.ChangesAroundBinderctl)
			}
			// A tenth more sessions are old when the machine is slow to start.
			if most := par.Par.Sessions + par.Par.Sessions/10; score.SessionsEnded > most || score.SessionsEnded < par.Par.Sessions*9/10 {
				t.Errorf("%d sessions ended, the par is %d", score.SessionsEnded, par.Par.Sessions)
			}
			keeps(t, "diagnosed", score.DiagnosedSeconds, par.Par.Diagnosed)
			keeps(t, "mended", score.MendedSeconds, par.Par.Seconds)
			if score.Points < 85 {
				t.Errorf("the runbook has %d points", score.Points)
			}
			if score.EvidenceSeconds == nil {
				t.Error("the runbook did not look where it shows")
			}
		})
	}
}

// keeps checks a time against the par: a busy machine may take three times as long,
// and a minute.
func keeps(t *testing.T, what string, seconds *float64, par int) {
	t.Helper()
	switch most := float64(3*par + 60); {
	case seconds == nil:
		t.Errorf("%s never, the par is %d s", what, par)
	case *seconds > most:
		t.Errorf("%s after %v s, the par is %d s", what, *seconds, par)
	}
}
