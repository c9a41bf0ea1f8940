package cluster

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	k8sresource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/resource"
)

// goldenPods are pods as real KubeSpawners made them.
func goldenPods(tb testing.TB) map[string]*corev1.Pod {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "userpod-*.json"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no golden pods: %v", err)
	}
	pods := map[string]*corev1.Pod{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		pod := &corev1.Pod{}
		if err := json.Unmarshal(text, pod); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		pods[filepath.Base(path)] = pod
	}
	return pods
}

// pruned is a pod as podShape lets it through.
func pruned(tb testing.TB, pod *corev1.Pod) *corev1.Pod {
	tb.Helper()
	return prunedTo(tb, podShape(false), pod)
}

func prunedTo(tb testing.TB, kept *shape, pod *corev1.Pod) *corev1.Pod {
	tb.Helper()
	whole, err := pod.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	lean, err := kept.prune(nil, whole)
	if err != nil {
		tb.Fatal(err)
	}
	if bytes.Contains(lean, []byte("TOKEN")) || bytes.Contains(lean, []byte("BINDER_CLIENT_IP")) {
		tb.Error("a pruned pod still holds secrets")
	}
	left := &corev1.Pod{}
	if err := left.Unmarshal(lean); err != nil {
		tb.Fatalf("decode what was pruned: %v", err)
	}
	return left
}

// TestPruneKeepsWhatIsRead proves that a pruned pod answers every question of
// this package as the whole one does.
func TestPruneKeepsWhatIsRead(t *testing.T) {
	t.Parallel()
	always := corev1.ContainerRestartPolicyAlways
	pods := goldenPods(t)
	for name, pod := range pods {
		crashing := pod.DeepCopy()
		crashing.Spec.InitContainers = []corev1.Container{{Name: "sidecar", Image: "i", RestartPolicy: &always}}
		crashing.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "sidecar", RestartCount: 3, Ready: true}}
		crashing.Status.Reason = "Evicted"
		crashing.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "notebook", RestartCount: 2,
			State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}},
		}}
		pods[name+", crashing"] = crashing
	}
	for name, whole := range pods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(trimmed(whole), pruned(t, whole)); diff != "" {
				t.Errorf("pruned (+) differs from what should be left (-):\n%s", diff)
			}
		})
	}
}

// trimmed is what should be left of a pod, done on the object.
func trimmed(pod *corev1.Pod) *corev1.Pod {
	containers := func(all []corev1.Container) (left []corev1.Container) {
		for _, c := range all {
			lean := corev1.Container{Name: c.Name, Image: c.Image, RestartPolicy: c.RestartPolicy}
			lean.Resources.Requests = c.Resources.Requests
			for _, variable := range c.Env {
				if variable.Name == "BINDER_REPO_URL" {
					lean.Env = append(lean.Env, variable)
				}
			}
			left = append(left, lean)
		}
		return left
	}
	statuses := func(all []corev1.ContainerStatus) (left []corev1.ContainerStatus) {
		for _, s := range all {
			left = append(left, corev1.ContainerStatus{
				Name: s.Name, State: s.State, LastTerminationState: s.LastTerminationState,
				Ready: s.Ready, RestartCount: s.RestartCount, Started: s.Started,
			})
		}
		return left
	}
	left := &corev1.Pod{ObjectMeta: *pod.ObjectMeta.DeepCopy()}
	left.ManagedFields, left.GenerateName, left.Generation, left.DeletionGracePeriodSeconds = nil, "", 0, nil
	left.Spec.NodeName = pod.Spec.NodeName
	left.Spec.Containers = containers(pod.Spec.Containers)
	left.Spec.InitContainers = containers(pod.Spec.InitContainers)
	left.Status.Phase, left.Status.Reason = pod.Status.Phase, pod.Status.Reason
	for _, c := range pod.Status.Conditions {
		left.Status.Conditions = append(left.Status.Conditions, corev1.PodCondition{Type: c.Type, Status: c.Status, Reason: c.Reason})
	}
	left.Status.ContainerStatuses = statuses(pod.Status.ContainerStatuses)
	left.Status.InitContainerStatuses = statuses(pod.Status.InitContainerStatuses)
	return left
}

// In detail, a pod also keeps what says to which nodes it may go, and before whom,
// but not what it merely prefers.
func TestPruneKeepsPlacementInDetail(t *testing.T) {
	t.Parallel()
	must := &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "pool", Operator: corev1.NodeSelectorOpIn, Values: []string{"users"}}},
	}}}
	want := corev1.PodSpec{
		NodeSelector: map[string]string{"pool": "users"},
		Tolerations:  []corev1.Toleration{{Key: "hub.jupyter.org/dedicated", Value: "user"}},
		Affinity:     &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: must}},

		Priority: new(int32(-10)), PreemptionPolicy: new(corev1.PreemptNever),
		SchedulingGates: []corev1.PodSchedulingGate{{Name: "example.org/quota"}},
	}
	whole := &corev1.Pod{Spec: *want.DeepCopy()}
	whole.Spec.SchedulerName = "left out"
	whole.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.PreferredSchedulingTerm{{Weight: 1}}
	message, err := whole.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	lean, err := podShape(true).prune(nil, message)
	if err != nil {
		t.Fatal(err)
	}
	left := &corev1.Pod{}
	if err := left.Unmarshal(lean); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, left.Spec); diff != "" {
		t.Errorf("pruned (+) differs from what should be left (-):\n%s", diff)
	}
}

// FuzzPrune proves that no bytes of a server make pruning panic, and that what
// it lets through of a good message is a good message.
func FuzzPrune(f *testing.F) {
	for _, pod := range goldenPods(f) {
		whole, err := pod.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		lean, err := podShape(false).prune(nil, message)
		if err != nil || (&corev1.Pod{}).Unmarshal(message) != nil {
			return
		}
		if err := (&corev1.Pod{}).Unmarshal(lean); err != nil {
			t.Errorf("a good pod was pruned to a bad one: %v", err)
		}
	})
}

// BenchmarkDecode compares decoding a whole pod with pruning it first.
func BenchmarkDecode(b *testing.B) {
	for _, pod := range goldenPods(b) {
		whole, err := pod.Marshal()
		if err != nil {
			b.Fatal(err)
		}
		b.Run("whole", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := (&corev1.Pod{}).Unmarshal(whole); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("pruned", func(b *testing.B) {
			b.ReportAllocs()
			shape, lean := podShape(false), []byte(nil)
			for b.Loop() {
				if lean, err = shape.prune(lean[:0], whole); err != nil {
					b.Fatal(err)
				}
				if err := (&corev1.Pod{}).Unmarshal(lean); err != nil {
					b.Fatal(err)
				}
			}
		})
		return
	}
}

// A diagnosis reads more of a pod: why, since when, and where it keeps files;
// its volumes' secrets it does not.
func TestPruneForDiagnosis(t *testing.T) {
	t.Parallel()
	since := metav1.NewTime(time.Date(2018, 1, 18, 4, 19, 0, 0, time.UTC))
	pod := &corev1.Pod{
		Spec: corev1.PodSpec{Volumes: []corev1.Volume{
			{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}},
			{Name: "logs", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/log"}}},
			{Name: "token", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "token-xyz"}}},
		}},
		Status: corev1.PodStatus{
			Message: "The node was low on resource: memory", StartTime: &since,
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: since, Message: "not ready"}},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "fluentd", LastTerminationState: corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Message: "killed", FinishedAt: since},
			}}},
		},
	}
	want := pod.DeepCopy()
	want.Spec.Volumes[2].VolumeSource = corev1.VolumeSource{}
	got := prunedTo(t, podShape(true), pod)
	if diff := cmp.Diff(want.Spec.Volumes, got.Spec.Volumes); diff != "" {
		t.Errorf("volumes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Status, got.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// What a pod asks of its node is the same after pruning, also where a sandbox
// takes something for itself or the pod as a whole says what it wants.
func TestPruneKeepsWhatIsRequested(t *testing.T) {
	t.Parallel()
	always := corev1.ContainerRestartPolicyAlways
	asks := func(cpu, memory string) corev1.ResourceRequirements {
		return corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: k8sresource.MustParse(cpu), corev1.ResourceMemory: k8sresource.MustParse(memory),
		}}
	}
	containers := corev1.PodSpec{
		InitContainers: []corev1.Container{
			{Name: "sidecar", RestartPolicy: &always, Resources: asks("50m", "32Mi")}, {Name: "init", Resources: asks("2", "64Mi")},
		},
		Containers: []corev1.Container{{Name: "notebook", Resources: asks("100m", "450Mi")}, {Name: "second", Resources: asks("1", "1Gi")}},
	}
	overhead, whole := *containers.DeepCopy(), *containers.DeepCopy()
	overhead.Overhead = asks("250m", "120Mi").Requests
	whole.Resources = new(asks("3", "4Gi"))
	for name, spec := range map[string]corev1.PodSpec{"containers": containers, "overhead": overhead, "the pod as a whole": whole} {
		for _, detail := range []bool{false, true} {
			pod := &corev1.Pod{Spec: spec}
			want := resource.PodRequests(pod, resource.PodResourcesOptions{})
			got := resource.PodRequests(prunedTo(t, podShape(detail), pod), resource.PodResourcesOptions{})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, detail %v: requests (-want +got):\n%s", name, detail, diff)
			}
		}
	}
}
