package world

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/scenario/scenariotest"
	"github.com/binderctl/binderctl/gameday/scenarios"
)

var now = time.Date(2018, 7, 8, 21, 25, 0, 0, time.UTC)

func made(t *testing.T, name string) *World {
	t.Helper()
	world, err := Build(scenariotest.Read(t, name), now)
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func TestEveryEmbeddedScenarioFits(t *testing.T) {
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			names := map[string]bool{}
			for object := range made(t, name).Aged() {
				if key := object.GetNamespace() + "/" + object.GetName(); names[key] {
					if _, isPod := object.(*corev1.Pod); isPod {
						t.Errorf("two pods are called %s", key)
					}
				} else {
					names[key] = true
				}
			}
		})
	}
}

func TestTheSameScenarioMakesTheSameWorld(t *testing.T) {
	dump := func() string {
		var out strings.Builder
		for object := range made(t, "too-many-pods").Aged() {
			content, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(content)
		}
		return out.String()
	}
	if dump() != dump() {
		t.Error("two worlds of one scenario differ")
	}
}

// What the report of 2018-07-08 says of that evening.
func TestTooManyPodsIsTheIncident(t *testing.T) {
	phases, culled := map[corev1.PodPhase]int{}, 0
	for object := range made(t, "too-many-pods").Aged() {
		pod, ok := object.(*corev1.Pod)
		if !ok || pod.Labels["component"] != "singleuser-server" {
			continue
		}
		phases[pod.Status.Phase]++
		age := now.Sub(pod.CreationTimestamp.Time)
		hot := strings.Contains(pod.Name, "ipython-2din-2ddepth")
		if age > 4*time.Hour || hot && age > time.Hour {
			culled++
		}
	}
	if phases[corev1.PodRunning] != 737 || phases[corev1.PodPending] != 240 {
		t.Errorf("user pods are %v, want 737 Running and 240 Pending", phases)
	}
	if culled < 550 || culled > 650 {
		t.Errorf("the cull of that evening takes %d pods, want about 600", culled)
	}
}

func TestUserPodsAreAsLargeAsRealOnes(t *testing.T) {
	for object := range made(t, "scale").Aged() {
		pod, ok := object.(*corev1.Pod)
		if !ok || pod.Labels["component"] != "singleuser-server" {
			continue
		}
		if size := pod.Size(); size < 3000 || size > 5500 {
			t.Errorf("%s has %d bytes", pod.Name, size)
		}
		if !strings.Contains(pod.String(), binderhub.SecretPrefix) {
			t.Errorf("%s holds no secret that could leak", pod.Name)
		}
		return
	}
}

func TestAPendingPodThatFitsIsRefused(t *testing.T) {
	described := scenariotest.Read(t, "cluster-full")
	described.UserPods[0].Count--
	_, err := Build(described, now)
	if err == nil || !strings.Contains(err.Error(), "has room for it") {
		t.Errorf("got %v, want that a node has room", err)
	}
}

func TestARunningPodThatDoesNotFitIsRefused(t *testing.T) {
	described := scenariotest.Read(t, "cluster-full")
	described.UserPods[0].Count++
	_, err := Build(described, now)
	if err == nil || !strings.Contains(err.Error(), "no node has room") {
		t.Errorf("got %v, want that no node has room", err)
	}
}

func TestTheReadmesExampleIsAScenario(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README has no example")
	}
	described, err := scenario.Decode("README.md", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Build(described, now); err != nil {
		t.Error(err)
	}
}
