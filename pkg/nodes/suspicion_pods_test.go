package nodes_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// Pods that do not get on: they do not start, do not go, or fail.
func TestEvidenceOfPods(t *testing.T) {
	t.Parallel()
	expectEvidence(t, []evidence{
		{"an image that cannot be pulled there", func(f *fleet) {
			f.user("node-0", 10*minute, waiting("ImagePullBackOff"))
		}, map[nodes.Clue]float64{nodes.PullFailed: 1.5}},
		{"an image that cannot be pulled anywhere", func(f *fleet) {
			f.user("node-0", 10*minute, waiting("ImagePullBackOff"))
			f.user("node-1", 10*minute, waiting("ErrImagePull"))
		}, map[nodes.Clue]float64{}},
		{"a pod that waits for its containers", func(f *fleet) {
			f.user("node-0", 8*minute, waiting("ContainerCreating"))
		}, map[nodes.Clue]float64{nodes.StuckCreating: 2}},
		{"a pod whose init container works for long", func(f *fleet) {
			f.service("db", "db-0", "node-0", 8*minute, waiting("PodInitializing"), initContainer(corev1.ContainerState{
				Running: &corev1.ContainerStateRunning{},
			}))
		}, map[nodes.Clue]float64{}},
		{"a pod between two init containers", func(f *fleet) {
			f.service("db", "db-0", "node-0", 8*minute, waiting("PodInitializing"), initContainer(corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: before(minute)},
			}))
		}, map[nodes.Clue]float64{}},
		{"a pod that waits long after its init container", func(f *fleet) {
			f.service("db", "db-0", "node-0", hour, waiting("PodInitializing"), initContainer(corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: before(8 * minute)},
			}))
		}, map[nodes.Clue]float64{nodes.StuckCreating: 2}},
		{"a pod that was evicted lately, though it is old", func(f *fleet) {
			f.user("node-0", 5*hour, failed("Error", minute), func(p *corev1.Pod) { p.Status.Reason = "Evicted" })
		}, map[nodes.Clue]float64{nodes.PodEvicted: 3}},
		{"a pod that was evicted lately, of which no container tells", func(f *fleet) {
			f.user("node-0", 5*hour, failed("Error", 0), func(p *corev1.Pod) {
				p.Status.Reason, p.Status.ContainerStatuses = "Evicted", nil
				p.Status.Conditions[1].LastTransitionTime = before(minute)
			})
		}, map[nodes.Clue]float64{nodes.PodEvicted: 3}},
		{"a pod that was evicted long ago", func(f *fleet) {
			f.user("node-0", 5*hour, failed("Error", 3*hour), func(p *corev1.Pod) { p.Status.Reason = "Evicted" })
		}, map[nodes.Clue]float64{}},
		{"a pod that began to wait", func(f *fleet) { f.user("node-0", 4*minute, waiting("ContainerCreating")) }, map[nodes.Clue]float64{}},
		{"pods that wait on a new node", func(f *fleet) {
			f.nodes[0].CreationTimestamp = before(10 * minute)
			condition(corev1.NodeReady, corev1.ConditionTrue, 9*minute)(f.nodes[0])
			f.users(5, "node-0", 8*minute, waiting("ContainerCreating"))
			f.users(5, "node-1", 8*minute)
		}, map[nodes.Clue]float64{}},
		{"a pod that does not go", func(f *fleet) { f.user("node-0", hour, terminating(2*minute)) }, map[nodes.Clue]float64{nodes.StuckEnding: 2}},
		{"a pod that a finalizer holds", func(f *fleet) {
			f.user("node-0", hour, terminating(2*minute, "example.org/wait"))
		}, map[nodes.Clue]float64{}},
		{"a pod in its grace period", func(f *fleet) { f.user("node-0", hour, terminating(-20*time.Second)) }, map[nodes.Clue]float64{}},
		{"users fail there", func(f *fleet) {
			f.users(6, "node-0", 20*minute, failed("Error", 19*minute), f.variously())
			for i := range 9 {
				f.users(10, fmt.Sprintf("node-%d", i+1), hour)
			}
		}, map[nodes.Clue]float64{nodes.UsersFailed: 6.5}},
		{"users of one broken repository fail there", func(f *fleet) {
			for i := range 10 {
				f.users(10, fmt.Sprintf("node-%d", i), hour, f.variously())
			}
			f.users(15, "node-0", 20*minute, failed("Error", 19*minute))
			f.user("node-0", 20*minute, failed("Error", 19*minute), f.variously())
		}, map[nodes.Clue]float64{}},
		{"users of the one repository that is there fail", func(f *fleet) {
			f.users(15, "node-0", 20*minute, failed("Error", 19*minute))
			for i := range 9 {
				f.users(50, fmt.Sprintf("node-%d", i+1), hour, f.variously())
			}
		}, map[nodes.Clue]float64{}},
		{"users fail everywhere", func(f *fleet) {
			for i := range 10 {
				f.users(6, fmt.Sprintf("node-%d", i), 20*minute, failed("Error", 19*minute))
			}
		}, map[nodes.Clue]float64{}},
		{"users run out of their own memory there", func(f *fleet) {
			f.users(6, "node-0", 20*minute, failed("OOMKilled", 19*minute), f.variously())
			f.users(60, "node-1", hour)
		}, map[nodes.Clue]float64{}},
		{"nothing starts there", func(f *fleet) {
			f.users(4, "node-0", 4*minute, waiting("ContainerCreating"), f.variously())
			for i := range 9 {
				f.users(2, fmt.Sprintf("node-%d", i+1), 4*minute)
			}
		}, map[nodes.Clue]float64{nodes.NothingStarts: 6}},
		{"one repository does not start there", func(f *fleet) {
			f.users(4, "node-0", 4*minute, waiting("ContainerCreating"))
			for i := range 9 {
				f.users(2, fmt.Sprintf("node-%d", i+1), 4*minute, f.variously())
			}
		}, map[nodes.Clue]float64{}},
	})
}
