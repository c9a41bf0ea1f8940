package plane

import (
	"context"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/gameday/internal/credentials"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

// Cluster is a game day's API server, seen with all rights.
type Cluster struct {
	Client  kubernetes.Interface
	dynamic dynamic.Interface
}

// Connect returns the cluster of the game day in dir.
func Connect(dir state.Dir) (*Cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", dir.InternalKubeconfig())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	config.QPS = -1
	anyKind, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	typed := rest.CopyConfig(config)
	typed.ContentType = runtime.ContentTypeProtobuf
	client, err := kubernetes.NewForConfig(typed)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &Cluster{Client: client, dynamic: anyKind}, nil
}

// letAdminIn binds the admin to the role that operators commonly have.
func (c *Cluster) letAdminIn(ctx context.Context) error {
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "gameday-admin"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: credentials.Admin}},
	}
	_, err := c.Client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("bind admin: %w", err)
	}
	return nil
}

// Create has the API server create objects of any kinds; those that are there
// already stay as they are.
func (c *Cluster) Create(ctx context.Context, objects []world.Object) error {
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.Client.Discovery()))
	for _, object := range objects {
		kind := object.GetObjectKind().GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return fmt.Errorf("create %s %s: %w", kind.Kind, object.GetName(), err)
		}
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			return fmt.Errorf("create %s %s: %w", kind.Kind, object.GetName(), err)
		}
		resource := c.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace())
		_, err = resource.Create(ctx, &unstructured.Unstructured{Object: content}, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create %s %s: %w", kind.Kind, object.GetName(), err)
		}
	}
	return nil
}

// allNodesHeld checks that KWOK has taken charge of all nodes that are not to
// be dead: before that, it ignores their pods.
func (c *Cluster) allNodesHeld(ctx context.Context) error {
	nodes, err := c.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	leases, err := c.Client.CoordinationV1().Leases(corev1.NamespaceNodeLease).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list node leases: %w", err)
	}
	held := map[string]coordinationv1.Lease{}
	for _, lease := range leases.Items {
		held[lease.Name] = lease
	}
	for _, node := range nodes.Items {
		if _, ok := held[node.Name]; !ok && node.Annotations[world.KubeletAnnotation] != world.KubeletDead {
			return fmt.Errorf("node %s has no kubelet yet", node.Name)
		}
	}
	return nil
}
