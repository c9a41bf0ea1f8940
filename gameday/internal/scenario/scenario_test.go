package scenario

import (
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/gameday/scenarios"
)

func TestEveryEmbeddedScenarioDecodes(t *testing.T) {
	for _, name := range scenarios.Names() {
		content, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(name, content); err != nil {
			t.Error(err)
		}
	}
}

func TestMistakesNameTheirPosition(t *testing.T) {
	const head = "title: T\nnamespace: n\n"
	for _, test := range []struct{ name, text, want string }{
		{"unknown field", head + "nodez: []\n", "line 3: field nodez not found"},
		{"unknown nested field", head + "repos:\n  - {url: u, brunch: x}\n", "line 4: field brunch not found"},
		{"duration", head + "recovered:\n  - says: x\n    userPods: {olderThan: 6 hours}\n", "line 5, column 27: \"6 hours\" is not a duration"},
		{"age", head + "repos: [{url: u}]\nuserPods:\n  - {count: 1, age: 9h-4h}\n", "line 5, column 21: \"9h-4h\" ends before it begins"},
		{"quantity", head + "buildPods:\n  - requests: {memory: lots}\n", "line 4, column 24: \"lots\" is not a quantity"},
		{"missing count", head + "repos: [{url: u}]\nuserPods:\n  - age: 1h\n", "line 5, column 5: userPods[0].count: 0 is less than 1"},
		{"phase", head + "repos: [{url: u}]\nuserPods:\n  - {count: 1, phase: Runing}\n", "line 5, column 23: userPods[0].phase: \"Runing\" is none of"},
		{"repo", head + "repos: [{url: u}]\nuserPods:\n  - {count: 1, repo: v}\n", "line 5, column 22: userPods[0].repo: \"v\" is not among repos"},
		{"pool", head + "repos: [{url: u}]\nuserPods:\n  - {count: 1, pool: p}\n", "there is no pool \"p\""},
		{"gone at once", head + "repos: [{url: u}]\nuserPods:\n  - {count: 1, terminatingFor: 1h}\n", "without finalizers"},
		{"where", head + "workloads:\n  - {kind: Deployment, name: w, labels: {a: b}, containers: [{name: c, image: i}], where: [{pool: p, pods: 2}]}\n", "2 pods are more than there are replicas"},
		{"sick pool", head + "workloads:\n  - {kind: DaemonSet, name: w, labels: {a: b}, containers: [{name: c, image: i, sick: [{pool: p}]}]}\n", "line 4, column 95: workloads[0].containers[0].sick[0].pool: there is no pool \"p\""},
		{"unknown field of sick", head + "workloads:\n  - {kind: Pod, name: w, containers: [{name: c, sick: [{illness: x}]}]}\n", "field illness not found"},
		{"no previous log", head + "workloads:\n  - {kind: Pod, name: w, labels: {a: b}, containers: [{name: c, image: i, sick: [{previousLogs: [x]}]}]}\n", "without lastDeath there was none before"},
		{"role", head + "workloads:\n  - {kind: Pod, name: w, labels: {a: b}, containers: [{name: c, image: i, role: helper}]}\n", "\"helper\" is none of"},
		{"update", head + "workloads:\n  - {kind: DaemonSet, name: w, labels: {a: b}, containers: [{name: c, image: i, newImage: j}]}\n", "only a Deployment is updated"},
		{"about", head + "events:\n  - {about: {userPods: Failed, buildPods: Failed}, type: Warning, reason: R}\n", "events[0].about: exactly one"},
		{"condition", head + "recovered:\n  - says: x\n", "line 4, column 5: recovered[0]: exactly one"},
		{"title", "namespace: n\n", "title: it is missing"},
		{"two documents", head + "---\n" + head, "more than one document"},
		{"empty", "", "it is empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode("f.yaml", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	_, err := Decode("f.yaml", []byte("namespace: N\nkubespawner: \"5\"\n"))
	for _, want := range []string{"title", "namespace", "kubespawner"} {
		if !strings.Contains(err.Error(), want+": ") {
			t.Errorf("%v does not mention %s", err, want)
		}
	}
}

func TestAgesAreSpreadFromTheOldest(t *testing.T) {
	ages := Ages{From: time.Hour, To: 3 * time.Hour}
	for i, want := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Hour} {
		if got := ages.At(i, 3); got != want {
			t.Errorf("At(%d, 3) = %s, want %s", i, got, want)
		}
	}
}

func TestScaleKeepsProportions(t *testing.T) {
	s := &Scenario{
		Nodes:    []NodePool{{Pool: "core", Count: 1}, {Pool: "user", Count: 8}},
		UserPods: []UserPods{{Count: 30}, {Count: 10}, {Count: 10}},
	}
	s.Scale(101, 20)
	total := 0
	for _, group := range s.UserPods {
		total += group.Count
	}
	if total != 101 || s.UserPods[0].Count != 60 || s.Nodes[0].Count != 1 || s.Nodes[1].Count != 20 {
		t.Errorf("got %+v %+v", s.UserPods, s.Nodes)
	}
}
