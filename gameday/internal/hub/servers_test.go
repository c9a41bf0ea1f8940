package hub

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	k8stesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

func fault(name string) []hubdb.Fault { return []hubdb.Fault{{Name: name, Since: time.Now()}} }

func TestAStopDeletesThePodThatTheHubSees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		faults   []hubdb.Fault
		seen     bool // the Hub sees the pod
		lives    bool // the pod does, afterwards
		failures string
	}{
		{name: "well", seen: true, failures: "0"},
		{name: "unseen", lives: true, failures: "0"},
		{name: "lies", faults: fault(StopLies), seen: true, lives: true, failures: "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := set(t, func(_ *Config, content *hubdb.Content) {
				content.Users, content.Faults = []*hubdb.User{known("u")}, c.faults
			}, userPod("jupyter-u"))
			if !c.seen {
				s.reflector.kill()
				s.reflector.mu.Lock()
				s.reflector.pods = map[string]seenPod{}
				s.reflector.mu.Unlock()
			}
			if code, _ := s.ask(http.MethodDelete, "/api/users/u/server"); code != http.StatusNoContent {
				t.Errorf("answered with %d", code)
			}
			if s.server("u") != nil {
				t.Error("the Hub still believes in the server")
			}
			if s.hasPod("jupyter-u") != c.lives {
				t.Errorf("the pod lives: %t, want %t", !c.lives, c.lives)
			}
			if got := s.stopFailures(); got != c.failures {
				t.Errorf("%s failures, want %s", got, c.failures)
			}
		})
	}
}

// A pod that does not go keeps its server pending, until KubeSpawner gives up and
// the Hub forgets both.
func TestAStopThatIsSlow(t *testing.T) {
	t.Parallel()
	s := set(t, func(config *Config, c *hubdb.Content) {
		config.SlowStop, config.StartTimeout = 0, 200*time.Millisecond
		c.Users = []*hubdb.User{known("u")}
	}, userPod("jupyter-u"))
	s.kube.PrependReactor("delete", "pods", func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
	s.mu.Lock()
	u := s.byName["u"]
	s.mu.Unlock()
	for range 2 {
		if code, _ := s.ask(http.MethodDelete, "/api/users/u/server"); code != http.StatusAccepted {
			t.Errorf("answered with %d", code)
		}
	}
	if server := s.server("u"); server["pending"] != "stop" {
		t.Errorf("meanwhile the server is %v", server)
	}
	s.mu.Lock()
	over := u.stop
	s.mu.Unlock()
	<-over
	if s.server("u") != nil || s.stopFailures() != "1" {
		t.Error("the Hub did not give up")
	}
	s.says("server is slow to stop (timeout=0)", "Pod prod/jupyter-u did not disappear, restarting pod reflector")
}

func TestASpawn(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) { c.Users = []*hubdb.User{{Name: "u"}} })
	s.kube.PrependReactor("create", "pods", runAtOnce)
	if code, _ := s.ask(http.MethodPost, "/api/users/u/servers/"); code != http.StatusAccepted {
		t.Fatalf("answered with %d", code)
	}
	progress := s.raw(http.MethodGet, "/api/users/u/server/progress", "Authorization", "token binder-token").Body.String()
	if want := `data: {"html_message":"Server ready at <a href=\"/user/u/\">/user/u/</a>","message":"Server ready at /user/u/","progress":100,"ready":true,"url":"/user/u/"}`; !strings.Contains(progress, want) {
		t.Errorf("progress is\n%s\nwant\n%s", progress, want)
	}
	if server := s.server("u"); server["ready"] != true {
		t.Errorf("the server is %v", server)
	}
	s.says("Attempting to create pod jupyter-u, with timeout 3", "User u took ", "Adding user u to proxy /user/u/ => http://127.2.0.9:8888")
}

// runAtOnce lets a new pod run at once.
func runAtOnce(action k8stesting.Action) (bool, runtime.Object, error) {
	pod := action.(k8stesting.CreateAction).GetObject().(*corev1.Pod)
	pod.Status = userPod(pod.Name).Status
	pod.Status.PodIP = "127.2.0.9"
	return false, nil, nil // the tracker keeps it
}

// What a blind Hub starts, it loses.
func TestASpawnThatABlindHubGivesUp(t *testing.T) {
	t.Parallel()
	s := set(t, func(config *Config, c *hubdb.Content) {
		config.StartTimeout, config.FailureLimit = 50*time.Millisecond, 3
		c.Faults, c.Users = fault(ReflectorDead), []*hubdb.User{{Name: "u1"}, {Name: "u2"}}
	})
	s.kube.PrependReactor("create", "pods", runAtOnce)
	for _, user := range []string{"u1", "u2"} {
		s.ask(http.MethodPost, "/api/users/"+user+"/servers/")
		progress := s.raw(http.MethodGet, "/api/users/"+user+"/server/progress", "Authorization", "token binder-token").Body.String()
		if !strings.Contains(progress, `"failed":true,"message":"Spawn failed: Timeout"`) {
			t.Errorf("progress of %s is %s", user, progress)
		}
		if !s.hasPod("jupyter-"+user) || s.server(user) != nil {
			t.Errorf("%s: pod %t, server %v; want a pod that the Hub lost", user, s.hasPod("jupyter-"+user), s.server(user))
		}
	}
	s.says("u1's server failed to start in 0 seconds, giving up.", "2 consecutive spawns failed.  Hub will exit if failure count reaches 3 before succeeding")
	judgement, err := s.Judge(t.Context())
	if err != nil || judgement.Orphans != 2 || judgement.Sees {
		t.Errorf("judged as %+v, %v", judgement, err)
	}
}

func TestTooManySpawns(t *testing.T) {
	t.Parallel()
	s := set(t, func(config *Config, c *hubdb.Content) {
		config.SpawnLimit = 1
		starting := known("starting")
		starting.Server.Pending, starting.Server.Stuck = "spawn", true
		c.Users = []*hubdb.User{starting, {Name: "u"}}
	})
	answer := s.raw(http.MethodPost, "/api/users/u/servers/", "Authorization", "token binder-token")
	if answer.Code != http.StatusTooManyRequests || answer.Header().Get("Retry-After") == "" {
		t.Errorf("answered with %d, Retry-After %q", answer.Code, answer.Header().Get("Retry-After"))
	}
	s.says("1 pending spawns, throttling. Suggested retry in ")
}

func TestAHubThatStartsLooksAfterItsServers(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) {
		c.Continues = false
		stuck := known("stuck")
		stuck.Server.Pending, stuck.Server.Stuck = "stop", true
		c.Users = []*hubdb.User{known("here"), known("gone"), stuck, known("silent")}
		c.Routes = []*hubdb.Route{{Path: "/user/gone/", User: "gone"}}
		c.Faults = append(fault(ReflectorDead), hubdb.Fault{Name: Slow})
	}, userPod("jupyter-here"), pending("jupyter-silent"))
	s.work.Wait() // until all are looked after
	if s.server("here")["ready"] != true || s.server("gone") != nil || s.server("stuck") != nil || s.server("silent") != nil {
		t.Error("the Hub did not look after its servers")
	}
	if s.hasPod("jupyter-silent") {
		t.Error("the pod of a server that does not answer lives")
	}
	s.says("here still running", "gone appears to have stopped while the Hub was down", "Adding missing route for /user/here/",
		"Deleting stale route /user/gone/", "silent does not appear to be running at ", "Initialized 4 spawners in ")
	if s.has(ReflectorDead) || !s.has(Slow) || !s.reflector.sees() {
		t.Errorf("the faults are %v", s.content.Faults)
	}
}

func pending(name string) *corev1.Pod {
	pod := userPod(name)
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending}
	return pod
}

func TestAHubWhoseDatabaseIsLost(t *testing.T) {
	t.Parallel()
	s := set(t, func(_ *Config, c *hubdb.Content) {
		c.Continues, c.Users, c.Faults = false, users(3), fault(DatabaseLost)
	}, userPod("jupyter-u000"))
	if code, answer := s.ask(http.MethodGet, "/api/users"); code != http.StatusOK || len(answer["items"].([]any)) != 0 {
		t.Errorf("answered with %d %v", code, answer)
	}
}

func TestFaultsOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{Errors: 500, TooManyRequests: 429} {
		s := set(t, func(_ *Config, c *hubdb.Content) { c.Faults = fault(name) })
		if code, _ := s.ask(http.MethodGet, "/api/users"); code != want {
			t.Errorf("%s: answered with %d", name, code)
		}
		if code, _ := s.ask(http.MethodGet, "/api/health"); code != http.StatusOK {
			t.Errorf("%s: health answered with %d", name, code)
		}
		if err := s.Switch(name, false); err != nil {
			t.Fatal(err)
		}
		if code, _ := s.ask(http.MethodGet, "/api/users"); code != http.StatusOK {
			t.Errorf("without %s: answered with %d", name, code)
		}
	}
	s := set(t, func(*Config, *hubdb.Content) {})
	if err := s.Switch("bad-mood", true); err == nil || !strings.Contains(err.Error(), "there is no") {
		t.Errorf("got %v", err)
	}
}

// A server that ended by itself is noticed, and its pod removed.
func TestAServerThatEnded(t *testing.T) {
	t.Parallel()
	ended := userPod("jupyter-u")
	ended.Status.Phase = corev1.PodSucceeded
	ended.Status.ContainerStatuses[0].State.Terminated = &corev1.ContainerStateTerminated{ExitCode: 0}
	s := set(t, func(_ *Config, c *hubdb.Content) { c.Users = []*hubdb.User{known("u")} }, ended)
	if code, _ := s.ask(http.MethodDelete, "/api/users/u/server"); code != http.StatusNoContent {
		t.Errorf("answered with %d", code)
	}
	s.says("User u server stopped, with exit code: 0", "Removing user u from proxy (/user/u/)")
	if s.hasPod("jupyter-u") {
		t.Error("the pod is still there")
	}
}

// The reflector of a Hub that lost the API server for good remembers what it saw
// last.
func TestAReflectorThatIsKilledRemembers(t *testing.T) {
	t.Parallel()
	s := set(t, func(*Config, *hubdb.Content) {}, userPod("jupyter-u"))
	s.reflector.kill()
	if err := s.kube.CoreV1().Pods("prod").Delete(t.Context(), "jupyter-u", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, there := s.reflector.get("jupyter-u"); !there || s.reflector.sees() {
		t.Error("it saw the pod go")
	}
	s.reflector.start(s.ctx)
	err := s.reflector.await(context.WithoutCancel(t.Context()), "jupyter-u", func(_ seenPod, there bool) bool { return !there })
	if err != nil || !s.reflector.sees() {
		t.Errorf("started again, it still remembers: %v", err)
	}
}
