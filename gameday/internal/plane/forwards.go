package plane

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"
)

// The ports on which a hub pod and a proxy pod serve their APIs, as the Helm
// chart of JupyterHub has them.
const (
	hubAPIPort   = 8081
	proxyAPIPort = 8001
	proxyPort    = 8000
	binderPort   = 8585 // as BinderHub's has it
)

// writeForwards returns KWOK's objects by which a port-forward to a pod of the
// namespace reaches the game day's Hub, proxy and BinderHub on this machine, as documents
// of YAML.
func writeForwards(namespace string, picked ports) ([]string, error) {
	forwards := v1alpha1.ClusterPortForward{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.ClusterPortForwardKind},
		ObjectMeta: metav1.ObjectMeta{Name: "hub"},
		Spec: v1alpha1.ClusterPortForwardSpec{
			Selector: &v1alpha1.ObjectSelector{MatchNamespaces: []string{namespace}},
			Forwards: []v1alpha1.Forward{
				forward(hubAPIPort, picked.hub), forward(proxyAPIPort, picked.proxy),
				forward(proxyPort, picked.public), forward(binderPort, picked.binder),
			},
		},
	}
	document, err := yaml.Marshal(forwards)
	if err != nil {
		return nil, fmt.Errorf("write KWOK's forwards: %w", err)
	}
	return []string{string(document)}, nil
}

func forward(from int32, to int) v1alpha1.Forward {
	return v1alpha1.Forward{
		Ports:  []int32{from},
		Target: &v1alpha1.ForwardTarget{Address: "127.0.0.1", Port: int32(to)},
	}
}
