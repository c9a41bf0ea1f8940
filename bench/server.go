package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/clientcmd"
)

// protobuf is how a fast client talks to the API server.
const protobuf = "application/vnd.kubernetes.protobuf"

// server is the API server as the barest of clients sees it.
type server struct {
	kube      *kubernetes.Clientset
	meta      metadata.Interface // a tenth of the bytes, so that this program stays small
	namespace string
}

func connect() (*server, error) {
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, err
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	config.ContentType, config.AcceptContentTypes = protobuf, protobuf
	kube, err := kubernetes.NewForConfig(config)
	return &server{kube, meta, namespace}, err
}

// pods are the pods of the namespace, to be read.
func (s *server) pods() metadata.ResourceInterface {
	return s.meta.Resource(corev1.SchemeGroupVersion.WithResource(string(corev1.ResourcePods))).Namespace(s.namespace)
}

func (s *server) countPods(ctx context.Context) (int64, error) {
	page, err := s.kube.CoreV1().Pods("").List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return 0, fmt.Errorf("is a game day up? %w", err)
	}
	return length(page.ListMeta, len(page.Items)), nil
}

// fetchRaw reads the list of all pods as protobuf and looks at none of it.
func (s *server) fetchRaw(ctx context.Context) (cost, error) {
	began := time.Now()
	body, err := s.kube.CoreV1().RESTClient().Get().Resource("pods").SetHeader("Accept", protobuf).Stream(ctx)
	if err != nil {
		return cost{}, err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, body)
	return cost{wall: time.Since(began)}, err
}

// names are the names of n pods.
func (s *server) names(ctx context.Context, n int) ([]string, error) {
	page, err := s.pods().List(ctx, metav1.ListOptions{Limit: int64(n), LabelSelector: "component=singleuser-server"})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(page.Items))
	for i := range page.Items {
		names[i] = page.Items[i].Name
	}
	if len(names) < n {
		return nil, fmt.Errorf("%d pods are left, %d are needed", len(names), n)
	}
	return names, nil
}

// bareInFlight is how many requests the bare loop has under way: 32 to 128 give
// the most deletes a second.
const bareInFlight = 64

// deleteBare deletes pods as fast as the server takes it, without any care.
func (s *server) deleteBare(ctx context.Context, names []string) (cost, error) {
	work := make(chan string)
	errs := make(chan error, bareInFlight)
	began := time.Now()
	var workers sync.WaitGroup
	for range bareInFlight {
		workers.Go(func() {
			for name := range work {
				if err := s.kube.CoreV1().Pods(s.namespace).Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	workers.Wait()
	close(errs)
	return cost{wall: time.Since(began)}, <-errs
}

// settle waits until pods are gone.
func (s *server) settle(ctx context.Context, names []string) error {
	left := make(map[string]bool, len(names))
	for _, name := range names {
		left[name] = true
	}
	return wait.PollUntilContextTimeout(ctx, time.Second, settleTime, true, func(ctx context.Context) (bool, error) {
		pods, err := s.pods().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
		if err != nil {
			return false, err
		}
		return !slices.ContainsFunc(pods.Items, func(pod metav1.PartialObjectMetadata) bool { return left[pod.Name] }), nil
	})
}

// settleTime is how long the simulated kubelets may take to end a thousand pods.
const settleTime = 3 * time.Minute
