package nodes

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Budget is a PodDisruptionBudget.
type Budget struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Allows    int    `json:"disruptionsAllowed"` // now

	selector labels.Selector
	unready  bool // it does not hold back pods that are not ready
}

// String names the budget.
func (b Budget) String() string { return b.Namespace + "/" + b.Name }

// chooses reports whether a pod falls under the budget.
func (b Budget) chooses(namespace string, set labels.Set) bool {
	return b.Namespace == namespace && b.selector.Matches(set)
}

// holdsBack reports whether the budget keeps a pod where it is, as the API server
// decides: a pod that has not run yet is always evicted, and one that is not
// ready if the budget lets it go.
func (b Budget) holdsBack(t Tenant) bool {
	return b.Allows <= 0 && b.chooses(t.Namespace, t.labels) && t.Phase != corev1.PodPending && (t.ready || !b.unready)
}

// letsUnreadyGo reports whether a budget does not hold back pods that are not
// ready: by its policy or, by the default one, because without them there are as
// many as there should be. A policy that is not known lets none go.
func letsUnreadyGo(budget *policyv1.PodDisruptionBudget) bool {
	how := policyv1.IfHealthyBudget
	if given := budget.Spec.UnhealthyPodEvictionPolicy; given != nil {
		how = *given
	}
	switch status := budget.Status; how {
	case policyv1.AlwaysAllow:
		return true
	case policyv1.IfHealthyBudget:
		return status.DesiredHealthy > 0 && status.CurrentHealthy >= status.DesiredHealthy
	default:
		return false
	}
}

// readBudgets lists all budgets; known is false if the operator may not read
// them.
func readBudgets(ctx context.Context, c *cluster.Client) (list []Budget, known bool, err error) {
	found, err := c.Kube.PolicyV1().PodDisruptionBudgets("").List(ctx, metav1.ListOptions{})
	switch {
	case apierrors.IsForbidden(err):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("list disruption budgets: %w", err)
	}
	for i := range found.Items {
		one := &found.Items[i]
		selector, err := metav1.LabelSelectorAsSelector(one.Spec.Selector)
		if err != nil { // then the API server goes without it, too
			continue
		}
		list = append(list, Budget{one.Namespace, one.Name, int(one.Status.DisruptionsAllowed), selector, letsUnreadyGo(one)})
	}
	return list, true, nil
}

// TightBudget is a budget that allows no disruption now, and the pods that it
// would keep where they are.
type TightBudget struct {
	Budget
	Pods []string `json:"pods"`
}

// tightBudgets finds the budgets that would hold back pods of a plan.
func tightBudgets(budgets []Budget, tenants []Tenant) []TightBudget {
	tight := []TightBudget{}
	for _, budget := range budgets {
		var held []string
		for _, t := range tenants {
			if (t.Verdict == Moves || t.Verdict == Ends) && budget.holdsBack(t) {
				held = append(held, t.Name)
			}
		}
		if len(held) > 0 {
			tight = append(tight, TightBudget{budget, held})
		}
	}
	return tight
}

// budgetsOf are the budgets that a pod falls under.
func budgetsOf(budgets []Budget, t Tenant) []Budget {
	var chosen []Budget
	for _, budget := range budgets {
		if budget.chooses(t.Namespace, t.labels) {
			chosen = append(chosen, budget)
		}
	}
	return chosen
}
