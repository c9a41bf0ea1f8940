package e2e

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hubStatusDoc is what is read of `hub status -o json`.
type hubStatusDoc struct {
	Verdict string
	Healthy bool
	Reason  string
	Checks  []struct{ Name, State, Verdict, Says string }
	Unseen  []struct{ What, Why string }
	API     struct{ Answers bool }
	Log     *struct {
		Lines      int
		Signatures []struct {
			ID     string
			Count  int
			Sample string
		}
	}
}

// hubStatus asks for the Hub's state, which must be this, with the exit code that
// goes with it.
func (p *place) hubStatus(t *testing.T, verdict string, args ...string) hubStatusDoc {
	t.Helper()
	code := 3
	if verdict == "healthy" {
		code = 0
	}
	var doc hubStatusDoc
	r := p.run(t, append([]string{"hub", "status", "-o", "json"}, args...)...)
	r.exits(code).decode(&doc)
	if doc.Verdict != verdict || doc.Healthy != (verdict == "healthy") {
		r.failf("the verdict is %s, want %s: %s", doc.Verdict, verdict, doc.Reason)
	}
	return doc
}

// TestHubStatusOfIncidents knows a Hub that no longer sees its pods, in both
// incidents, by its log and by its API, together and alone.
func TestHubStatusOfIncidents(t *testing.T) {
	t.Parallel()
	for scenario, namespace := range map[string]string{"hub-504": "beta", "too-many-pods": "prod"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			p := placeIn(t, ownGameDay(t, scenario), namespace)
			if scenario == "hub-504" { // where there is room for a launch
				launch := p.start(t, nil, "launch", "test", cachedRepo, "--stage-timeout", "route=11s")
				defer func() { launch.wait().overlooked() }()
			}
			p.hubStatus(t, "blind")
			p.run(t, "hub", "status").exits(3).prints(`^!! BLIND  `).says(`hub restart .*--reason 'hub status: blind'`).says(`pods orphans`).says(`runbook show hub-blind`)
			nolog := p.allow(t, "nolog", p.run(t, "rbac", "hub", "status").exits(0).stdout)
			p.withhold(t, "nolog", "pods/log")
			eventually(t, "the rights are in force", func() bool { return p.run(t, "pods", "list", nolog).code == 0 })
			doc := p.hubStatus(t, "blind", nolog)
			if doc.Log != nil || len(doc.Unseen) == 0 {
				t.Errorf("the log was read, or its absence not said: %+v", doc.Unseen)
			}
			p.runWithInput(t, p.hubLog(t), "hub", "status", "--log-file", "-", "--kubeconfig", "/dev/null").exits(3).prints(`^!! BLIND  `)
		})
	}
}

// overlooked checks a launch from a Hub that is blind, and gives it up itself only
// after five minutes.
func (r *result) overlooked() {
	r.t.Helper()
	r.exits(3).prints(`^failed at route after .*: the Hub does not see that the pod is ready: .* been ready for \d+s and the Hub has not noticed`).
		says(`warning: the launch's server runs, and the Hub takes no notice`).says(`hint: look for what the Hub has lost: binderctl pods orphans`).
		says(`binderctl hub status$`).says(`runbook show hub-blind$`)
}

// withhold takes a right on a resource out of a role that allow has made.
func (p *place) withhold(t *testing.T, user, resource string) {
	t.Helper()
	roles := p.kube.RbacV1().Roles(p.namespace)
	role, err := roles.Get(context.Background(), p.namespace+"-"+user, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range role.Rules {
		if strings.Join(role.Rules[i].Resources, "") == resource {
			role.Rules[i].Resources = []string{"nothing"}
		}
	}
	if _, err := roles.Update(context.Background(), role, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// hubLog is the log of the hub pod.
func (p *place) hubLog(t *testing.T) string {
	t.Helper()
	hour := int64(time.Hour / time.Second)
	stream, err := p.kube.CoreV1().Pods(p.namespace).GetLogs(p.hubPod(t), &corev1.PodLogOptions{SinceSeconds: &hour}).Stream(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	text, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHubStatus looks at a busy Hub on a good day, then at each fault it can have,
// and at as much of it as may be seen.
func TestHubStatus(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, "healthy"), "prod")
	p.hubStatus(t, "healthy")
	p.run(t, "hub", "status").exits(0).prints(`^ok HEALTHY`).prints(`reflector +ok`).saysNothing()

	const logOnly = "kind: Role\nrules:\n- {apiGroups: [\"\"], resources: [pods, pods/log], verbs: [get, list, watch]}\n"
	whole := p.allow(t, "whole", p.run(t, "rbac", "hub", "status").exits(0).stdout)
	nolog := p.allow(t, "nolog", p.run(t, "rbac", "hub", "status").exits(0).stdout)
	p.withhold(t, "nolog", "pods/log")
	noapi := p.allow(t, "noapi", logOnly)
	nobody := p.allow(t, "nobody", role("get"))
	eventually(t, "the rights are in force", func() bool { return p.run(t, "pods", "list", noapi).code == 0 })
	if doc := p.hubStatus(t, "healthy", whole); len(doc.Unseen) > 0 {
		t.Errorf("its role does not suffice: %+v", doc.Unseen)
	}
	if doc := p.hubStatus(t, "healthy", nolog); doc.Log != nil || !doc.API.Answers {
		t.Errorf("without the log: %+v", doc)
	}
	if doc := p.hubStatus(t, "healthy", noapi); doc.Log == nil || doc.API.Answers {
		t.Errorf("without the API: %+v", doc)
	}
	p.run(t, "hub", "status", nobody).exits(1).printsNothing().says(`nothing could be learnt`).says(`binderctl rbac hub status`)

	for fault, verdict := range map[string]string{"slow": "degraded", "errors": "down", "down": "down", "too-many-requests": "degraded"} {
		p.fault(t, fault, "on")
		if doc := p.hubStatus(t, verdict); doc.Log == nil || doc.Checks[0].Name != "api" {
			t.Errorf("%s: %+v", fault, doc)
		}
		p.fault(t, fault, "off")
	}
	p.hubStatus(t, "healthy")
	p.fault(t, "reflector-dead", "on")
	if doc := p.hubStatus(t, "blind"); doc.Checks[0].Name != "reflector" {
		t.Errorf("%+v", doc.Checks)
	}
	loseService(t, p)
}

// loseService takes away what everybody else reaches the Hub by.
func loseService(t *testing.T, p *place) {
	if err := p.kube.CoreV1().Services(p.namespace).Delete(context.Background(), "hub", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if doc := p.hubStatus(t, "down"); doc.Checks[0].Name != "service" {
		t.Errorf("%+v", doc.Checks)
	}
	if doc := p.hubStatus(t, "down"); !strings.Contains(fmt.Sprint(doc.Checks), "reflector") {
		t.Errorf("what else is wrong is left out: %+v", doc.Checks)
	}
}
