package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// diary writes down what a follower is told.
type diary chan string

func (d diary) Seen(pod *metav1.PartialObjectMetadata) {
	if pod.DeletionTimestamp != nil {
		d <- "ending " + pod.Name
		return
	}
	d <- "seen " + pod.Name
}

func (d diary) Gone(uid types.UID) { d <- "gone " + string(uid) }

func (d diary) Only(present map[types.UID]bool) {
	var uids []string
	for uid := range present {
		uids = append(uids, string(uid))
	}
	slices.Sort(uids)
	d <- "only " + strings.Join(uids, " ")
}

// expect waits for these entries, in order.
func (d diary) expect(t *testing.T, entries ...string) {
	t.Helper()
	for _, want := range entries {
		select {
		case got := <-d:
			if got != want {
				t.Fatalf("told %q, want %q", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("never told %q", want)
		}
	}
}

// follow follows the users' pods in the background until the test ends, from
// the version of a list.
func follow(t *testing.T, server *clustertest.Server) diary {
	t.Helper()
	client := server.Client(clustertest.Namespace)
	query := cluster.PodQuery{Namespace: clustertest.Namespace, Selector: cluster.UserSelector}
	version, err := client.ReadPods(t.Context(), query, &names{})
	if err != nil {
		t.Fatal(err)
	}
	return followFrom(t, client, query, version)
}

func followFrom(t *testing.T, client *cluster.Client, query cluster.PodQuery, version string) diary {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	told, ended := make(diary, 100), make(chan struct{})
	go func() {
		defer close(ended)
		client.FollowPods(ctx, query, version, told)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return told
}

func TestFollowPods(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("a", "", time.Hour))
	told := follow(t, server)
	server.Create(clustertest.BuildPod("build", "", 0)) // none of the kind
	server.Create(clustertest.UserPod("b", "", 0))
	server.Update(clustertest.Namespace, "a", func(pod *corev1.Pod) { pod.DeletionTimestamp = new(metav1.NewTime(clustertest.Now())) })
	server.Remove(clustertest.Namespace, "a")
	told.expect(t, "seen b", "ending a", "gone uid-of-a")
}

func TestFollowPodsMissesNothingBetweenListAndWatch(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("a", "", time.Hour))
	client := server.Client(clustertest.Namespace)
	version, err := client.ReadPods(t.Context(), cluster.PodQuery{}, &names{})
	if err != nil {
		t.Fatal(err)
	}
	server.Remove(clustertest.Namespace, "a")
	followFrom(t, client, cluster.PodQuery{}, version).expect(t, "gone uid-of-a")
}

func TestFollowPodsOutlivesABrokenConnection(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("a", "", time.Hour), clustertest.UserPod("b", "", time.Hour))
	told := follow(t, server)
	server.Remove(clustertest.Namespace, "a")
	told.expect(t, "gone uid-of-a")
	server.Disconnect()
	server.Remove(clustertest.Namespace, "b")
	told.expect(t, "gone uid-of-b")
}

func TestFollowPodsListsAnewWhatItMissed(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("a", "", time.Hour), clustertest.UserPod("b", "", time.Hour))
	client := server.Client(clustertest.Namespace)
	version, err := client.ReadPods(t.Context(), cluster.PodQuery{}, &names{})
	if err != nil {
		t.Fatal(err)
	}
	server.Remove(clustertest.Namespace, "a")
	server.Forget()
	told := followFrom(t, client, cluster.PodQuery{}, version)
	told.expect(t, "seen b", "only uid-of-b")
	server.Remove(clustertest.Namespace, "b")
	told.expect(t, "gone uid-of-b")
}

func TestFollowPodsListsAgainWhenAListFails(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("a", "", time.Hour))
	var lists atomic.Int32
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("watch") == "" && lists.Add(1) == 1 {
				clustertest.Refuse(w, apierrors.NewServiceUnavailable("starting"))
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	followFrom(t, server.Client(""), cluster.PodQuery{}, "").expect(t, "seen a", "only uid-of-a")
}

// Whoever may list but not watch must not make the server list all the time.
func TestFollowPodsWithoutTheRightToWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		meta := fake.NewSimpleMetadataClient(fake.NewTestScheme())
		lists := 0
		meta.PrependReactor("list", "pods", func(kubetesting.Action) (bool, runtime.Object, error) {
			lists++
			return true, &metav1.List{ListMeta: metav1.ListMeta{ResourceVersion: "7"}}, nil
		})
		meta.PrependWatchReactor("pods", func(kubetesting.Action) (bool, watch.Interface, error) {
			return true, nil, apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no watching"))
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		client := &cluster.Client{Meta: meta, Now: time.Now}
		client.FollowPods(ctx, cluster.PodQuery{Namespace: "binder"}, "7", make(diary, 1000))
		if lists < 6 || lists > 15 {
			t.Errorf("%d lists in a minute", lists)
		}
	})
}

func TestWatchPods(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t, clustertest.UserPod("a", "", time.Hour))
	client := server.Client(clustertest.Namespace)
	version, err := client.ReadPods(t.Context(), cluster.PodQuery{}, &names{})
	if err != nil {
		t.Fatal(err)
	}
	server.Create(clustertest.UserPod("b", "", 0))
	server.Remove(clustertest.Namespace, "a")
	ctx, cancel := context.WithCancel(t.Context())
	var told []string
	err = client.WatchPods(ctx, cluster.PodQuery{}, version, func(pod *corev1.Pod, gone bool) {
		if told = append(told, pod.Name); gone {
			cancel()
		}
	})
	if got := strings.Join(told, " "); got != "b a" || !errors.Is(err, context.Canceled) {
		t.Errorf("told of %q, error %v", got, err)
	}

	server.Forget()
	if err := client.WatchPods(t.Context(), cluster.PodQuery{}, version, nil); err != nil {
		t.Errorf("an expired version: %v, want nil, to begin anew", err)
	}
}
