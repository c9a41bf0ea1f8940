package nodes_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// What a node says of itself, and what its lease says of it.
func TestEvidenceOfNodes(t *testing.T) {
	t.Parallel()
	expectEvidence(t, []evidence{
		{"nothing", func(*fleet) {}, map[nodes.Clue]float64{}},
		{"not ready", func(f *fleet) {
			condition(corev1.NodeReady, corev1.ConditionUnknown, 3*minute)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.NotReady: 20}},
		{"not ready, and so its lease is old and its other conditions unknown", func(f *fleet) {
			condition(corev1.NodeReady, corev1.ConditionUnknown, 3*minute)(f.nodes[0])
			condition(corev1.NodeMemoryPressure, corev1.ConditionUnknown, 3*minute)(f.nodes[0])
			f.lease("node-0", 4*minute)
		}, map[nodes.Clue]float64{nodes.NotReady: 20}},
		{"not ready yet", func(f *fleet) {
			f.nodes[0].CreationTimestamp = before(2 * minute)
			condition(corev1.NodeReady, corev1.ConditionFalse, 2*minute)(f.nodes[0])
		}, map[nodes.Clue]float64{}},
		{"silent kubelet", func(f *fleet) { f.lease("node-0", 45*time.Second) }, map[nodes.Clue]float64{nodes.SilentKubelet: 12}},
		{"kubelet late by a beat", func(f *fleet) { f.lease("node-0", 25*time.Second) }, map[nodes.Clue]float64{}},
		{"disk pressure", func(f *fleet) {
			condition(corev1.NodeDiskPressure, corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.Pressure: 10}},
		{"kernel deadlock", func(f *fleet) {
			condition("KernelDeadlock", corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.KernelProblem: 12}},
		{"two of node-problem-detector's", func(f *fleet) {
			condition("ReadonlyFilesystem", corev1.ConditionTrue, hour)(f.nodes[0])
			condition("FrequentContainerdRestart", corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.KernelProblem: 16}},
		{"a monitor nobody knows", func(f *fleet) {
			condition("TooManyGhosts", corev1.ConditionTrue, hour)(f.nodes[0])
			condition("NetworkingHealthy", corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.OtherCondition: 2}},
		{"being drained, on purpose", func(f *fleet) {
			condition(corev1.NodeDrainInProgress, corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{}},
		{"came back", func(f *fleet) {
			condition(corev1.NodeReady, corev1.ConditionTrue, 20*minute)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.CameBack: 3}},
		{"five days old", func(f *fleet) { f.nodes[0].CreationTimestamp = before(120 * hour) }, map[nodes.Clue]float64{nodes.OldAge: 0.5, nodes.CameBack: 0}},
	})
}
