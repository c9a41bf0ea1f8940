package world

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// cluster is what a scenario came to, by kind.
type cluster struct {
	nodes  []*corev1.Node
	pods   []*corev1.Pod
	events []*corev1.Event
	logs   []Log
}

func seen(t *testing.T, name string) cluster {
	t.Helper()
	var c cluster
	world := made(t, name)
	for object := range world.Aged() {
		switch object := object.(type) {
		case *corev1.Node:
			c.nodes = append(c.nodes, object)
		case *corev1.Pod:
			c.pods = append(c.pods, object)
		case *corev1.Event:
			c.events = append(c.events, object)
		}
	}
	c.logs = world.Logs()
	return c
}

func isUser(pod *corev1.Pod) bool { return pod.Labels["component"] == "singleuser-server" }

func readySince(pod *corev1.Pod) (time.Time, bool) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
			return condition.LastTransitionTime.Time, true
		}
	}
	return time.Time{}, false
}

func looping(pod *corev1.Pod) []string {
	var names []string
	for _, container := range pod.Status.ContainerStatuses {
		if waiting := container.State.Waiting; waiting != nil && waiting.Reason == "CrashLoopBackOff" {
			names = append(names, container.Name)
		}
	}
	return names
}

func (c cluster) allReady(t *testing.T, want int) {
	t.Helper()
	for _, node := range c.nodes {
		for _, condition := range node.Status.Conditions {
			if healthy := condition.Type == corev1.NodeReady; (condition.Status == corev1.ConditionTrue) != healthy {
				t.Errorf("node %s says %s of %s", node.Name, condition.Status, condition.Type)
			}
		}
	}
	if len(c.nodes) != want {
		t.Errorf("there are %d nodes, want %d", len(c.nodes), want)
	}
}

// What the report of 2018-01-18 says of the node, and of who was on it.
func TestRedditHugIsTheIncident(t *testing.T) {
	const guilty = "gke-prod-a-ssd-pool-972e4826-2fhq"
	c := seen(t, "reddit-hug")
	c.allReady(t, 14)
	running, hugged, failed, ingress, ingressReady := 0, 0, 0, 0, 0
	fluentd, latest := "", map[bool]time.Time{}
	for _, pod := range c.pods {
		since, ready := readySince(pod)
		here := pod.Spec.NodeName == guilty
		switch {
		case isUser(pod) && pod.Status.Phase == corev1.PodRunning:
			running++
			if strings.Contains(pod.Name, "googlemusic") {
				hugged++
			}
			if since.After(latest[here]) {
				latest[here] = since
			}
		case isUser(pod) && pod.Status.Phase == corev1.PodFailed && here:
			failed++
		case strings.HasPrefix(pod.Name, "prod-nginx-ingress-controller"):
			ingress++
			if ready {
				ingressReady++
			}
			if ready == here {
				t.Errorf("ingress pod %s on %s: ready is %t", pod.Name, pod.Spec.NodeName, ready)
			}
		case looping(pod) != nil:
			fluentd += pod.Namespace + "/" + pod.Name + " on " + pod.Spec.NodeName
		}
	}
	if want := "kube-system/fluentd-gcp-v2.0.9-68p79 on " + guilty; fluentd != want {
		t.Errorf("of what is no ingress, %q crashes, want %q", fluentd, want)
	}
	if running != 600 || hugged < 290 || hugged > 310 {
		t.Errorf("%d users, %d of them from reddit; want 600 and about 300", running, hugged)
	}
	if ingress != 10 || ingressReady != 7 || failed < 10 {
		t.Errorf("%d of %d ingress pods are ready, %d user pods failed there; want 7 of 10 and a dozen", ingressReady, ingress, failed)
	}
	if here, elsewhere := now.Sub(latest[true]), now.Sub(latest[false]); here < 2*time.Hour || elsewhere > 10*time.Minute {
		t.Errorf("the last user pod became ready %s ago on the node, %s ago elsewhere", here, elsewhere)
	}
}

// What the report of 2017-11-30 says of the two nodes.
func TestOOMProxyIsTheIncident(t *testing.T) {
	const guilty, other = "gke-prod-a-default-pool-6ab3d8ec-0h28", "gke-prod-a-default-pool-6ab3d8ec-jsv7"
	c := seen(t, "oom-proxy")
	c.allReady(t, 6)
	crashing, killed := map[string]int{}, map[string]int{}
	for _, pod := range c.pods {
		crashing[pod.Spec.NodeName] += len(looping(pod))
		if ended := pod.Status.ContainerStatuses[0].State.Terminated; ended != nil && ended.Reason == "OOMKilled" {
			killed[pod.Spec.NodeName]++
		}
	}
	if crashing[guilty] < 4 || crashing[other] != 1 || killed[guilty] < 4 {
		t.Errorf("crashing containers: %v, pods out of memory: %v", crashing, killed)
	}
	found := false
	for _, event := range c.events {
		found = found || event.Reason == "OOMKilling" && event.InvolvedObject.Name == guilty && event.Source.Component == "kernel-monitor" &&
			strings.HasPrefix(event.Message, "Memory cgroup out of memory: Kill process 8339 (python) score 1576 or sacrific") &&
			now.Sub(event.LastTimestamp.Time) == 58*time.Minute
	}
	if !found {
		t.Error("the kernel's event is missing")
	}
}

// On an ordinary day no node stands out.
func TestAnOrdinaryDayIsHealthy(t *testing.T) {
	c := seen(t, "ordinary-day")
	c.allReady(t, 6)
	failed := map[string]int{}
	for _, pod := range c.pods {
		if names := looping(pod); names != nil {
			t.Errorf("%s crashes: %v", pod.Name, names)
		}
		if pod.Status.Phase == corev1.PodFailed {
			failed[pod.Spec.NodeName]++
		}
	}
	for node, count := range failed {
		if count > 3 {
			t.Errorf("%d pods failed on %s", count, node)
		}
	}
	if len(failed) < 4 {
		t.Errorf("pods failed on %d nodes only", len(failed))
	}
}

func TestCrashingContainersOfIncidentsHaveLeftLogs(t *testing.T) {
	for _, name := range []string{"reddit-hug", "oom-proxy"} {
		c := seen(t, name)
		for _, pod := range c.pods {
			for _, container := range looping(pod) {
				if log := c.logOf(pod, container); len(log.Previous.Text) == 0 || len(log.Current.Text) == 0 {
					t.Errorf("%s: container %s of %s has no log", name, container, pod.Name)
				}
			}
		}
	}
}

// logOf finds a container's log as a kubelet does.
func (c cluster) logOf(pod *corev1.Pod, container string) Log {
	for _, log := range c.logs {
		if log.Namespace == pod.Namespace && (log.Pod == "" || log.Pod == pod.Name) && log.Container == container {
			return log
		}
	}
	return Log{}
}

// Events expire after an hour, so only pods that started since have those of
// their start: four each.
func TestPodsOfTheLastHourHaveTheEventsOfTheirStart(t *testing.T) {
	c := seen(t, "scale")
	events := map[string]int{}
	for _, event := range c.events {
		events[event.InvolvedObject.Name]++
		if event.EventTime.IsZero() == event.LastTimestamp.IsZero() {
			t.Fatalf("event %s has both kinds of times, or none", event.Name)
		}
	}
	users := 0
	for _, pod := range c.pods {
		if !isUser(pod) {
			continue
		}
		users++
		want := 0
		if now.Sub(pod.CreationTimestamp.Time) <= time.Hour {
			want = 4
		}
		if events[pod.Name] != want {
			t.Fatalf("%s has %d events, want %d", pod.Name, events[pod.Name], want)
		}
	}
	if share := float64(len(c.events)) / float64(users); share < 0.4 || share > 0.5 {
		t.Errorf("there are %.2f events a user pod, want 0.4 or a little more", share)
	}
}
