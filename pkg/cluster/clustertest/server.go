// Package clustertest is a Kubernetes API server for tests, small enough to
// read: it lists, watches and deletes pods over HTTP as the real one does,
// where client-go's fake clientset does not. It has pages and streamed lists,
// resource versions that expire, UID preconditions, dry runs and finalizers.
//
// It knows pods, nodes and what keeps pods where they are, and has no
// controllers.
package clustertest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Namespace is where pods are that do not say.
const Namespace = "binder"

// Now is the time in every test's cluster, by its own clock too.
func Now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// Server is a running API server. Its methods may be called at any time.
type Server struct {
	tb   testing.TB
	http *httptest.Server

	mu        sync.Mutex
	handler   http.Handler
	streams   bool
	lingering bool
	version   int64
	pods      map[types.NamespacedName]*corev1.Pod
	nodes     map[string]*corev1.Node
	budgets   []*policyv1.PodDisruptionBudget
	services  []*corev1.Service
	history   []change
	forgotten int64         // what happened up to this version is not told any more
	changed   chan struct{} // closed, and made anew, when something happens
}

// change is something that happened to a pod.
type change struct {
	version int64
	kind    watch.EventType
	pod     *corev1.Pod
	before  *corev1.Pod // nil if it was not there
}

// Start runs a server with these pods until the test ends.
func Start(tb testing.TB, pods ...*corev1.Pod) *Server {
	tb.Helper()
	s := &Server{
		tb: tb, streams: true, version: 100, changed: make(chan struct{}),
		pods: map[types.NamespacedName]*corev1.Pod{}, nodes: map[string]*corev1.Node{},
	}
	s.handler = s.routes()
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		handler := s.handler
		s.mu.Unlock()
		w.Header().Set("Date", Now().Format(http.TimeFormat))
		handler.ServeHTTP(w, r)
	}))
	tb.Cleanup(func() {
		s.http.CloseClientConnections() // or an open watch would be waited for
		s.http.Close()
	})
	for _, pod := range pods {
		s.Create(pod)
	}
	return s
}

// URL is where the server is.
func (s *Server) URL() string { return s.http.URL }

// Client is a client of the server, made by cluster.Connect, for a namespace.
// Its clock stands at Now.
func (s *Server) Client(namespace string) *cluster.Client {
	s.tb.Helper()
	return s.Connect(namespace, "", cluster.Options{Now: Now})
}

// Connect is Client with a request time-out ("" is none) and options.
func (s *Server) Connect(namespace, timeout string, opts cluster.Options) *cluster.Client {
	s.tb.Helper()
	config := clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"test": {Server: s.http.URL}},
		Contexts:       map[string]*clientcmdapi.Context{"test": {Cluster: "test", Namespace: namespace}},
		CurrentContext: "test",
	}
	client, err := cluster.Connect(clientcmd.NewDefaultClientConfig(config, &clientcmd.ConfigOverrides{Timeout: timeout}), opts)
	if err != nil {
		s.tb.Fatal(err)
	}
	return client
}

// Wrap puts a handler around the server's own, to see requests or to answer
// some of them otherwise.
func (s *Server) Wrap(around func(next http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = around(s.handler)
}

// NoStreams makes a server from before lists could be streamed.
func (s *Server) NoStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams = false
}

// Linger makes deleted pods stay, terminating, until Remove takes them away, as
// on a node whose kubelet is slow.
func (s *Server) Linger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lingering = true
}

// Forget drops what happened until now: a watch that wants to hear of it is
// told that its resource version expired.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history, s.forgotten = nil, s.version
}

// Disconnect breaks every connection.
func (s *Server) Disconnect() { s.http.CloseClientConnections() }

// AddNode makes a node known.
func (s *Server) AddNode(node *corev1.Node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodes[node.Name] = node
}

// Create adds a pod. What it lacks of a namespace, a UID and a creation time
// is filled in.
func (s *Server) Create(pod *corev1.Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pod = pod.DeepCopy()
	if pod.Namespace == "" {
		pod.Namespace = Namespace
	}
	if pod.UID == "" {
		pod.UID = types.UID("uid-of-" + pod.Name)
	}
	if pod.CreationTimestamp.IsZero() {
		pod.CreationTimestamp = metav1.NewTime(Now())
	}
	s.note(watch.Added, pod)
}

// Update changes a pod.
func (s *Server) Update(namespace, name string, change func(pod *corev1.Pod)) {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	pod, ok := s.pods[types.NamespacedName{Namespace: namespace, Name: name}]
	if !ok {
		s.tb.Errorf("no pod %s in namespace %s", name, namespace)
		return
	}
	pod = pod.DeepCopy()
	change(pod)
	s.note(watch.Modified, pod)
}

// Remove takes a pod away, finalizers or not. A pod that is not there is none
// of its business.
func (s *Server) Remove(namespace, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pod, ok := s.pods[types.NamespacedName{Namespace: namespace, Name: name}]; ok {
		s.note(watch.Deleted, pod.DeepCopy())
	}
}

// Pod is a pod as it is now, or nil if there is none.
func (s *Server) Pod(namespace, name string) *corev1.Pod {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pods[types.NamespacedName{Namespace: namespace, Name: name}].DeepCopy()
}

// note makes a change happen and tells the watches. The server is locked.
func (s *Server) note(kind watch.EventType, pod *corev1.Pod) {
	s.version++
	pod.ResourceVersion = strconv.FormatInt(s.version, 10)
	key := types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
	before := s.pods[key]
	if kind == watch.Deleted {
		delete(s.pods, key)
	} else {
		s.pods[key] = pod
	}
	s.history = append(s.history, change{s.version, kind, pod, before})
	close(s.changed)
	s.changed = make(chan struct{})
}
