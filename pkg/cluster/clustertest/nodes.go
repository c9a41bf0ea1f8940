package clustertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

// Node is a node that takes pods, of a pool ("" is none).
func Node(name, pool string) *corev1.Node {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-of-" + name), ResourceVersion: "1"},
		Status: corev1.NodeStatus{
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
			Allocatable: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("8"), corev1.ResourceMemory: resource.MustParse("50Gi"),
				corev1.ResourcePods: resource.MustParse("110"),
			},
		},
	}
	if pool != "" {
		node.Labels = map[string]string{"cloud.google.com/gke-nodepool": pool}
	}
	return node
}

// UpdateNode changes a node, as somebody else would.
func (s *Server) UpdateNode(name string, change func(node *corev1.Node)) {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	node, ok := s.nodes[name]
	if !ok {
		s.tb.Errorf("no node %s", name)
		return
	}
	node = node.DeepCopy()
	change(node)
	s.version++
	node.ResourceVersion = strconv.FormatInt(s.version, 10)
	s.nodes[name] = node
}

// RemoveNode takes a node away. Its pods stay until Remove: there is no
// controller to take them.
func (s *Server) RemoveNode(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.nodes, name)
}

// Node is a node as it is now, or nil if there is none.
func (s *Server) Node(name string) *corev1.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nodes[name].DeepCopy()
}

// AddBudget makes a disruption budget for pods with a label, which allows so
// many disruptions from now on.
func (s *Server) AddBudget(name, app string, allowed int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.budgets = append(s.budgets, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}},
		Status:     policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: allowed},
	})
}

// Allow changes how many disruptions a budget allows.
func (s *Server) Allow(name string, allowed int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, budget := range s.budgets {
		if budget.Name == name {
			budget.Status.DisruptionsAllowed = allowed
		}
	}
}

// AddService makes a service for pods with a label.
func (s *Server) AddService(name, app string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services = append(s.services, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": app}},
	})
}

func (s *Server) listNodes(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := &corev1.NodeList{TypeMeta: metav1.TypeMeta{Kind: "NodeList", APIVersion: "v1"}}
	for _, name := range slices.Sorted(maps.Keys(s.nodes)) {
		list.Items = append(list.Items, *s.nodes[name].DeepCopy())
	}
	answer(w, http.StatusOK, list)
}

func (s *Server) listBudgets(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := &policyv1.PodDisruptionBudgetList{TypeMeta: metav1.TypeMeta{Kind: "PodDisruptionBudgetList", APIVersion: "policy/v1"}}
	for _, budget := range s.budgets {
		list.Items = append(list.Items, *budget.DeepCopy())
	}
	answer(w, http.StatusOK, list)
}

func (s *Server) listServices(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := &corev1.ServiceList{TypeMeta: metav1.TypeMeta{Kind: "ServiceList", APIVersion: "v1"}}
	for _, service := range s.services {
		list.Items = append(list.Items, *service.DeepCopy())
	}
	answer(w, http.StatusOK, list)
}

// daemonSet is there, whichever is asked for, unless its name is "deleted".
func (s *Server) daemonSet(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name == "deleted" {
		Refuse(w, apierrors.NewNotFound(appsv1.Resource("daemonsets"), name))
		return
	}
	answer(w, http.StatusOK, &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{Kind: "DaemonSet", APIVersion: "apps/v1"},
		ObjectMeta: metav1.ObjectMeta{Namespace: r.PathValue("namespace"), Name: name},
	})
}

func (s *Server) pod(w http.ResponseWriter, r *http.Request) {
	if pod := s.Pod(r.PathValue("namespace"), r.PathValue("name")); pod != nil {
		answer(w, http.StatusOK, pod)
		return
	}
	Refuse(w, apierrors.NewNotFound(corev1.Resource("pods"), r.PathValue("name")))
}

// patchNode does what a merge patch of ours asks for, if the node still is the
// one that it is about.
func (s *Server) patchNode(w http.ResponseWriter, r *http.Request) {
	var patch struct {
		Metadata struct {
			UID             types.UID          `json:"uid"`
			ResourceVersion string             `json:"resourceVersion"`
			Annotations     map[string]*string `json:"annotations"`
		} `json:"metadata"`
		Spec struct {
			Unschedulable *bool `json:"unschedulable"`
		} `json:"spec"`
	}
	name := r.PathValue("name")
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil {
		Refuse(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	node, ok := s.nodes[name]
	switch {
	case !ok:
		Refuse(w, apierrors.NewNotFound(corev1.Resource("nodes"), name))
		return
	case patch.Metadata.UID != node.UID, patch.Metadata.ResourceVersion != node.ResourceVersion:
		Refuse(w, apierrors.NewConflict(corev1.Resource("nodes"), name, errors.New("the object has been modified")))
		return
	}
	node = node.DeepCopy()
	for key, value := range patch.Metadata.Annotations {
		if value == nil {
			delete(node.Annotations, key)
			continue
		}
		if node.Annotations == nil {
			node.Annotations = map[string]string{}
		}
		node.Annotations[key] = *value
	}
	node.Spec.Unschedulable = patch.Spec.Unschedulable != nil && *patch.Spec.Unschedulable
	if r.URL.Query().Get("dryRun") == "" {
		s.version++
		node.ResourceVersion = strconv.FormatInt(s.version, 10)
		s.nodes[name] = node
	}
	answer(w, http.StatusOK, node.DeepCopy())
}

// evict removes a pod, unless a budget forbids it.
func (s *Server) evict(w http.ResponseWriter, r *http.Request) {
	name := types.NamespacedName{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}
	eviction := &policyv1.Eviction{}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		_, _, err = scheme.Codecs.UniversalDeserializer().Decode(body, nil, eviction)
	}
	if err != nil {
		Refuse(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pod, ok := s.pods[name]
	options := eviction.DeleteOptions
	switch {
	case !ok:
		Refuse(w, apierrors.NewNotFound(corev1.Resource("pods"), name.Name))
		return
	case options != nil && options.Preconditions != nil && *options.Preconditions.UID != pod.UID:
		Refuse(w, apierrors.NewConflict(corev1.Resource("pods"), name.Name, errNamesake))
		return
	}
	dryRun := options != nil && len(options.DryRun) > 0
	if refusal := s.guard(pod, dryRun); refusal != nil {
		Refuse(w, refusal)
		return
	}
	if !dryRun {
		s.end(pod.DeepCopy(), &metav1.DeleteOptions{})
	}
	answer(w, http.StatusCreated, &metav1.Status{Status: metav1.StatusSuccess})
}

// guard is what the budgets say to an eviction. The server is locked.
func (s *Server) guard(pod *corev1.Pod, dryRun bool) *apierrors.StatusError {
	var chosen []*policyv1.PodDisruptionBudget
	for _, budget := range s.budgets {
		selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
		if err == nil && budget.Namespace == pod.Namespace && selector.Matches(labels.Set(pod.Labels)) {
			chosen = append(chosen, budget)
		}
	}
	switch {
	case len(chosen) > 1:
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusInternalServerError,
			Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
		}}
	case len(chosen) == 1 && chosen[0].Status.DisruptionsAllowed <= 0:
		refusal := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
		refusal.ErrStatus.Details.Causes = append(refusal.ErrStatus.Details.Causes, metav1.StatusCause{
			Type:    policyv1.DisruptionBudgetCause,
			Message: fmt.Sprintf("The disruption budget %s needs 1 healthy pods and has 1 currently", chosen[0].Name),
		})
		return refusal
	case len(chosen) == 1 && !dryRun:
		chosen[0].Status.DisruptionsAllowed--
	}
	return nil
}
