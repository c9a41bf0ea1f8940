package e2e

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// TestTooManyPods lives through the evening of 2018-07-08, from the first look
// to the recovery.
func TestTooManyPods(t *testing.T) {
	p := placeIn(t, ownGameDay(t, "too-many-pods"), "prod")
	t.Run("look", func(t *testing.T) { lookAround(t, p) })
	t.Run("formats", func(t *testing.T) { everyFormat(t, p) })
	t.Run("where", func(t *testing.T) { findNamespace(t, p) })
	t.Run("head", func(t *testing.T) {
		// A reader that has seen enough is no failure, and nothing to talk about.
		r := p.start(t, func(c *exec.Cmd) {
			c.Args = append([]string{"bash", "-o", "pipefail", "-c", `"$0" "$@" | head -1`}, append([]string{c.Path}, c.Args[1:]...)...)
			c.Path = "/bin/bash"
		}, "pods", "list").wait()
		r.exits(0).saysNothing().prints(`^NAME +REPO`)
	})
	t.Run("cull", func(t *testing.T) { cullTooMany(t, p) })
}

// lookAround sees what there is, in the ways an operator asks.
func lookAround(t *testing.T, p *place) {
	count := func(want int, args ...string) {
		t.Helper()
		if r := p.run(t, append([]string{"pods", "list"}, args...)...).exits(0); len(r.rows()) != want {
			r.failf("%d pods, want %d", len(r.rows()), want)
		}
	}
	count(977)
	all := p.all(t)
	for flag, policy := range map[string]func(*corev1.Pod, time.Duration) bool{
		"--older-than":   func(pod *corev1.Pod, age time.Duration) bool { return isUser(pod) && age >= 4*time.Hour },
		"--younger-than": func(pod *corev1.Pod, age time.Duration) bool { return isUser(pod) && age < 4*time.Hour },
	} {
		first := due(all, time.Now(), policy)
		got := p.run(t, "pods", "list", flag, "4h", "-o", "jsonpath={.items[*].name}").exits(0)
		second := due(all, time.Now(), policy)
		if flag == "--younger-than" { // of these there are fewer and fewer
			first, second = second, first
		}
		between(t, flag, strings.Fields(got.stdout), first, second)
	}
	count(240, "--phase", "Pending")
	count(977, "--phase", "Pending,Running")
	count(430, "--repo", "ipython/ipython-in-depth")
	count(430+136, "--repo", "ipython/ipython-in-depth", "--repo", "bokeh/*")
	count(7, "--kind", "build")
	hub := p.pods(t, func(pod *corev1.Pod) bool { return pod.OwnerReferences != nil && pod.Labels["app"] != "nginx-ingress" })
	count(len(hub), "--kind", "hub")
	count(len(all), "--kind", "all")
	count(977, "-l", "app=jupyterhub")
	count(0, "-l", "app=other")

	everywhere := p.run(t, "pods", "list", "-A", "--kind", "all").exits(0).prints(`^kube-system +fluentd-gcp`)
	if len(everywhere.rows()) <= len(all) {
		everywhere.failf("-A shows no more than one namespace")
	}
	var list listDoc
	p.run(t, "pods", "list", "--phase", "Running", "-o", "json").exits(0).decode(&list)
	name := list.Items[0].Node
	onNode := p.pods(t, func(pod *corev1.Pod) bool { return isUser(pod) && pod.Spec.NodeName == name })
	count(len(onNode), "--node", name)
	count(1, "--name", list.Items[0].Name)
	count(0, "--name", "nobody-*")

	for _, key := range []string{"repo", "node", "phase", "age", "image"} {
		r := p.run(t, "pods", "list", "--group-by", key, "-o", "json").exits(0)
		var groups struct {
			Items []struct {
				Pods int `json:"pods"`
			} `json:"items"`
		}
		r.decode(&groups)
		sum := 0
		for _, group := range groups.Items {
			sum += group.Pods
		}
		if sum != 977 {
			r.failf("the groups by %s have %d pods, want 977", key, sum)
		}
		p.run(t, "pods", "list", "--group-by", key).exits(0).prints("^" + strings.ToUpper(key))
	}
	p.run(t, "pods", "list", "--group-by", "repo").prints(`^ipython/ipython-in-depth +430 +44% `)
	p.run(t, "pods", "list", "--group-by", "phase").prints(`^Pending +240 `)
	sorted(t, p)
}

// sorted looks at each order.
func sorted(t *testing.T, p *place) {
	t.Helper()
	keys := map[string]func(podDoc) string{
		"name":   func(d podDoc) string { return d.Name },
		"repo":   func(d podDoc) string { return strings.ToLower(d.Repo) },
		"node":   func(d podDoc) string { return d.Node },
		"status": func(d podDoc) string { return d.Status },
	}
	for order, key := range keys {
		var list listDoc
		r := p.run(t, "pods", "list", "--sort-by", order, "-o", "json").exits(0)
		r.decode(&list)
		if !slices.IsSortedFunc(list.Items, func(a, b podDoc) int { return strings.Compare(key(a), key(b)) }) {
			r.failf("not in the order of %s", order)
		}
	}
	var list listDoc
	r := p.run(t, "pods", "list", "-o", "json")
	r.decode(&list)
	if !slices.IsSortedFunc(list.Items, func(a, b podDoc) int { return b.Age - a.Age }) {
		r.failf("not with the oldest first")
	}
}

// everyFormat reads each format as a program would.
func everyFormat(t *testing.T, p *place) {
	format := func(name string) *result {
		t.Helper()
		return p.run(t, "pods", "list", "-o", name).exits(0).saysNothing()
	}
	var list listDoc
	format("json").decode(&list)
	if len(list.Items) != 977 || list.Unseen == nil {
		t.Errorf("JSON has %d pods, unseen %v", len(list.Items), list.Unseen)
	}
	var fromYAML listDoc
	text, err := yaml.YAMLToJSON([]byte(format("yaml").stdout))
	if err == nil {
		err = json.Unmarshal(text, &fromYAML)
	}
	if err != nil || len(fromYAML.Items) != 977 {
		t.Errorf("YAML has %d pods (%v)", len(fromYAML.Items), err)
	}
	records, err := csv.NewReader(strings.NewReader(format("csv").stdout)).ReadAll()
	if err != nil || len(records) != 978 {
		t.Errorf("CSV has %d records (%v)", len(records), err)
	}
	sameSet(t, "names", format("name").lines(), prefixed("pod/", p.users(t)))
	nodes := strings.Fields(format("jsonpath={.items[*].name}").stdout)
	sameSet(t, "names by JSONPath", nodes, p.users(t))
	format("wide").prints(`^NAMESPACE +NAME +KIND`)
	p.run(t, "pods", "list", "--older-than", "100d", "-o", "json").exits(0).prints(`"items": \[\]`)
}

func prefixed(prefix string, names []string) []string {
	longer := make([]string, len(names))
	for i, name := range names {
		longer[i] = prefix + name
	}
	return longer
}

// cullTooMany does what the operators of the incident did, and sees it end.
func cullTooMany(t *testing.T, p *place) {
	before := p.everything(t)
	// Placeholders give way to users who get a place: that is the scheduler's work.
	maps.DeleteFunc(before, func(o object, _ bool) bool { return strings.HasPrefix(o.name, "user-placeholder-") })
	policy := []string{"pods", "cull", "--older-than", "4h", "--repo", "ipython/ipython-in-depth=1h"}
	overstayed := func(pod *corev1.Pod, age time.Duration) bool {
		hot := strings.Contains(pod.Spec.Containers[0].Image, "ipython-2dipython-2din-2ddepth")
		return isUser(pod) && (age >= 4*time.Hour || hot && age >= time.Hour)
	}
	all := p.all(t)
	if p.gameday("status") == nil {
		t.Error("the incident is over before anything was done")
	}
	first := due(all, time.Now(), overstayed)
	var plan planDoc
	p.run(t, append(policy, "--dry-run", "-o", "json")...).exits(0).decode(&plan)
	between(t, "pods of the plan", plan.names(), first, due(all, time.Now(), overstayed))
	if n := len(plan.Victims); n < 550 || n > 650 {
		t.Errorf("%d pods are to go, and in the incident it was about 600", n)
	}
	p.run(t, append(policy, "--dry-run")...).exits(0).says(`dry run: nothing was deleted`)
	// More than 200 pods want more than a plain yes, also where they are a few of many.
	term := startOnTerminal(t, p.operator, "pods", "cull", "--older-than", "4h")
	term.until(`this is more than 200 pods: delete \d+ pods past the Hub\? Type \S+ to go ahead: $`)
	term.types("y\n")
	term.until(`(?s)Type \S+ to go ahead: .*Type \S+ to go ahead: $`) // a slip costs nothing
	term.types("n\n")
	term.exits(130)
	p.lostOnly(t, before, p.namespace, nil)
	p.journalEvents(t)

	r := p.run(t, append(policy, "--yes", "-o", "json")...).exits(0)
	var report reportDoc
	r.decode(&report)
	deleted := report.with("deleted")
	between(t, "deleted pods", deleted, plan.names(), due(all, time.Now(), overstayed))
	p.lostOnly(t, before, p.namespace, deleted)

	book := p.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["deleted"] != len(deleted) || len(got) != 1 {
		t.Errorf("the journal has %v", got)
	}
	if book[0].By.Login == "" || book[0].By.Cluster != "admin" || book[0].Digest != report.Digest {
		t.Errorf("the journal says %+v of who did what", book[0])
	}
	eventually(t, "the pods that waited run", func() bool {
		return len(p.pods(t, func(pod *corev1.Pod) bool { return isUser(pod) && pod.Status.Phase == corev1.PodPending })) == 0
	})
	// As in the incident, the Hub is blind until its pod is replaced.
	if p.gameday("status") == nil {
		t.Error("the incident is over while the Hub does not see its pods")
	}
	hub := p.pods(t, func(pod *corev1.Pod) bool { return pod.Labels["component"] == "hub" })
	if err := p.kube.CoreV1().Pods(p.namespace).Delete(t.Context(), hub[0], metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the incident is over", func() bool { return p.gameday("status") == nil })
}
