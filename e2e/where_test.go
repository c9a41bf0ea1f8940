package e2e

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// findNamespace has binderctl find out where the Hub is when nobody says.
func findNamespace(t *testing.T, p *place) {
	nowhere := newOperator(t, p.kubeconfigFor(t, func(s *settings) { s.namespace = "" }))
	r := nowhere.run(t, "pods", "list").exits(0).says(`using namespace prod, where the Hub runs`)
	if len(r.rows()) != 977 {
		r.failf("%d pods, want 977", len(r.rows()))
	}

	// A JupyterHub beside it is no BinderHub. With two of those it is for the
	// operator to say which.
	ctx := context.Background()
	second := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "staging"}}
	if _, err := p.kube.CoreV1().Namespaces().Create(ctx, second, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	add := func(app, component string) {
		t.Helper()
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: component, Labels: map[string]string{"app": app, "component": component}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: component, Image: component}}},
		}
		if _, err := p.kube.CoreV1().Pods("staging").Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	add("jupyterhub", "hub")
	nowhere.run(t, "pods", "list").exits(0).says(`using namespace prod`)
	add("binder", "binder")
	nowhere.run(t, "pods", "list").exits(2).printsNothing().
		says(`several namespaces have a Hub, so name one with -n: prod, staging`)
	nowhere.run(t, "pods", "cull", "--older-than", "1h", "--yes").exits(2).printsNothing().says(`name one with -n`)
	nowhere.journalEvents(t)
	nowhere.run(t, "-n", "staging", "pods", "list").exits(0).says(`no pods match in namespace staging`)
}
