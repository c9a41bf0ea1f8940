package nodes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func podReadiness(status corev1.ConditionStatus) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}
	}
}

// A budget that allows nothing holds back what the API server would not evict:
// it does evict pods that never ran and, depending on the budget's policy, those
// that are not ready.
func TestTightBudgets(t *testing.T) {
	t.Parallel()
	pods := []*corev1.Pod{
		with(podOn("a", "Deployment", "web", "ready"), podReadiness(corev1.ConditionTrue)),
		with(podOn("a", "Deployment", "web", "broken"), podReadiness(corev1.ConditionFalse)),
		with(with(podOn("a", "Deployment", "web", "pending"), podReadiness(corev1.ConditionFalse)), phase(corev1.PodPending)),
		with(podOn("a", "Deployment", "web", "silent"), podReadiness(corev1.ConditionUnknown)),
	}
	for name, tc := range map[string]struct {
		policy           policyv1.UnhealthyPodEvictionPolicyType // "" is not given
		allows           int32
		healthy, desired int32
		held             []string
	}{
		"that allows some":                        {"", 1, 2, 1, nil},
		"whose workload is broken anyway":         {"", 0, 1, 2, []string{"broken", "ready", "silent"}},
		"whose workload has just what it needs":   {"", 0, 1, 1, []string{"ready"}},
		"likewise, said in words":                 {policyv1.IfHealthyBudget, 0, 1, 1, []string{"ready"}},
		"that nothing has been counted for":       {"", 0, 0, 0, []string{"broken", "ready", "silent"}},
		"that lets whatever is broken go at once": {policyv1.AlwaysAllow, 0, 1, 2, []string{"ready"}},
		// Of a policy that nobody knows, the API's documentation asks for caution.
		"with a policy that is not of today's": {"Sometimes", 0, 1, 1, []string{"broken", "ready", "silent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			budget := &policyv1.PodDisruptionBudget{}
			budget.Namespace, budget.Name = clustertest.Namespace, "web"
			budget.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
			if tc.policy != "" {
				budget.Spec.UnhealthyPodEvictionPolicy = &tc.policy
			}
			budget.Status = policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: tc.allows, CurrentHealthy: tc.healthy, DesiredHealthy: tc.desired}
			objects := []runtime.Object{clustertest.Node("a", ""), budget}
			for _, pod := range pods {
				objects = append(objects, pod.DeepCopy())
			}
			client := &cluster.Client{Kube: fake.NewClientset(objects...), Now: clustertest.Now}
			plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy(UsersWait), "me", "")
			if err != nil {
				t.Fatal(err)
			}
			var held []string
			for _, tight := range plan.Budgets {
				held = append(held, tight.Pods...)
			}
			if diff := cmp.Diff(tc.held, held); diff != "" {
				t.Errorf("held back (-want +got):\n%s", diff)
			}
		})
	}
}
