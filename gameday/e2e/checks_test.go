package e2e

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	users   = "component=singleuser-server"
	running = "status.phase=Running"
	pending = "status.phase=Pending"
)

func list(t *testing.T, client kubernetes.Interface, fields string) []corev1.Pod {
	t.Helper()
	pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: users, FieldSelector: fields})
	if err != nil {
		t.Fatal(err)
	}
	return pods.Items
}

func checkAges(t *testing.T, client kubernetes.Interface) {
	pods := list(t, client, running)
	if len(pods) != 5 {
		t.Fatalf("%d user pods run, want 5", len(pods))
	}
	var oldest time.Duration
	for _, pod := range pods {
		oldest = max(oldest, time.Since(pod.CreationTimestamp.Time))
		if !strings.Contains(pod.String(), "gdsecret-") {
			t.Errorf("pod %s holds no secret that could leak", pod.Name)
		}
	}
	if oldest < 9*time.Hour || oldest > 10*time.Hour {
		t.Errorf("the oldest is %s old, want 9h", oldest)
	}
}

func checkPending(t *testing.T, client kubernetes.Interface) {
	for _, pod := range list(t, client, pending) {
		if pod.Spec.NodeName != "" || pod.Status.Conditions[0].Reason != corev1.PodReasonUnschedulable {
			t.Errorf("pod %s is not unschedulable: %+v", pod.Name, pod.Status)
		}
	}
}

func checkRaw(t *testing.T, day gameday, client kubernetes.Interface) {
	day.must(t, "load", "testdata/odd.yaml")
	eventually(t, "see the loaded pod", func(ctx context.Context) (bool, error) {
		pod, err := client.CoreV1().Pods(namespace).Get(ctx, "odd", metav1.GetOptions{ResourceVersion: "0"})
		return err == nil && pod.UID != "" && pod.Status.StartTime == nil &&
			pod.CreationTimestamp.Year() == 2018 && pod.Annotations["note"] == "\x1b[31mred\x1b[0m", err
	})
}

// checkRecovery makes room for the pending pods and sees the real scheduler use
// it.
func checkRecovery(t *testing.T, day gameday, client kubernetes.Interface) {
	victims := list(t, client, running)[:3]
	for _, pod := range victims {
		if err := client.CoreV1().Pods(namespace).Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "see the deleted pod go", func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Pods(namespace).Get(ctx, victims[0].Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err), err
	})
	eventually(t, "see the pending pods run", func(context.Context) (bool, error) {
		return len(list(t, client, pending)) == 0 && len(list(t, client, running)) == 4, nil
	})
	if out, code := day.run(t.Context(), t, "status", "-o", "json"); code != 0 || !strings.Contains(out, `"recovered": true`) {
		t.Errorf("status after the recovery exited with %d: %s", code, out)
	}
}

// checkRestarts takes components away and gives them back.
func checkRestarts(t *testing.T, day gameday, client kubernetes.Interface) {
	day.must(t, "stop", "apiserver")
	if _, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{}); err == nil {
		t.Error("a stopped API server answers")
	}
	day.must(t, "start", "apiserver")
	day.must(t, "stop", "kwok")
	victim := list(t, client, running)[0].Name
	if err := client.CoreV1().Pods(namespace).Delete(t.Context(), victim, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if pod, err := client.CoreV1().Pods(namespace).Get(t.Context(), victim, metav1.GetOptions{}); err != nil || pod.DeletionTimestamp == nil {
		t.Errorf("without kubelets the deleted pod is not terminating: %v", err)
	}
	day.must(t, "start", "kwok")
	eventually(t, "see the terminating pod go", func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Pods(namespace).Get(ctx, victim, metav1.GetOptions{})
		return apierrors.IsNotFound(err), err
	})
}

// A supervisor that is killed outright takes everything with it, even a process
// that is paused.
func TestNothingOutlivesTheSupervisor(t *testing.T) {
	day := newGameday(t)
	day.must(t, "up", "testdata/small.yaml", "--quiet")
	day.must(t, "pause", "scheduler")
	if err := syscall.Kill(day.supervisor(t), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "see all processes end", func(context.Context) (bool, error) {
		return len(day.processes(t)) == 0, nil
	})
}

// An up that is interrupted leaves nothing.
func TestAnInterruptedUpLeavesNothing(t *testing.T) {
	day := newGameday(t)
	command := day.start(t, "up", "testdata/small.yaml")
	eventually(t, "see the API server start", func(context.Context) (bool, error) {
		return strings.Contains(strings.Join(day.processes(t), ""), "component apiserver"), nil
	})
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil || command.ProcessState.ExitCode() != 130 {
		t.Errorf("the interrupted up ended with %v, want exit code 130", err)
	}
	if left := day.processes(t); len(left) > 0 {
		t.Errorf("the interrupted up left these running: %q", left)
	}
}
