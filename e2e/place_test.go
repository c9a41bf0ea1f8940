package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// placePrefix begins the names of the namespaces of tests that share a control
// plane.
const placePrefix = "at-"

// place is a namespace of a control plane, and an operator who works there.
type place struct {
	*gameDay
	*operator
	namespace string
}

// sharedPlace is a namespace of the shared control plane, with what the scenario
// says in it. Its nodes, <namespace>-0 and -1, and two repositories are there
// already unless the scenario names its own.
func sharedPlace(t *testing.T, scenario string) *place {
	t.Helper()
	day, err := sharedOnce()
	if err != nil {
		t.Fatal(err)
	}
	name := strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(strings.TrimPrefix(t.Name(), "Test"), "-"))
	return newPlace(t, day, placePrefix+name, scenario)
}

const commonScenario = `
title: %[1]s
namespace: %[1]s
seed: 7
`

const commonNodes = `
nodes:
- {pool: %[1]s, count: 2, labels: {hub.jupyter.org/node-purpose: user}, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
`

// stillNodes are two nodes, and one where nothing moves. A pod that is to be
// replaced has to be there: KWOK deletes by name alone, and now and then the
// successor of the pod it means.
const stillNodes = `
nodes:
- {pool: NAMESPACE, count: 2, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
- {pool: NAMESPACE-still, count: 1, annotations: {gameday.binderctl/kubelet: dead}, allocatable: {cpu: "64", memory: 512Gi, pods: 500}, age: 2d}
`

// still is the one pod on the node where nothing moves.
func (p *place) still(t *testing.T) string {
	t.Helper()
	names := p.pods(t, func(pod *corev1.Pod) bool { return pod.Spec.NodeName == p.namespace+"-still-0" })
	if len(names) != 1 {
		t.Fatalf("%q are on the node where nothing moves, want one", names)
	}
	return names[0]
}

const commonRepos = `
repos:
- {url: https://github.com/ipython/ipython-in-depth, weight: 3}
- {url: https://github.com/bokeh/bokeh-notebooks}
`

func newPlace(t *testing.T, day *gameDay, namespace, scenario string) *place {
	t.Helper()
	head := commonScenario
	if !strings.Contains("\n"+scenario, "\nnodes:") {
		head += commonNodes
	}
	if !strings.Contains("\n"+scenario, "\nrepos:") {
		head += commonRepos
	}
	day.load(t, fmt.Sprintf(head, namespace)+strings.ReplaceAll(scenario, "NAMESPACE", namespace))
	return placeIn(t, day, namespace)
}

// placeIn is a namespace that is there already.
func placeIn(t *testing.T, day *gameDay, namespace string) *place {
	t.Helper()
	kubeconfig := day.kubeconfigFor(t, func(s *settings) { s.namespace = namespace })
	return &place{day, newOperator(t, kubeconfig), namespace}
}

// settings are what tests change in a kubeconfig.
type settings struct {
	server    string
	authority []byte
	namespace string
	token     string
}

// kubeconfigFor writes a variant of the admin's kubeconfig.
func (d *gameDay) kubeconfigFor(t *testing.T, change func(*settings)) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(d.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	current := config.Contexts[config.CurrentContext]
	cluster, user := config.Clusters[current.Cluster], config.AuthInfos[current.AuthInfo]
	s := settings{cluster.Server, cluster.CertificateAuthorityData, current.Namespace, user.Token}
	change(&s)
	cluster.Server, cluster.CertificateAuthorityData, current.Namespace, user.Token = s.server, s.authority, s.namespace, s.token
	path := writeFile(t, "kubeconfig", "")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// pods are the names of the pods in the place that are wanted; nil wants all.
func (p *place) pods(t *testing.T, want func(*corev1.Pod) bool) []string {
	t.Helper()
	names := []string{}
	all := p.all(t)
	for i := range all {
		if want == nil || want(&all[i]) {
			names = append(names, all[i].Name)
		}
	}
	return names
}

// users are the names of the user pods in the place.
func (p *place) users(t *testing.T) []string {
	t.Helper()
	return p.pods(t, isUser)
}

// due chooses, of pods that were seen earlier, those that a policy asks for at
// a moment.
func due(pods []corev1.Pod, at time.Time, policy func(pod *corev1.Pod, age time.Duration) bool) []string {
	var names []string
	for i := range pods {
		if policy(&pods[i], at.Sub(pods[i].CreationTimestamp.Time)) {
			names = append(names, pods[i].Name)
		}
	}
	return names
}

// between checks that a choice that was made at some time between two moments
// has all that was due at the first, and nothing that was not at the second.
func between(t *testing.T, what string, got, first, second []string) {
	t.Helper()
	for _, name := range first {
		if !slices.Contains(got, name) {
			t.Errorf("%s: %q is missing", what, name)
		}
	}
	for _, name := range got {
		if !slices.Contains(second, name) {
			t.Errorf("%s: %q is one too many", what, name)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// all are the pods in the place.
func (p *place) all(t *testing.T) []corev1.Pod {
	t.Helper()
	list, err := p.kube.CoreV1().Pods(p.namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func isUser(pod *corev1.Pod) bool { return pod.Labels["component"] == "singleuser-server" }

// delete has somebody else delete a pod at once.
func (p *place) delete(t *testing.T, name string) {
	t.Helper()
	if err := p.deletePod(name); err != nil {
		t.Fatal(err)
	}
}

func (p *place) deletePod(name string) error {
	return p.kube.CoreV1().Pods(p.namespace).Delete(context.Background(), name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
}

// replace has another pod take a pod's name, in all else its like.
func (p *place) replace(t *testing.T, name string) *corev1.Pod {
	t.Helper()
	pods := p.kube.CoreV1().Pods(p.namespace)
	pod, err := pods.Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.delete(t, name)
	twin := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.namespace, Labels: pod.Labels, Annotations: pod.Annotations},
		Spec:       pod.Spec,
	}
	made, err := pods.Create(context.Background(), twin, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// update changes a pod's status.
func (p *place) update(t *testing.T, name string, change func(*corev1.Pod)) {
	t.Helper()
	ctx, pods := context.Background(), p.kube.CoreV1().Pods(p.namespace)
	pod, err := pods.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	change(pod)
	if _, err := pods.UpdateStatus(ctx, pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// writeHome writes a file in the operator's home, where binderctl runs.
func writeHome(t *testing.T, p *place, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.home, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replaceFirst replaces a part of a text that must be there.
func replaceFirst(t *testing.T, text, old, instead string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q in %s", old, excerpt(text))
	}
	return strings.Replace(text, old, instead, 1)
}
