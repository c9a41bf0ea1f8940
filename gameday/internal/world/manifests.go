package world

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// readManifests takes over what the scenario writes in full, and its services.
func (w *World) readManifests() error {
	for i, manifest := range w.scenario.Manifests {
		object := &unstructured.Unstructured{Object: manifest}
		if object.GetKind() == "" || object.GetAPIVersion() == "" || object.GetName() == "" {
			return fmt.Errorf("read manifests[%d]: it needs apiVersion, kind and metadata.name", i)
		}
		w.created = append(w.created, object)
	}
	for i, raw := range w.scenario.RawObjects {
		object, err := w.readRaw(raw)
		if err != nil {
			return fmt.Errorf("read rawObjects[%d]: %w", i, err)
		}
		w.aged = append(w.aged, object)
	}
	for _, service := range w.scenario.Services {
		w.created = append(w.created, makeService(w.scenario.Namespace, service))
	}
	return nil
}

// readRaw gives an object only what etcd cannot do without: it may be as odd as
// a test wants it.
func (w *World) readRaw(raw scenario.Object) (Object, error) {
	content := &unstructured.Unstructured{Object: raw}
	kind := content.GroupVersionKind()
	typed, err := scheme.Scheme.New(kind)
	if err != nil {
		return nil, fmt.Errorf("find kind: %w", err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(raw, typed, true); err != nil {
		return nil, fmt.Errorf("read %s: %w", kind.Kind, err)
	}
	object, ok := typed.(Object)
	if !ok || object.GetName() == "" {
		return nil, fmt.Errorf("read %s: it needs metadata.name", kind.Kind)
	}
	if created := object.GetCreationTimestamp(); created.IsZero() {
		object.SetCreationTimestamp(metav1.NewTime(w.now))
	}
	object.SetUID(cmp.Or(object.GetUID(), w.uid(kind.Kind, object.GetNamespace(), object.GetName())))
	return object, nil
}

func makeService(namespace string, described scenario.Service) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: described.Name, Namespace: namespace},
		Spec: corev1.ServiceSpec{
			Selector: described.Selector,
			Ports:    []corev1.ServicePort{{Port: described.Port, TargetPort: intstr.FromInt32(described.Target)}},
		},
	}
}
