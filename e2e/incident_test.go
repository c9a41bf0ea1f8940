package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// allowCommands binds a user of the place to the roles of these commands, and
// returns the flag to act as that user.
func (p *place) allowCommands(t *testing.T, user string, commands ...string) string {
	t.Helper()
	all := map[string]*rbacv1.ClusterRole{}
	for _, command := range commands {
		printed := p.run(t, append([]string{"rbac"}, strings.Fields(command)...)...).exits(0).stdout
		for text := range strings.SplitSeq(printed, "---\n") {
			var role rbacv1.ClusterRole
			if err := yaml.Unmarshal([]byte(text), &role); err != nil {
				t.Fatal(err)
			}
			if all[role.Kind] == nil {
				all[role.Kind] = &rbacv1.ClusterRole{TypeMeta: role.TypeMeta}
			}
			all[role.Kind].Rules = append(all[role.Kind].Rules, role.Rules...)
		}
	}
	var texts []string
	for _, role := range all {
		text, err := yaml.Marshal(role)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return p.allow(t, user, strings.Join(texts, "---\n"))
}

// incidentStatusDoc is the JSON of incident status.
type incidentStatusDoc struct {
	Open   bool   `json:"open"`
	From   string `json:"from"`
	Driver *struct {
		Holder string `json:"holder"`
		Turns  int    `json:"turns"`
	} `json:"driver"`
	Incident *struct {
		ID      string `json:"id"`
		Entries []struct {
			Kind    string         `json:"kind"`
			Text    string         `json:"text"`
			Command string         `json:"command"`
			Counts  map[string]int `json:"counts"`
			Error   string         `json:"error"`
			By      struct {
				Cluster string `json:"cluster"`
			} `json:"by"`
		} `json:"entries"`
	} `json:"incident"`
}

// skipped leaves out what the shared control plane has no Hub for, and what other
// tests do to its nodes.
func skipped() []string {
	var flags []string
	for _, name := range []string{"launches", "nodes", "hub", "orphans", "culler"} {
		flags = append(flags, "--skip", name+"=not in this test")
	}
	return flags
}

func with(words []string, more ...string) []string {
	return append(append([]string{}, words...), more...)
}

// Two operators and one incident, from the opening to the report.
func TestIncident(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	before := p.everything(t)
	oncall := p.allowCommands(t, "oncall", "pods cull", "incident note", "incident take", "incident status", "incident check", "incident close", "incident report")
	few := p.allow(t, "few", role("list, watch, delete"))
	eventually(t, "the rights are in force", func() bool {
		return p.run(t, "incident", "report", oncall).code == 1 && p.run(t, "pods", "list", few).code == 0 &&
			p.run(t, "incident", "status", oncall).code == 0
	})
	status := func() (doc incidentStatusDoc) {
		t.Helper()
		p.run(t, "incident", "status", "--last", "0", "-o", "json", oncall).exits(3).decode(&doc)
		return doc
	}
	old := byAge(t, p)

	p.run(t, "incident", "status").exits(0).printsNothing().says(`no incident is open in namespace ` + p.namespace)
	p.run(t, "incident", "note", "too early", oncall).exits(1).says(`not noted: too early`).says(`binderctl incident open`)
	p.run(t, "incident", "open", "too many pods", "--since", "5h").exits(0).
		prints(`^user pods: 70, \d+ of them waiting`).says(`you drive`)
	p.run(t, "incident", "open", "again").exits(1).says(`is open already: \S+, too many pods`)
	p.run(t, "incident", "status", oncall).exits(3).prints(`^driver: +admin`).prints(`^began: +5h ago`)
	p.runWithInput(t, "NAME READY\nhub 0/1\n", "incident", "note", oncall).exits(0).printsNothing()

	// Whoever does not drive is told who does.
	cull := []string{"pods", "cull", "--older-than", "4h", "--limit", "5"}
	p.run(t, with(cull, "--yes", oncall)...).exits(2).printsNothing().
		says(`somebody else drives the open incident: admin`).says(`incident take`).says(`--not-driving`)
	term := startOnTerminal(t, p.operator, with(cull, oncall)...)
	term.until(`go ahead beside admin.*\? \[y/N\] $`)
	term.types("n\n")
	term.exits(130)
	p.lostOnly(t, before, p.namespace, nil)
	p.run(t, with(cull, "--yes", "--not-driving", oncall)...).exits(0).says(`warning: incident \S+ is open`)
	p.run(t, with(cull, "--yes")...).exits(0) // the driver is not asked
	// Who may not see incidents can work all the same.
	p.run(t, with(cull, "--yes", few)...).exits(0).says(`whether an incident is open is not known: you may not read`)

	// The other takes over.
	p.run(t, "incident", "take", oncall).exits(2).says(`admin.* drives, last heard of`)
	p.run(t, "incident", "take", "--yes", oncall).exits(0).prints(`^driver: ` + p.namespace + `-oncall`)
	p.run(t, with(cull, "--yes")...).exits(2).printsNothing().says(p.namespace + `-oncall`)
	p.run(t, with(cull, "--yes", oncall)...).exits(0)
	p.allGone(t, old[:20])
	p.lostOnly(t, before, p.namespace, old[:20])

	var kinds []string
	deleted := map[string]int{}
	doc := status()
	for _, e := range doc.Incident.Entries {
		kinds = append(kinds, e.Kind)
		deleted[e.By.Cluster] += e.Counts["deleted"] + e.Counts["asked to go"]
	}
	if got := strings.Join(kinds, " "); got != "opened note change change driver change" {
		t.Errorf("the timeline has %s", got)
	}
	if doc.Driver == nil || doc.Driver.Turns != 1 || deleted[p.namespace+"-oncall"] != 10 {
		t.Errorf("driver %+v, deleted %v", doc.Driver, deleted)
	}

	// Is it over?
	p.run(t, "incident", "check", "--skip", "nodes=x", oncall).exits(3).prints(`^hub +not +- +down: there is no hub pod`).prints(`^launches +unknown .*not tried, as it is not over anyway: hub$`).prints(`^not over: 4 of 7`)
	p.run(t, with([]string{"incident", "check", oncall}, skipped()[2:]...)...).exits(3).prints(`^launches +unknown .*there is no BinderHub`).says(`--no-launches`)
	p.run(t, "incident", "close", "--skip", "nodes=x", "--yes", oncall).exits(3).says(`stays open`)
	p.run(t, with([]string{"incident", "check", oncall}, skipped()...)...).exits(0).prints(`^recovered since \d\d:\d\d UTC, without a look at launches, nodes, hub, orphans, culler$`)
	p.run(t, with([]string{"incident", "close", oncall}, skipped()...)...).exits(0).prints(`^incident \S+ is closed`).prints(`^user pods: 50`)
	p.run(t, "incident", "status", oncall).exits(0)
	p.run(t, "incident", "close", oncall).exits(1).says(`no incident is open`)
	p.run(t, with(cull, "--yes", "--dry-run=server")...).exits(0)
	p.run(t, "incident", "list", "-o", "name", oncall).exits(0).prints(`^` + doc.Incident.ID + `$`)
	p.run(t, "incident", "report", "--zone", "Europe/Paris", oncall).exits(0).
		prints(`^# \d{4}-\d\d-\d\d, too many pods$`).prints(`^\| user pods \| 70 \| 50 \|$`).
		prints("^.*`binderctl pods cull .*--limit=5.*`: 5 deleted").prints(`hub 0/1`).prints(`^## Action items$`)
}

// The API server goes away. What is noted meanwhile is kept on the machine, and
// everybody sees it when it is back.
func TestIncidentServerAway(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, "userPods: [{count: 3, age: 1h}]")
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	verbs := []string{verbList, verbStream, verbWatch, http.MethodGet, http.MethodPost, http.MethodPut}
	away := func(is bool) {
		for _, verb := range verbs {
			f.on(verb, nil)
			if is {
				f.on(verb, func(*apiCall, http.ResponseWriter, *http.Request, http.Handler) { drop() })
			}
		}
	}
	through.run(t, "incident", "open", "launches fail").exits(0)
	away(true)
	through.run(t, "incident", "note", "etcd has no leader").exits(0).says(`written on THIS MACHINE ONLY`)
	through.run(t, "incident", "status").exits(3).says(`THIS MACHINE`).prints(`etcd has no leader`).prints(`driver: +unknown`)
	through.run(t, "incident", "take", "--yes").exits(1).printsNothing()
	through.run(t, "incident", "close", "--anyway", "x").exits(1).says(`it stays open`)
	through.run(t, "incident", "report").exits(0).says(`THIS MACHINE`).prints(`\| etcd has no leader \|`)
	if r := p.run(t, "incident", "status").exits(3); strings.Contains(r.stdout, "etcd") {
		r.failf("the others know already")
	}
	away(false)
	through.run(t, "incident", "status").exits(3).says(`brought to the cluster .*: 1 entry`).prints(`driver: +you`)
	through.run(t, "incident", "status").exits(3).saysNothing()
	p.run(t, "incident", "status").exits(3).prints(`etcd has no leader`)

	// A timeline that cannot be written does not stop a change.
	f.on(http.MethodPut, func(_ *apiCall, _ http.ResponseWriter, _ *http.Request, _ http.Handler) { drop() })
	through.run(t, "pods", "cull", "--older-than", "30m", "--limit", "1", "--yes").exits(0).
		says(`the timeline of incident \S+ has this on THIS MACHINE ONLY`)
	f.on(http.MethodPut, nil)
	through.run(t, "incident", "status").exits(3).prints(`pods cull .*: 1 deleted`)
	p.run(t, "incident", "status").exits(3).prints(`pods cull .*: 1 deleted`)
}

// Launches are what an incident ends by: it is not over while one breaks, and over
// since they pass.
func (d *launchDay) endsAnIncident(t *testing.T, before []string) {
	t.Helper()
	check := append([]string{"incident", "check", "-o", "json"}, skipped()[2:]...) // not the launches
	look := func(code int, more ...string) (doc incidentCheckDoc) {
		t.Helper()
		d.run(t, with(check, more...)...).exits(code).decode(&doc)
		return doc
	}
	d.run(t, "incident", "open", "launches fail").exits(0)
	unlaunched := look(0, "--no-launches")
	d.fault(t, "kernel-dies", "on")
	if got := look(3).find("launches"); got.State != "not" || !strings.HasPrefix(got.Says, "0 of 3; 3 broke at kernel computes") {
		t.Errorf("with a fault: %+v", got)
	}
	d.fault(t, "kernel-dies", "off")
	well := look(0)
	if got := well.find("launches"); got.State != "ok" || !strings.HasPrefix(got.Says, "3 of 3: ") || !strings.Contains(got.Says, " fresh, ") {
		t.Errorf("without a fault: %+v", got)
	}
	if !well.Since.After(unlaunched.Since) {
		t.Errorf("recovered since %s, and nothing was launched at %s", well.Since, unlaunched.Since)
	}
	d.nothingLeft(t, before)

	d.run(t, with([]string{"incident", "close", "--no-launches"}, check[4:]...)...).exits(0).prints(`^incident \S+ is closed`)
}

// Ctrl-C during a check ends what it has launched.
func (d *launchDay) stopsACheck(t *testing.T, before []string) {
	t.Helper()
	next := d.launches(t) + 1
	r := d.start(t, nil, with([]string{"incident", "check", "--fresh-launches", "0", "--launches", "1"}, skipped()[2:]...)...)
	eventually(t, "the launch has come so far", func() bool { return d.recorded(t, next, "schedule") })
	r.interrupt()
	r.wait().exits(130).printsNothing().says(`ending the servers that were begun`)
	d.nothingLeft(t, before)
}

// incidentCheckDoc is the JSON of incident check.
type incidentCheckDoc struct {
	Since   time.Time `json:"recoveredSince"`
	Results []struct {
		Name  string `json:"name"`
		State string `json:"state"`
		Says  string `json:"says"`
	} `json:"results"`
}

func (d incidentCheckDoc) find(name string) (found struct{ State, Says string }) {
	for _, r := range d.Results {
		if r.Name == name {
			found.State, found.Says = r.State, r.Says
		}
	}
	return found
}
