package cmd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/cmd/internal/page"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/incident"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// statusNow is when the tests of status take place.
func statusNow() time.Time { return time.Date(2018, 7, 8, 21, 30, 0, 0, time.UTC) }

func TestStatusScreen(t *testing.T) {
	t.Parallel()
	app, out := on80()
	report := statusReport{
		Where: cluster.Location{Context: "gke_prod-a", Namespace: "prod"}, At: statusNow(), Verdict: stateBad,
		Checks: []statusLine{
			{Name: "hub", State: stateBad, Says: "blind: the Hub no longer sees its pods: 73 did not start in time, and no server has started since", Next: "binderctl hub status", Runbook: "hub-blind"},
			{Name: "repos", State: stateWarn, Says: "ipython/ipython-in-depth is hot: 430 of 977 user pods (44 %)", Next: "binderctl pods list --group-by repo --context gke_prod-a", Runbook: "traffic-spike"},
			{Name: "launches", State: stateUnknown, Says: "no answer\x1b[2J within 5s"},
			{Name: "nodes", State: stateOK, Says: "none of 9 is unhealthy", Next: "binderctl nodes find-unhealthy"},
		},
	}
	if err := app.printStatus(report, ui.Table); err != nil {
		t.Fatal(err)
	}
	want := `namespace prod of gke_prod-a, 2018-07-08 21:30:00 UTC
!! BAD  1 bad, 1 to look at, 1 unknown, 1 well, of 4 checks

!! bad      hub         blind: the Hub no longer sees its pods: 73 did not start
                        in time, and no server has started since
            next: binderctl hub status   runbook: hub-blind
!  warn     repos       ipython/ipython-in-depth is hot: 430 of 977 user pods
                        (44 %)
            next: binderctl pods list --group-by repo --context gke_prod-a
            runbook: traffic-spike
?  unknown  launches    no answer within 5s
ok          nodes       none of 9 is unhealthy
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestRunChecks holds that a check which fails, or never ends, costs nobody else
// anything, and that the worst comes first.
func TestRunChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		says := func(state statusState) func(context.Context) (statusLine, func(*statusSight)) {
			return func(context.Context) (statusLine, func(*statusSight)) {
				return statusLine{State: state}, func(s *statusSight) { s.Repos = append(s.Repos, pods.Count{Value: string(state)}) }
			}
		}
		never := make(chan struct{})
		defer close(never)
		lines, sight := runChecks(t.Context(), []statusCheck{
			{"well", says(stateOK)},
			{"deaf", func(context.Context) (statusLine, func(*statusSight)) { <-never; return statusLine{}, nil }},
			{"slow", func(ctx context.Context) (statusLine, func(*statusSight)) {
				<-ctx.Done()
				return unknownLine(context.Cause(ctx)), nil
			}},
			{"ill", says(stateBad)},
		}, 20*time.Millisecond, statusNow)
		var got []string
		for _, line := range lines {
			got = append(got, line.Name+" "+string(line.State))
			if line.State == stateUnknown && !strings.Contains(line.Says, "within 20ms") {
				t.Errorf("%s does not say why: %q", line.Name, line.Says)
			}
		}
		if diff := cmp.Diff([]string{"ill bad", "deaf unknown", "slow unknown", "well ok"}, got); diff != "" {
			t.Error(diff)
		}
		if len(sight.Repos) != 2 || verdictOf(lines) != stateBad || verdictOf(lines[1:]) != stateOK || verdictOf(lines[1:3]) != stateUnknown {
			t.Errorf("numbers %v, verdict %s", sight.Repos, verdictOf(lines))
		}
	})
}

// TestUnseenWords has every way in which a client words the same failure come out
// alike, short enough to be read in a column.
func TestUnseenWords(t *testing.T) {
	t.Parallel()
	const want = "list nodes: connection refused"
	for _, text := range []string{
		`list nodes: Get "https://10.0.0.1:6443/api/v1/nodes?limit=500": dial tcp 10.0.0.1:6443: connect: connection refused`,
		"list nodes: server https://10.0.0.1:6443: dial tcp 10.0.0.1:6443: connect: connection refused",
		"list nodes: server https://api.example.org: connection refused",
		want,
	} {
		if got := unseenWords(text); got != want {
			t.Errorf("%q of %q", got, text)
		}
	}
}

func TestReportEnds(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	for verdict, want := range map[statusState]int{stateOK: exitOK, stateWarn: exitUnhealthy, stateBad: exitUnhealthy} {
		r := statusReport{Verdict: verdict}
		err := r.unhealthy()
		if err == nil {
			err = r.blind()
		}
		if got := map[bool]int{true: exitOK, false: exitCode(err)}[err == nil]; got != want {
			t.Errorf("%s ends with %d, want %d", verdict, got, want)
		}
	}
	r := statusReport{Verdict: stateUnknown, Checks: []statusLine{{err: errUnseen}, {err: refused}}}
	if err := r.blind(); !errors.Is(err, refused) || exitCode(err) != exitFailed {
		t.Errorf("nothing was seen, and it ends with %v", err)
	}
}

// judged is a line as the tables below compare it.
type judged struct {
	State statusState
	Says  string
}

func TestJudgeUsers(t *testing.T) {
	t.Parallel()
	now := statusNow()
	made := func(n int, age time.Duration, phase corev1.PodPhase) []pods.Pod {
		made := make([]pods.Pod, n)
		for i := range made {
			made[i] = pods.Pod{Kind: cluster.User, Phase: phase, Created: now.Add(-age), Repo: "a/b"}
		}
		return made
	}
	join := func(groups ...[]pods.Pod) podsSeen {
		seen := podsSeen{at: now}
		for _, g := range groups {
			seen.pods = append(seen.pods, g...)
		}
		return seen
	}
	for name, c := range map[string]struct {
		seen podsSeen
		want judged
	}{
		"nobody": {join(), judged{stateOK, "no user has a pod"}},
		"well":   {join(made(30, time.Hour, corev1.PodRunning), made(1, time.Minute, corev1.PodPending)), judged{stateOK, "31 user pods: 30 run, 1 wait, for up to 60s"}},
		"one waits long": {
			join(made(30, time.Hour, corev1.PodRunning), made(1, 20*time.Minute, corev1.PodPending)),
			judged{stateWarn, "31 user pods: 30 run, 1 wait, for up to 20m"},
		},
		"old ones hurt nobody": {
			join(made(10, 8*time.Hour, corev1.PodRunning)), judged{stateWarn, "10 user pods: 10 run, 10 older than 6h"},
		},
		"many wait": {
			join(made(7, 8*time.Hour, corev1.PodRunning), made(3, 20*time.Minute, corev1.PodPending)),
			judged{stateBad, "10 user pods: 7 run, 7 older than 6h, 3 wait, for up to 20m"},
		},
	} {
		line := judgePods(countUsers(c.seen), c.seen)
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	counted := countUsers(join(made(2, 90*time.Second, corev1.PodRunning), made(1, time.Hour, corev1.PodRunning)))
	if n := len(counted.Made); n != 60 || counted.Made[n-2] != 2 || counted.Made[0] != 0 {
		t.Errorf("made by minute: %v", counted.Made)
	}
	hot := judgeRepos(countRepos(join(made(100, time.Hour, corev1.PodRunning))))
	if hot.State != stateWarn || hot.Says != "a/b is hot: 100 of 100 user pods (100 %)" {
		t.Errorf("%+v", hot)
	}
	if line := judgeRepos(countRepos(join(made(99, time.Hour, corev1.PodRunning)))); line.State != stateOK {
		t.Errorf("%+v", line)
	}
}

func TestJudgeCapacity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listing nodes.Listing
		want    judged
	}{
		"room":        {nodes.Listing{Headroom: nodes.Headroom{Nodes: 3, Now: 40}}, judged{stateOK, "room for 40 more users on 3 nodes"}},
		"soon full":   {nodes.Listing{Headroom: nodes.Headroom{Nodes: 3, Now: 40}, Forecast: &nodes.Forecast{Full: 1200}}, judged{stateWarn, "room for 40 more users on 3 nodes; full in about 20m"}},
		"later full":  {nodes.Listing{Headroom: nodes.Headroom{Nodes: 3, Now: 40}, Forecast: &nodes.Forecast{Full: 9000}}, judged{stateOK, "room for 40 more users on 3 nodes; full in about 150m"}},
		"full":        {nodes.Listing{Headroom: nodes.Headroom{Nodes: 3, Waiting: 7}}, judged{stateBad, "full: 7 users wait for room on 3 nodes"}},
		"more nodes":  {nodes.Listing{Headroom: nodes.Headroom{Nodes: 3, OnNodesYet: 90}}, judged{stateWarn, "full until the autoscaler adds a node: room for no more users on 3 nodes, and for 90 on nodes to come"}},
		"no nodes":    {nodes.Listing{}, judged{stateBad, "there is no node for users"}},
		"pods unread": {nodes.Listing{Missing: []nodes.Missing{{List: "pods", Why: "you may not"}}}, judged{stateUnknown, "what is on the nodes could not be read"}},
	} {
		line := judgeCapacity(&c.listing)
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestJudgeNodes(t *testing.T) {
	t.Parallel()
	sick := func(name string, cordoned *nodes.Cordoning) nodes.Suspect {
		return nodes.Suspect{Node: nodes.Node{Name: name, Cordoned: cordoned}, Unhealthy: true, Evidence: []nodes.Evidence{{Clue: "system-oom"}}}
	}
	by := &nodes.Cordoning{By: "alice"}
	for name, c := range map[string]struct {
		suspects []nodes.Suspect
		want     judged
	}{
		"none":         {nil, judged{stateOK, "none of 6 is unhealthy"}},
		"one":          {[]nodes.Suspect{sick("n1", nil)}, judged{stateBad, "n1 is unhealthy: system-oom"}},
		"two":          {[]nodes.Suspect{sick("n1", nil), sick("n2", nil)}, judged{stateBad, "2 of 6 are unhealthy, n1 above all: system-oom"}},
		"cordoned":     {[]nodes.Suspect{sick("n1", by)}, judged{stateWarn, "n1 is unhealthy, and cordoned: system-oom"}},
		"all cordoned": {[]nodes.Suspect{sick("n1", by), sick("n2", by)}, judged{stateWarn, "2 of 6 are unhealthy, and all of these cordoned"}},
		"one left":     {[]nodes.Suspect{sick("n1", by), sick("n2", nil)}, judged{stateBad, "2 of 6 are unhealthy (1 cordoned), n2 above all: system-oom"}},
	} {
		line := judgeNodes(&nodes.Findings{Nodes: 6, Suspects: c.suspects})
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestJudgeOrphans(t *testing.T) {
	t.Parallel()
	drift := func(judgedPods int, certain, possible map[hub.Class]int) *checkup.Evidence {
		return &checkup.Evidence{Drift: checkup.Drift{Seen: true, Judged: judgedPods, Certain: certain, Possible: possible}}
	}
	for name, c := range map[string]struct {
		evidence *checkup.Evidence
		want     judged
	}{
		"none":        {drift(50, nil, nil), judged{stateOK, "none among 50 pods"}},
		"a few":       {drift(50, map[hub.Class]int{hub.Orphan: 2}, nil), judged{stateWarn, "2 orphans, of 50 pods"}},
		"many":        {drift(50, map[hub.Class]int{hub.Orphan: 20, hub.Overdue: 1}, nil), judged{stateBad, "20 orphans, 1 overdue, of 50 pods"}},
		"may pass":    {drift(50, nil, map[hub.Class]int{hub.Ghost: 3}), judged{stateOK, "none among 50 pods"}},
		"much passes": {drift(50, nil, map[hub.Class]int{hub.Ghost: 30}), judged{stateWarn, "30 ghosts at one look, of 50 pods"}},
		"unseen":      {&checkup.Evidence{}, judged{stateUnknown, "the Hub's servers could not be compared with the pods"}},
	} {
		line := judgeOrphans(c.evidence, nil)
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A page of what could not be seen draws nothing, rather than nobody.
func TestPageOfNothingSeen(t *testing.T) {
	t.Parallel()
	unread := &nodes.Listing{Nodes: testNodes(), Missing: []nodes.Missing{{List: "pods", Why: "forbidden"}}}
	var p page.Page
	addCharts(&p, &statusReport{statusSight: statusSight{listing: unread}})
	if p.Ages != nil || p.Minutes != nil || p.Nodes != nil {
		t.Errorf("%+v", p)
	}
}

func TestJudgeIncident(t *testing.T) {
	t.Parallel()
	now := statusNow()
	opened := incidentSeen{Open: true, Title: "launches time out", Opened: now.Add(-40 * time.Minute)}
	driven, stale, unseen := opened, opened, opened
	unseen.undriven = errors.New("leases are forbidden")
	driven.Driver = &incident.Driver{Holder: "yuvi", Renewed: now.Add(-time.Minute)}
	stale.Driver = &incident.Driver{Holder: "yuvi", Renewed: now.Add(-20 * time.Minute), Stale: true}
	for name, c := range map[string]struct {
		seen incidentSeen
		want judged
	}{
		"none":   {incidentSeen{}, judged{stateOK, "none is open"}},
		"nobody": {opened, judged{stateWarn, "open for 40m, nobody drives: launches time out"}},
		"driven": {driven, judged{stateWarn, "open for 40m, yuvi drives: launches time out"}},
		"unseen": {unseen, judged{stateWarn, "open for 40m, who drives could not be seen: launches time out"}},
		"stale":  {stale, judged{stateWarn, "open for 40m, yuvi drives, of whom nothing was heard for 20m: launches time out"}},
	} {
		line := judgeIncident(c.seen, now)
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A page is for everybody: it has no path of the operator's machine.
func TestStatusPageKeepsPaths(t *testing.T) {
	t.Parallel()
	report := statusReport{Checks: []statusLine{
		{Name: "hub", Next: "binderctl hub status --kubeconfig /home/ana/config", words: []string{"hub", "status", "--hub-url", "https://hub.internal", "--hub-token-file", "/home/ana/token"}},
		{Name: "repos", Next: "binderctl pods list --kubeconfig /home/ana/config", words: []string{"pods", "list", "--group-by", "repo"}},
		{Name: "launches", Next: ""},
	}}
	var next []string
	for _, line := range statusPage("kubectl binder", &report).Lines {
		next = append(next, line.Next)
	}
	if diff := cmp.Diff([]string{"kubectl binder hub status", "kubectl binder pods list --group-by repo", ""}, next); diff != "" {
		t.Error(diff)
	}
}

// TestJudgeHubOfNoPlace is of a namespace that was mistyped: that nothing is there
// need not be an outage.
func TestJudgeHubOfNoPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pods checkup.Pods
		want judged
	}{
		"nothing is there": {checkup.Pods{Seen: true}, judged{stateBad, "down: there is no hub pod, and no user has one: is it the right namespace?"}},
		"users are":        {checkup.Pods{Seen: true, Total: 3}, judged{stateBad, "down: there is no hub pod"}},
	} {
		e := &checkup.Evidence{Pod: checkup.Pod{Seen: true}, Pods: c.pods}
		line := judgeHub(e, checkup.Report{Verdict: checkup.Down, Reason: "there is no hub pod"}, nil)
		if diff := cmp.Diff(c.want, judged{line.State, line.Says}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
