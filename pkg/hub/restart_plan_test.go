package hub

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func TestPlanRestartOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pods []*corev1.Pod
		want string // or an error's text
		fail bool
	}{
		"one that is ready":      {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue)}, "hub-1", false},
		"one that is not ready":  {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionFalse)}, "hub-1", false},
		"none":                   {nil, "there is no Hub", true},
		"two":                    {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue), hubPod("hub-2", corev1.ConditionTrue)}, "there are 2 (hub-1, hub-2)", true},
		"one beside one evicted": {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue), evicted("hub-0")}, "hub-1", false},
		"one beside another's":   {[]*corev1.Pod{hubPod("hub-1", corev1.ConditionTrue), anothers("selenium-hub")}, "hub-1", false},
		"one that was evicted":   {[]*corev1.Pod{evicted("hub-0")}, "there is no Hub", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := clustertest.Start(t, tc.pods...).Client(clustertest.Namespace)
			plan, err := PlanRestart(t.Context(), client, Options{})
			if tc.fail {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want %s", err, tc.want)
				}
				return
			}
			if err != nil || plan.Pod != tc.want {
				t.Errorf("%+v, %v", plan, err)
			}
			if plan.Grave() == "" {
				t.Error("that nothing is known of the Hub's deployment is no concern")
			}
		})
	}
}

func evicted(name string) *corev1.Pod {
	pod := hubPod(name, corev1.ConditionFalse)
	pod.Status.Phase, pod.Status.Reason = corev1.PodFailed, "Evicted"
	return pod
}

// anothers is the pod of other software that has a hub, too.
func anothers(name string) *corev1.Pod {
	pod := hubPod(name, corev1.ConditionTrue)
	pod.Labels["app"] = "selenium"
	return pod
}

// Where JupyterHub's pod has gone, another software's is all that is left.
func TestPlanRestartOfAnotherSoftware(t *testing.T) {
	t.Parallel()
	plan, err := PlanRestart(t.Context(), clustertest.Start(t, anothers("selenium-hub")).Client(clustertest.Namespace), Options{})
	if err != nil || !strings.Contains(plan.Grave(), "may be no JupyterHub's") {
		t.Errorf("%q, %v", plan.Grave(), err)
	}
}

func TestConcerns(t *testing.T) {
	t.Parallel()
	settings := func(change func(*Settings)) Settings {
		s := Defaults()
		s.Read = true
		change(&s)
		return s
	}
	for name, tc := range map[string]struct {
		settings Settings
		unread   error
		grave    string
	}{
		"none":            {settings(func(*Settings) {}), nil, ""},
		"not read":        {Defaults(), errors.New("forbidden"), "cannot be read"},
		"no values":       {Defaults(), nil, "does not hold"},
		"cleans up":       {settings(func(s *Settings) { s.CleanupServers = true }), nil, "ends every session"},
		"keeps it in RAM": {settings(func(s *Settings) { s.Database = "sqlite-memory" }), nil, "forgets every session"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := RestartPlan{Settings: tc.settings}
			plan.MayEnd = plan.aboutSessions(tc.unread)
			plan.Concerns = plan.concernForSessions()
			if got := plan.Grave(); got != plan.MayEnd || (got == "") != (tc.grave == "") || !strings.Contains(got, tc.grave) {
				t.Errorf("grave: %q, want %q", got, tc.grave)
			}
		})
	}
}
