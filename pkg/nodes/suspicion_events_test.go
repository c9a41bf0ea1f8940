package nodes_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// What the kernel and the kubelets reported.
func TestEvidenceOfEvents(t *testing.T) {
	t.Parallel()
	expectEvidence(t, []evidence{
		{"out of memory", func(f *fleet) {
			f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 58*minute)
			f.nodeEvent("node-0", "OOMKilling", "Out of memory: Killed process 8339 (python)", 58*minute)
		}, map[nodes.Clue]float64{nodes.SystemOOM: 8}},
		{"out of memory yesterday", func(f *fleet) {
			f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 20*hour)
		}, map[nodes.Clue]float64{}},
		{"a user out of their own memory", func(f *fleet) {
			f.nodeEvent("node-0", "OOMKilling", "Memory cgroup out of memory: Killed process 8339 (python)", 5*minute)
		}, map[nodes.Clue]float64{nodes.CgroupOOM: 2}},
		{"a service killed where memory was short", func(f *fleet) {
			f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 58*minute)
			died("OOMKilled", 57*minute)(f.pods[0])
		}, map[nodes.Clue]float64{nodes.SystemOOM: 6, nodes.OOMService: 4}},
		{"a service killed at its own limit", func(f *fleet) { died("OOMKilled", 57*minute)(f.pods[0]) }, map[nodes.Clue]float64{}},
		{"task hung", func(f *fleet) {
			f.nodeEvent("node-0", "TaskHung", "INFO: task dockerd:3 blocked for more than 120 seconds", minute)
		}, map[nodes.Clue]float64{nodes.KernelEvent: 8}},
		{"eviction", func(f *fleet) {
			f.nodeEvent("node-0", "EvictionThresholdMet", "Attempting to reclaim memory", minute)
			f.user("node-0", hour, failed("Error", minute), func(p *corev1.Pod) { p.Status.Reason = "Evicted" })
		}, map[nodes.Clue]float64{nodes.EvictionEvent: 5, nodes.PodEvicted: 3}},
		{"images that cannot be removed", func(f *fleet) {
			f.nodeEvent("node-0", "ImageGCFailed", "failed to garbage collect", minute)
		}, map[nodes.Clue]float64{nodes.UpkeepFailed: 1.5}},
		{"rebooted", func(f *fleet) { f.nodeEvent("node-0", "Rebooted", "Node node-0 has been rebooted", minute) }, map[nodes.Clue]float64{nodes.Rebooted: 3}},
		{"what every kubelet says at its start", func(f *fleet) {
			f.nodeEvent("node-0", "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", minute)
		}, map[nodes.Clue]float64{}},
		{"a warning nobody knows", func(f *fleet) { f.nodeEvent("node-0", "Haunted", "boo", minute) }, map[nodes.Clue]float64{nodes.OtherEvent: 0.5}},
		{"no network for two pods of one owner", func(f *fleet) {
			a := f.service("web", "web-a", "node-0", 3*minute, waiting("ContainerCreating"))
			b := f.service("web", "web-b", "node-0", 3*minute, waiting("ContainerCreating"))
			f.podEvent(a, "FailedCreatePodSandBox", minute)
			f.podEvent(b, "FailedCreatePodSandBox", minute)
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 4}},
		{"no network for two things", func(f *fleet) {
			a := f.service("web", "web-a", "node-0", 3*minute, waiting("ContainerCreating"))
			b := f.service("db", "db-a", "node-0", 3*minute, waiting("ContainerCreating"))
			f.podEvent(a, "FailedCreatePodSandBox", minute)
			f.podEvent(b, "FailedCreatePodSandBox", minute)
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 5.5}},
		{"a mount that fails still", func(f *fleet) {
			f.podEvent(f.service("db", "db-a", "node-0", 3*minute, waiting("ContainerCreating")), "FailedMount", minute)
		}, map[nodes.Clue]float64{nodes.MountFailed: 1.5}},
		{"a mount that succeeded in the end", func(f *fleet) {
			f.podEvent(f.service("db", "db-a", "node-0", 3*minute), "FailedMount", 4*minute)
		}, map[nodes.Clue]float64{}},
		{"a pod that is gone, by its kubelet", func(f *fleet) {
			f.event("Pod", "prod", "gone", "node-0", "FailedCreatePodSandBox", "no network", minute)
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 4}},
		{"the former pod of a name that is elsewhere now", func(f *fleet) {
			f.service("db", "db-0", "node-1", 2*minute)
			f.event("Pod", "kube-system", "db-0", "node-0", "FailedCreatePodSandBox", "no network", minute).InvolvedObject.UID = "former"
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 4}},
		{"a pod there whose former namesake had no network elsewhere", func(f *fleet) {
			f.service("db", "db-0", "node-0", 2*minute, waiting("ContainerCreating"))
			f.event("Pod", "kube-system", "db-0", "node-1", "FailedCreatePodSandBox", "no network", minute).InvolvedObject.UID = "former"
		}, map[nodes.Clue]float64{}},
		{"a mount of a static pod that succeeded in the end", func(f *fleet) {
			f.service("proxy", "proxy-0", "node-0", 2*minute, func(p *corev1.Pod) {
				p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "hash"}
			})
			f.event("Pod", "kube-system", "proxy-0", "node-0", "FailedMount", "no volume", minute).InvolvedObject.UID = "hash"
		}, map[nodes.Clue]float64{}},
	})
}
