package cmd

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

func crashTime() time.Time { return time.Date(2018, 1, 18, 12, 0, 0, 0, time.UTC) }

// terminal80 is a terminal of 80 columns, and what it shows on stdout and stderr.
func terminal80() (app *App, out, errOut *bytes.Buffer) {
	out, errOut = &bytes.Buffer{}, &bytes.Buffer{}
	app = &App{Now: crashTime, Term: ui.NewTerminal(ui.Streams{
		In: &bytes.Buffer{}, Out: out, Err: errOut,
		Getenv:  func(name string) string { return map[string]string{"LANG": "C.UTF-8", "NO_COLOR": "1"}[name] },
		IsTTY:   func(any) bool { return true },
		Columns: func() int { return 80 },
	})}
	app.global.kube = kubeFlags()
	return app, out, errOut
}

// crashed is a diagnosis of the incident of 2018-01-18.
func crashed() pods.Diagnosis {
	now := crashTime()
	const bad = "gke-prod-a-ssd-pool-972e4826-2fhq"
	d := pods.Diagnosis{
		At: now,
		Findings: []pods.Finding{{
			Namespace: "kube-system", Pod: "fluentd-gcp-v2.0.9-68p79", Container: "fluentd-gcp", Role: cluster.Main,
			Status: "CrashLoopBackOff", Restarts: 34, Node: bad, Owner: cluster.Owner{Kind: "DaemonSet", Name: "fluentd-gcp-v2.0.9"},
			Death:   &pods.Death{Reason: "Error", ExitCode: 137, Signal: "SIGKILL", Ended: now.Add(-3 * time.Minute)},
			BackOff: &pods.Repeats{Count: 623, Since: now.Add(-time.Hour), Last: now},
			Probe:   &pods.Repeats{Count: 68, Message: "Liveness probe failed: "},
			Log:     pods.Log{Lines: []string{"\x1b[31mcan not resolve logging.googleapis.com: " + strings.Repeat("very ", 20) + "long"}, Previous: true},
		}},
		Common: []pods.Factor{{
			Trait: pods.Trait{Factor: pods.FactorNode, Value: bad}, Sick: 20, OfSick: 21, All: 67, OfAll: 666,
			Odds: 146.7, P: 1e-20, Chance: 4e-19, Same: []pods.Trait{{Factor: pods.FactorAge, Value: "10m-30m"}},
		}},
		Apart: []pods.Trait{{Factor: pods.FactorOwner, Value: "Deployment/binder in prod"}},
		Sick:  pods.Sick{Pods: 21, Failing: 5, Users: 15, Shaken: 1}, Pods: 666, Namespaces: 2,
	}
	for i := range 5 {
		f := d.Findings[0]
		f.Namespace, f.Pod, f.Container = "prod", fmt.Sprintf("prod-nginx-ingress-controller-7b4fdbdcc8-qp6j%d", i), "nginx-ingress-controller"
		f.Owner, f.Death, f.Log = cluster.Owner{Kind: "Deployment", Name: "ingress"}, &pods.Death{Reason: "Error", ExitCode: 255, Ended: now.Add(-150 * time.Second)}, pods.Log{Note: "the pod is gone"}
		d.Findings = append(d.Findings, f)
	}
	burst := pods.Burst{Namespace: "prod", Node: bad}
	for i := range 200 {
		burst.Pods = append(burst.Pods, pods.FailedPod{
			Name: fmt.Sprintf("jupyter-%03d", i), Repo: "a-redditor/googlemusic", Node: bad, Container: "notebook",
			Reason: "Error", ExitCode: 1, Failed: now.Add(-time.Duration(i) * time.Second),
		})
	}
	d.Bursts = []pods.Burst{burst}
	return d
}

const crashedTable = `
NAMESPACE    POD           CONTAINER     CAUSE        RESTARTS     NODE
prod         200 u…r pods  notebook      Error 1      0s ago       gke-pr…6-2fhq
  200 user pods on gke-prod-a-ssd-pool-972e4826-2fhq
  failed within 3m19s, the latest jupyter-000; most run a-redditor/googlemusic
  (200)
kube-system  fluen…-68p79  fluentd-gcp   SIGKILL 137  34 (3m ago)  gke-pr…6-2fhq
  fluentd-gcp-v2.0.9-68p79 on gke-prod-a-ssd-pool-972e4826-2fhq
  DaemonSet/fluentd-gcp-v2.0.9; backed off 623 times in 60m
  68 times: Liveness probe failed
  | can not resolve logging.googleapis.com: very very very very very very very
    very very very very very very very very very very very very very long
`

func TestCrashloopsAt80Columns(t *testing.T) {
	t.Parallel()
	app, out, errOut := terminal80()
	if err := app.printDiagnosis(cluster.Location{}, crashed(), podsCrashloopsOptions{lines: 3}); err != nil {
		t.Fatal(err)
	}
	app.conclusion(cluster.Location{}, crashed())
	got := out.String()
	if !strings.HasPrefix("\n"+got, crashedTable) {
		t.Errorf("the table does not begin as it should:\n%s", got)
	}
	for line := range strings.Lines(got) {
		if width := displaywidth.String(strings.TrimSuffix(line, "\n")); width > 80 && !strings.Contains(line, " on gke-") {
			t.Errorf("%d columns: %s", width, line)
		}
	}
	for _, want := range []string{
		"  … and 2 more pods of Deployment/ingress alike; -o wide lists all\n",
		"in common among 21 sick of 666 pods (5 failing, 15 failed users', 1 restarted):\n",
		"node    gke-prod-a-ssd-pool-972e4826-2fhq  20 of 21  67 of 666  147x  < 1 in 1e9\n",
		"  of these pods also: age 10m-30m\n",
		"  owner Deployment/binder in prod\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	want := "next: binderctl nodes find-unhealthy, then\n" +
		"  binderctl nodes cordon gke-prod-a-ssd-pool-972e4826-2fhq --reason '20 sick pods on it'\n"
	if diff := cmp.Diff(want, errOut.String()); diff != "" {
		t.Errorf("what is said (-want +got):\n%s", diff)
	}
}

func TestCrashloopsForPrograms(t *testing.T) {
	t.Parallel()
	for format, lines := range map[ui.Format]int{ui.Name: 206, ui.CSV: 207} {
		app, out, _ := terminal80()
		if err := app.printDiagnosis(cluster.Location{}, crashed(), podsCrashloopsOptions{output: format}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n"); got != lines {
			t.Errorf("%s: %d lines, want %d", format, got, lines)
		}
	}
}

func TestConclusion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		where cluster.Location
		d     pods.Diagnosis
		want  string
	}{
		{"all is well", cluster.Location{}, pods.Diagnosis{Pods: 737, Namespaces: 3}, "no container is failing in 737 pods of 3 namespaces\n"},
		{"all is well in one", cluster.Location{Namespace: "prod"}, pods.Diagnosis{Pods: 1, Namespaces: 1}, "no container is failing in 1 pod of namespace prod\n"},
		{"as far as can be seen", cluster.Location{}, pods.Diagnosis{Pods: 9, Namespaces: 2, Unseen: []string{"secret"}}, "no container is failing in 9 pods of the 2 namespaces you may read\n"},
		{"there is nothing", cluster.Location{Namespace: "nowhere"}, pods.Diagnosis{}, "there are no pods in namespace nowhere\n"},
		{
			"chance",
			cluster.Location{},
			pods.Diagnosis{Findings: make([]pods.Finding, 2), Pods: 90, Sick: pods.Sick{Pods: 2, Failing: 2}},
			"nothing in common that chance would not explain, among 2 sick of 90 pods (2\nfailing)\n",
		},
		{"one alone", cluster.Location{}, pods.Diagnosis{Findings: make([]pods.Finding, 1), Pods: 90, Sick: pods.Sick{Pods: 1, Failing: 1}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app, _, said := terminal80()
			app.conclusion(test.where, test.d)
			if diff := cmp.Diff(test.want, said.String()); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChanceShown(t *testing.T) {
	t.Parallel()
	for chance, want := range map[float64]string{
		0.0099: "1 in 100", 0.0021: "1 in 470", 2.1e-5: "1 in 47000", 9.9e-7: "1 in 1.0 million", 3e-8: "1 in 33 million", 1e-12: "< 1 in 1e9", 0: "< 1 in 1e9",
	} {
		if got := chanceShown(chance); got != want {
			t.Errorf("chance %v is shown as %q, want %q", chance, got, want)
		}
	}
}

// What is cordoned already is not to be cordoned.
func TestConclusionOfACordonedNode(t *testing.T) {
	t.Parallel()
	app, _, said := terminal80()
	diagnosis := crashed()
	diagnosis.Common[0].Cordoned = true
	app.conclusion(cluster.Location{}, diagnosis)
	if text := said.String(); strings.Contains(text, "nodes cordon") || !strings.Contains(text, "which is cordoned already") {
		t.Errorf("said %q", text)
	}
}
