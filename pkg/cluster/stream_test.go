package cluster_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// names is a sink that keeps the pods' names.
type names struct {
	resets int
	pods   []string
}

func (n *names) Reset()              { n.resets, n.pods = n.resets+1, nil }
func (n *names) Add(pod *corev1.Pod) { n.pods = append(n.pods, pod.Name) }
func (n *names) sorted() []string    { return slices.Sorted(slices.Values(n.pods)) }

// crowd is more pods than go on two pages.
func crowd() (pods []*corev1.Pod, all []string) {
	for i := range 1100 {
		pod := clustertest.UserPod(fmt.Sprintf("jupyter-%04d", i), "", time.Hour)
		pods, all = append(pods, pod), append(all, pod.Name)
	}
	return pods, all
}

func TestReadPodsIsComplete(t *testing.T) {
	t.Parallel()
	pods, all := crowd()
	for name, tc := range map[string]struct {
		streams  bool
		requests int64
	}{
		"streamed": {true, 1},
		"in pages": {false, 1 + 3}, // it has to ask to know
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := clustertest.Start(t, pods...)
			if !tc.streams {
				server.NoStreams()
			}
			client := server.Client(clustertest.Namespace)
			sink := &names{}
			version, err := client.ReadPods(t.Context(), cluster.PodQuery{}, sink)
			if err != nil || version == "" {
				t.Fatalf("version %q, %v", version, err)
			}
			if diff := cmp.Diff(all, sink.sorted()); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
			if got := client.Requests(); got != tc.requests {
				t.Errorf("%d requests, want %d", got, tc.requests)
			}
		})
	}
}

func TestReadPodsAsksForWhatIsWanted(t *testing.T) {
	t.Parallel()
	elsewhere := clustertest.UserPod("elsewhere", "", time.Hour)
	elsewhere.Namespace = "other"
	pending := clustertest.UserPod("pending", "", time.Hour)
	pending.Spec.NodeName, pending.Status.Phase = "", corev1.PodPending
	pods := []*corev1.Pod{elsewhere, pending, clustertest.UserPod("user", "", time.Hour), clustertest.BuildPod("build", "", time.Hour)}
	for name, tc := range map[string]struct {
		query cluster.PodQuery
		want  []string
	}{
		"everything":  {cluster.PodQuery{}, []string{"build", "elsewhere", "pending", "user"}},
		"a namespace": {cluster.PodQuery{Namespace: clustertest.Namespace}, []string{"build", "pending", "user"}},
		"a kind":      {cluster.PodQuery{Selector: cluster.BuildSelector}, []string{"build"}},
		"a node":      {cluster.PodQuery{Namespace: clustertest.Namespace, Fields: "spec.nodeName=node-1"}, []string{"build", "user"}},
		"a phase":     {cluster.PodQuery{Selector: cluster.UserSelector, Fields: "status.phase=Pending"}, []string{"pending"}},
	} {
		for _, streams := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, streamed %v", name, streams), func(t *testing.T) {
				t.Parallel()
				server := clustertest.Start(t, pods...)
				if !streams {
					server.NoStreams()
				}
				sink := &names{}
				if _, err := server.Client("").ReadPods(t.Context(), tc.query, sink); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, sink.sorted()); diff != "" {
					t.Errorf("pods (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A pod that is read is the pod that is there, as far as binderctl looks.
func TestReadPodsKeepsWhatTells(t *testing.T) {
	t.Parallel()
	for _, streams := range []bool{true, false} {
		t.Run(fmt.Sprintf("streamed %v", streams), func(t *testing.T) {
			t.Parallel()
			pod := clustertest.UserPod("jupyter-owner-name-ab12cd34", "https://github.com/owner/name", time.Hour)
			server := clustertest.Start(t, pod)
			if !streams {
				server.NoStreams()
			}
			sink := &keeper{}
			if _, err := server.Client("").ReadPods(t.Context(), cluster.PodQuery{}, sink); err != nil || len(sink.pods) != 1 {
				t.Fatalf("%d pods, %v", len(sink.pods), err)
			}
			got := sink.pods[0]
			if diff := cmp.Diff(cluster.RepoOf(pod), cluster.RepoOf(got)); diff != "" {
				t.Errorf("repository (-want +got):\n%s", diff)
			}
			if got.UID != pod.UID || !got.CreationTimestamp.Equal(&pod.CreationTimestamp) || cluster.Doubt(got) != "" || cluster.Image(got) != cluster.Image(pod) {
				t.Errorf("the pod read is not the one that is there: %+v", got.ObjectMeta)
			}
		})
	}
}

type keeper struct{ pods []*corev1.Pod }

func (k *keeper) Reset()              { k.pods = nil }
func (k *keeper) Add(pod *corev1.Pod) { k.pods = append(k.pods, pod) }

// pages is a fake client whose list has two pages, the second of which fails
// with each of errs in turn before it succeeds.
func pages(errs ...error) *cluster.Client {
	kube := fake.NewClientset()
	kube.PrependReactor("list", "pods", func(action kubetesting.Action) (bool, runtime.Object, error) {
		pod := func(name string) corev1.Pod { return corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}} }
		if opts := action.(kubetesting.ListActionImpl).ListOptions; opts.Continue == "" {
			return true, &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "2"}, Items: []corev1.Pod{pod("first")}}, nil
		}
		if len(errs) > 0 {
			err := errs[0]
			errs = errs[1:]
			return true, nil, err
		}
		return true, &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "7"}, Items: []corev1.Pod{pod("second")}}, nil
	})
	return &cluster.Client{Kube: kube, Now: time.Now}
}

func TestReadPodsWhenAPageFails(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no"))
	expired := apierrors.NewResourceExpired("too old")
	busy := apierrors.NewServiceUnavailable("starting")
	for name, tc := range map[string]struct {
		errs   []error
		begun  int
		failed error
	}{
		"never":                      {nil, 1, nil},
		"for the list expired":       {[]error{expired}, 2, nil},
		"for the server was busy":    {[]error{busy, busy}, 3, nil},
		"for the server stays busy":  {[]error{busy, busy, busy}, 3, busy},
		"for a reason that stays so": {[]error{forbidden}, 1, forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sink := &names{}
				version, err := pages(tc.errs...).ReadPods(t.Context(), cluster.PodQuery{Namespace: "binder"}, sink)
				if sink.resets != tc.begun {
					t.Errorf("the list was begun %d times, want %d", sink.resets, tc.begun)
				}
				if tc.failed != nil {
					if !errors.Is(err, tc.failed) || version != "" || !strings.HasPrefix(err.Error(), "list pods in namespace binder: ") {
						t.Errorf("version %q, error %v", version, err)
					}
					return
				}
				if diff := cmp.Diff([]string{"first", "second"}, sink.pods); diff != "" || err != nil || version != "7" {
					t.Errorf("version %q, error %v, pods (-want +got):\n%s", version, err, diff)
				}
			})
		})
	}
}

// A connection that breaks in the middle of a stream must not leave half a
// list, nor some of it twice.
func TestReadPodsBeginsABrokenStreamAnew(t *testing.T) {
	t.Parallel()
	pods, all := crowd()
	server := clustertest.Start(t, pods...)
	var broken atomic.Bool
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !broken.Swap(true) {
				w = &breaking{ResponseWriter: w, left: 400}
			}
			next.ServeHTTP(w, r)
		})
	})
	sink := &names{}
	if _, err := server.Client("").ReadPods(t.Context(), cluster.PodQuery{}, sink); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, sink.sorted()); diff != "" || sink.resets != 2 {
		t.Errorf("begun %d times, pods (-want +got):\n%s", sink.resets, diff)
	}
}

// breaking breaks the connection after so many writes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		_ = http.NewResponseController(b.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return b.ResponseWriter.Write(p)
}

func (b *breaking) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func TestReadPodsOfASilentServer(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t)
	server.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	})
	client := server.Connect("", "100ms", cluster.Options{Now: clustertest.Now})
	_, err := client.ReadPods(t.Context(), cluster.PodQuery{}, &names{})
	host := strings.TrimPrefix(client.Where.Server, "http://")
	if !errors.Is(err, cluster.ErrSilent) || !strings.Contains(err.Error(), "no answer from "+host+" within 100ms") {
		t.Errorf("error %v, want one that names %s", err, host)
	}
}
