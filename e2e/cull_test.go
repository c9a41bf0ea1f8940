package e2e

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
)

// Somebody else deletes a pod, or puts another in its place, after the plan was
// made. The one is done already, the other is not ours to touch.
func TestOthersAreQuicker(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, stillNodes+`
userPods:
- {count: 59, age: 5h-9h, pool: NAMESPACE}
- {count: 1, age: 6h, pool: NAMESPACE-still}
- {count: 10, age: 10m-1h, pool: NAMESPACE}
`)
	before := p.everything(t)
	old := byAge(t, p)[:60]
	gone, replaced := old[40], p.still(t)
	f := newProxy(t, p.gameDay)
	var once sync.Once
	var twin types.UID
	f.on(verbDelete, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		once.Do(func() {
			p.delete(t, gone)
			twin = p.replace(t, replaced).UID
		})
		pass.ServeHTTP(w, r)
	})
	through := f.through(t, p)
	r := through.run(t, "pods", "cull", "--older-than", "4h", "--yes", "-o", "json").exits(0)
	pod, err := p.kube.CoreV1().Pods(p.namespace).Get(context.Background(), replaced, metav1.GetOptions{})
	if err != nil || pod.UID != twin || pod.DeletionTimestamp != nil {
		t.Errorf("the namesake is not as it was: %v", err)
	}
	var report reportDoc
	r.decode(&report)
	sameSet(t, "pods already gone", report.with("already gone"), []string{gone})
	sameSet(t, "pods replaced", report.with("replaced"), []string{replaced})
	sameSet(t, "deleted pods", slices.Concat(report.with("deleted"), []string{gone, replaced}), old)
	p.lostOnly(t, before, p.namespace, old)
	book := through.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["deleted"] != 58 || got["already gone"] != 1 || got["replaced"] != 1 {
		t.Errorf("the journal says %v", got)
	}
}

// Between the plan and its turn a pod that waited finds its place, and is spared
// at the last moment. One that waits on goes, whatever else is noted on it.
func TestPodsChangeMeanwhile(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, stillNodes+`
userPods:
- {count: 40, age: 1h-2h, phase: Pending, waiting: ContainerCreating, pool: NAMESPACE}
- {count: 1, age: 65m, phase: Pending, waiting: ContainerCreating, pool: NAMESPACE-still}
- {count: 50, age: 1h-2h, pool: NAMESPACE}
`)
	before := p.everything(t)
	waiting := byAgeIn(t, p, corev1.PodPending)
	starts, noted, gone, replaced := waiting[25], waiting[28], waiting[31], p.still(t)
	f := newProxy(t, p.gameDay)
	var once sync.Once
	f.on(verbDelete, func(_ *apiCall, w http.ResponseWriter, r *http.Request, pass http.Handler) {
		once.Do(func() {
			p.letRun(t, starts)
			p.update(t, noted, func(pod *corev1.Pod) { pod.Status.Message = "0/10 nodes are available" })
			p.delete(t, gone)
			p.replace(t, replaced)
		})
		pass.ServeHTTP(w, r)
	})
	r := f.through(t, p).run(t, "pods", "cull", "--phase", "Pending", "--older-than", "10m", "--yes", "-o", "json").exits(0)
	var report reportDoc
	r.decode(&report)
	sameSet(t, "pods skipped", report.with("skipped"), []string{starts})
	sameSet(t, "pods already gone", report.with("already gone"), []string{gone})
	sameSet(t, "pods replaced", report.with("replaced"), []string{replaced})
	if !slices.Contains(report.with("deleted"), noted) {
		r.failf("the pod that was only written on is left")
	}
	p.lostOnly(t, before, p.namespace, slices.DeleteFunc(waiting, func(name string) bool { return name == starts }))
}

// What only looks, deletes nothing.
func TestDryRuns(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, oldPods)
	before := p.everything(t)
	old := byAge(t, p)[:60]
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)

	through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run").exits(0).says(`to delete: 60 of 70 user pods`)
	sameSet(t, "names", through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run", "-o", "name").exits(0).lines(), prefixed("pod/", old))
	if n := f.count(verbDelete); n != 0 {
		t.Errorf("%d deletes for a dry run", n)
	}

	// The server checks each request, and carries out none.
	r := through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run=server", "-o", "json").exits(0)
	var report reportDoc
	r.decode(&report)
	sameSet(t, "pods the server would delete", report.with("would delete"), old)
	if n := f.count(verbDelete); n != 60 {
		t.Errorf("%d requests for a dry run of 60 by the server", n)
	}
	through.run(t, "pods", "cull", "--older-than", "4h", "--dry-run=server").exits(0).prints(`60 would delete`)

	// Without anybody to ask, and without --yes, the call is wrong.
	through.run(t, "pods", "cull", "--older-than", "4h").exits(2).printsNothing().says(`pass --yes`)
	through.runWithInput(t, "y\n", "pods", "cull", "--older-than", "4h").exits(2).printsNothing().says(`pass --yes`)

	p.lostOnly(t, before, p.namespace, nil)
	through.journalEvents(t)
	through.run(t, "pods", "cull", "--older-than", "100d", "--yes").exits(0).says(`nothing to delete`)
	through.journalEvents(t)
}

// How a cull is carried out: quietly, or without waiting.
func TestWaysToCull(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, `
userPods:
- {count: 5, age: 5h-9h}
- {count: 5, age: 3h, finalizers: [example.org/hold]}
- {count: 10, age: 10m-1h}
`)
	before := p.everything(t)
	oldest := byAge(t, p)
	p.run(t, "-q", "pods", "cull", "--older-than", "4h", "--yes").exits(0).saysNothing().prints(`^pods: 5 deleted`)
	p.lostOnly(t, before, p.namespace, oldest[:5])

	// Without a wait nothing is watched, and what still terminates is no failure.
	f := newProxy(t, p.gameDay)
	through := f.through(t, p)
	through.run(t, "pods", "cull", "--older-than", "2h", "--limit", "3", "--wait=false", "--yes").
		exits(0).prints(`^pods: 3 (deleted|asked to go)`)
	if n := f.count(verbWatch); n != 0 {
		t.Errorf("%d watches without a wait", n)
	}
	// These are already terminating, which the next plan leaves out.
	var plan planDoc
	p.run(t, "pods", "cull", "--older-than", "2h", "--dry-run", "-o", "json").exits(0).decode(&plan)
	sameSet(t, "pods of the next plan", plan.names(), oldest[8:10])
}

// Builds are culled on demand, and then nothing else is.
func TestCullBuilds(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, `
userPods: [{count: 5, age: 5h-9h}]
buildPods: [{count: 4, age: 30m-1h}]
`)
	before := p.everything(t)
	builds := p.pods(t, func(pod *corev1.Pod) bool { return pod.Labels["component"] == "binderhub-build" })
	if len(builds) != 4 {
		t.Fatalf("%d builds, want 4", len(builds))
	}
	p.run(t, "pods", "cull", "--builds", "--older-than", "10m", "--yes").exits(0).prints(`^pods: 4 deleted`)
	p.lostOnly(t, before, p.namespace, builds)
}

// A pod that something holds, and pods on a dead node: binderctl says where they
// are and why they do not go, and with --force removes the records.
func TestStuck(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, `
nodes:
- {pool: NAMESPACE-alive, count: 1, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
- {pool: NAMESPACE-dead, count: 1, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d, notReadyFor: 1m}
userPods:
- {count: 2, age: 5h, pool: NAMESPACE-alive, finalizers: [example.org/hold]}
- {count: 3, age: 6h, pool: NAMESPACE-dead}
- {count: 4, age: 7h, pool: NAMESPACE-alive}
- {count: 9, age: 10m, pool: NAMESPACE-alive}
`)
	before := p.everything(t)
	onDead := p.pods(t, func(pod *corev1.Pod) bool { return pod.Spec.NodeName == p.namespace+"-dead-0" })
	held := p.pods(t, func(pod *corev1.Pod) bool { return len(pod.Finalizers) > 0 })
	fine := byAge(t, p)[:4]
	p.allReady(t, p.namespace+"-alive-0")

	r := p.run(t, "pods", "cull", "--older-than", "4h", "--grace-period", "7", "--timeout", "10s", "--yes").exits(1).
		says(`5 of 9 pods still terminating`).prints(`^pods: 4 deleted, 5 terminating`)
	for _, name := range held {
		r.prints(name + ` +terminating +` + p.namespace + `-alive-0 +.*example.org/hold`)
	}
	for _, name := range onDead {
		r.prints(name + ` +terminating +` + p.namespace + `-dead-0 +.*not ready`)
		pod, err := p.kube.CoreV1().Pods(p.namespace).Get(context.Background(), name, metav1.GetOptions{})
		if err != nil || pod.DeletionGracePeriodSeconds == nil || *pod.DeletionGracePeriodSeconds != 7 {
			t.Errorf("pod %s has not the 7 s it was given: %v", name, err)
		}
	}
	p.lostOnly(t, before, p.namespace, fine)
	book := p.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["terminating"] != 5 || got["deleted"] != 4 {
		t.Errorf("the journal says %v", got)
	}

	// The same again has nothing more to ask for; only --force does.
	p.run(t, "pods", "cull", "--older-than", "4h", "--yes").exits(0).says(`spared: 5 already terminating`).says(`nothing to delete`)
	p.run(t, "pods", "cull", "--node", p.namespace+"-dead-0", "--force", "--yes").exits(0).
		says(`warning: --force`).prints(`^pods: 3 deleted`)
	p.lostOnly(t, before, p.namespace, slices.Concat(fine, onDead))
	// A finalizer is respected also by force.
	p.run(t, "pods", "cull", "--older-than", "4h", "--force", "--timeout", "3s", "--yes").exits(1).prints(`held by finalizer example.org/hold`)
}

// allReady waits until KWOK looks after a node: before that nothing ends there.
func (p *place) allReady(t *testing.T, node string) {
	t.Helper()
	eventually(t, "node "+node+" has a kubelet", func() bool {
		_, err := p.kube.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(context.Background(), node, metav1.GetOptions{})
		return err == nil
	})
}

// A plan in a file is carried out later, or by another: what has changed since
// is left alone, with the reason.
func TestPlanFile(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, stillNodes+`
userPods:
- {count: 19, age: 1h-2h, phase: Pending, waiting: ContainerCreating, pool: NAMESPACE}
- {count: 1, age: 65m, phase: Pending, waiting: ContainerCreating, pool: NAMESPACE-still}
- {count: 30, age: 1h-2h, pool: NAMESPACE}
`)
	before := p.everything(t)
	waiting := byAgeIn(t, p, corev1.PodPending)
	p.run(t, "pods", "cull", "--phase", "Pending", "--older-than", "10m", "--plan", "plan.json").exits(0).printsNothing().
		says(`wrote the plan to plan.json; nothing was deleted`)
	var plan planDoc
	p.run(t, "pods", "cull", "--apply", "plan.json", "--dry-run", "-o", "json").exits(0).decode(&plan)
	sameSet(t, "pods of the plan", plan.names(), waiting)
	p.journalEvents(t)

	// Meanwhile one is deleted, one replaced, and one starts to run.
	gone, replaced, started := waiting[3], p.still(t), waiting[11]
	p.delete(t, gone)
	p.replace(t, replaced)
	p.letRun(t, started)
	refusedPlans(t, p)

	r := p.run(t, "pods", "cull", "--apply", "plan.json", "--yes", "-o", "json").exits(0).says(`3 pods changed since: left out`)
	var report reportDoc
	r.decode(&report)
	sameSet(t, "pods already gone", report.with("already gone"), []string{gone})
	sameSet(t, "pods replaced", report.with("replaced"), []string{replaced})
	sameSet(t, "pods skipped", report.with("skipped"), []string{started})
	for _, item := range report.Items {
		if item.Result == "skipped" && item.Detail != "now in other phases" {
			t.Errorf("%s was skipped because it is %q", item.Name, item.Detail)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(waiting), func(name string) bool { return name == started })
	p.lostOnly(t, before, p.namespace, rest)
	if len(report.with("deleted")) != 17 {
		r.failf("%d deleted, want 17", len(report.with("deleted")))
	}
	book := p.journalEvents(t, "begin", "end")
	if book[0].Digest != plan.Digest {
		t.Errorf("the journal has not the digest of the plan")
	}

	// Once more does no harm.
	p.run(t, "pods", "cull", "--apply", "plan.json", "--yes").exits(0).prints(`already gone`)
	p.lostOnly(t, before, p.namespace, rest)
}

func byAgeIn(t *testing.T, p *place, phase corev1.PodPhase) []string {
	t.Helper()
	inPhase := p.pods(t, func(pod *corev1.Pod) bool { return pod.Status.Phase == phase })
	return slices.DeleteFunc(byAge(t, p), func(name string) bool { return !slices.Contains(inPhase, name) })
}

// letRun has a pod that is kept Pending run.
func (p *place) letRun(t *testing.T, name string) {
	t.Helper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		ctx, pods := context.Background(), p.kube.CoreV1().Pods(p.namespace)
		pod, err := pods.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		delete(pod.Annotations, "gameday.binderctl/keep-pending")
		_, err = pods.Update(ctx, pod, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, name+" runs", func() bool { return slices.Contains(byAgeIn(t, p, corev1.PodRunning), name) })
}

// refusedPlans are plan files that cannot be meant: nothing happens.
func refusedPlans(t *testing.T, p *place) {
	t.Helper()
	before := p.everything(t)
	text := readFile(t, p.home+"/plan.json")
	writeHome(t, p, "tampered.json", replaceFirst(t, text, `"olderThanSeconds": 600`, `"olderThanSeconds": 1`))
	p.run(t, "pods", "cull", "--apply", "tampered.json", "--yes").exits(2).printsNothing().says(`the digest does not fit`)
	p.run(t, "-n", "default", "pods", "cull", "--apply", "plan.json", "--yes").exits(2).printsNothing().says(`the plan is for namespace ` + p.namespace)
	elsewhere := newProxy(t, p.gameDay).through(t, p)
	elsewhere.runWithInput(t, text, "pods", "cull", "--apply", "-", "--yes").exits(2).printsNothing().says(`the plan is for https://`)
	elsewhere.journalEvents(t)
	p.journalEvents(t)
	p.lostOnly(t, before, p.namespace, nil)
}

// A plan that was looked at for longer than a few seconds is looked at again
// before it is carried out: a pod that has found its place meanwhile is spared.
func TestPlanIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	p := sharedPlace(t, `
userPods:
- {count: 4, age: 1h, phase: Pending, waiting: ContainerCreating}
- {count: 6, age: 1h}
`)
	before := p.everything(t)
	waiting := byAgeIn(t, p, corev1.PodPending)
	term := startOnTerminal(t, p.operator, "pods", "cull", "--phase", "Pending")
	term.until(`\[y/N\] $`)
	shown := time.Now()
	p.letRun(t, waiting[0])
	eventually(t, "the plan has aged", func() bool { return time.Since(shown) > 5*time.Second })
	term.types("y\n")
	term.exits(0)
	p.lostOnly(t, before, p.namespace, waiting[1:])
	book := p.journalEvents(t, "begin", "end")
	if got := book[1].results(); got["skipped"] != 1 || got["deleted"] != 3 {
		t.Errorf("the journal says %v", got)
	}
}
