package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// threePods are a user's, a build and one elsewhere.
func threePods(t *testing.T) *clustertest.Server {
	t.Helper()
	elsewhere := clustertest.UserPod("elsewhere", "", time.Hour)
	elsewhere.Namespace = "other"
	return clustertest.Start(t, clustertest.UserPod("user", "", time.Hour), clustertest.BuildPod("build", "", time.Hour), elsewhere)
}

// lists notes the paths of requests, and refuses one of them.
func lists(s *clustertest.Server, refused string) func() []string {
	var mu sync.Mutex
	var paths []string
	s.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			paths = append(paths, r.URL.Path)
			mu.Unlock()
			if r.URL.Path == refused {
				clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("pods"), "", nil))
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(paths)
	}
}

// queries are what three readers want, and what each is to be given.
func queries() []cluster.PodQuery {
	return []cluster.PodQuery{{Detail: true}, {Namespace: clustertest.Namespace}, {Namespace: clustertest.Namespace, Selector: cluster.UserSelector}}
}

// readAll has each of the queries read side by side.
func readAll(ctx context.Context, c *cluster.Client) (found [][]string, errs []error) {
	var reading sync.WaitGroup
	found, errs = make([][]string, len(queries())), make([]error, len(queries()))
	for i, q := range queries() {
		reading.Go(func() {
			sink := &names{}
			_, errs[i] = c.ReadPods(ctx, q, sink)
			found[i] = sink.sorted()
		})
	}
	reading.Wait()
	return found, errs
}

// TestSharedReadsOnce gives everybody what they asked for of one list, and those who
// come later one of their own.
func TestSharedReadsOnce(t *testing.T) {
	t.Parallel()
	s := threePods(t)
	asked := lists(s, "")
	c := s.Client(clustertest.Namespace).Shared(t.Context(), cluster.Readers{Pods: 3})
	found, errs := readAll(t.Context(), c)
	if diff := cmp.Diff([][]string{{"build", "elsewhere", "user"}, {"build", "user"}, {"user"}}, found); diff != "" || errors.Join(errs...) != nil {
		t.Error(diff, errs)
	}
	if diff := cmp.Diff([]string{"/api/v1/pods"}, asked()); diff != "" {
		t.Error(diff)
	}
	for _, q := range queries()[2:] {
		if _, err := c.ReadPods(t.Context(), q, &names{}); err != nil || len(asked()) != 2 {
			t.Errorf("later: %v, %v", err, asked())
		}
	}
}

// TestSharedWithoutRights gives those who want the namespace alone a list of that.
func TestSharedWithoutRights(t *testing.T) {
	t.Parallel()
	s := threePods(t)
	s.NoStreams()
	asked := lists(s, "/api/v1/pods")
	c := s.Client(clustertest.Namespace).Shared(t.Context(), cluster.Readers{Pods: 3})
	found, errs := readAll(t.Context(), c)
	if diff := cmp.Diff([][]string{{"build", "user"}, {"user"}}, found[1:]); diff != "" || errs[1] != nil || errs[2] != nil || !apierrors.IsForbidden(errs[0]) {
		t.Error(diff, errs)
	}
	here := slices.DeleteFunc(asked(), func(path string) bool { return path == "/api/v1/pods" })
	if len(here) != 2 { // as a stream, and as a page
		t.Errorf("%v", here)
	}
}

// TestSharedOneGivesUp lets the others go on without whoever waits no longer, and
// leaves that one's sink alone.
func TestSharedOneGivesUp(t *testing.T) {
	t.Parallel()
	s := threePods(t)
	c := s.Client(clustertest.Namespace).Shared(t.Context(), cluster.Readers{Pods: 4})
	leaving, leave := context.WithCancelCause(t.Context())
	bored := errors.New("bored")
	leave(bored)
	gone := &names{}
	if _, err := c.ReadPods(leaving, cluster.PodQuery{}, gone); !errors.Is(err, bored) {
		t.Errorf("%v", err)
	}
	found, errs := readAll(t.Context(), c)
	if len(found[0]) != 3 || errors.Join(errs...) != nil || gone.resets != 0 {
		t.Error(found, errs, gone)
	}
}

// TestSharedLeavesOthersAlone reads by itself what is not the shared list.
func TestSharedLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	s := threePods(t)
	c := s.Client(clustertest.Namespace).Shared(t.Context(), cluster.Readers{Pods: 2})
	for _, q := range []cluster.PodQuery{{Namespace: "other"}, {Fields: "metadata.name=elsewhere"}} {
		sink := &names{}
		if _, err := c.ReadPods(t.Context(), q, sink); err != nil || !slices.Equal(sink.pods, []string{"elsewhere"}) {
			t.Errorf("%+v: %v, %v", q, sink.pods, err)
		}
	}
}
