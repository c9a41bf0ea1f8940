package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// scene is a Hub that lives, and what can be asked of it.
type scene struct {
	*life
	t    *testing.T
	kube *fake.Clientset
}

// known is a user whose server the Hub knows.
func known(name string) *hubdb.User {
	at := time.Date(2026, 11, 20, 21, 4, 49, 454_000_000, time.UTC)
	return &hubdb.User{Name: name, Created: at, LastActivity: &at, Server: &hubdb.Server{
		Pod: "jupyter-" + name, Started: at, LastActivity: at, Target: "http://127.2.0.1:8888",
		Options: map[string]any{"repo_url": "https://github.com/minrk/ligo-binder", "image": "ligo:abc"},
	}}
}

func userPod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "prod", Labels: map[string]string{"component": "singleuser-server"}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "127.2.0.1",
			ContainerStatuses: []corev1.ContainerStatus{{Name: "notebook", Ready: true}},
		},
	}
}

// set brings a Hub to life that continues to know what there was, with a pod for
// each server.
func set(t *testing.T, change func(*Config, *hubdb.Content), pods ...*corev1.Pod) *scene {
	t.Helper()
	folder := t.TempDir()
	config := &Config{
		Namespace: "prod", Release: "prod", Kubespawner: "7", Version: "5.4.3", Database: filepath.Join(folder, "db"),
		Log: filepath.Join(folder, "log"), BinderToken: "binder-token", ProxyToken: "proxy-token", CullerToken: "culler-token",
		StartTimeout: time.Minute, SlowStop: time.Minute, HTTPTimeout: time.Millisecond, PollInterval: time.Hour,
	}
	content := &hubdb.Content{Continues: true}
	change(config, content)
	log, err := OpenLog(config.Log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	kube := fake.NewClientset()
	for _, pod := range pods {
		if err := kube.Tracker().Add(pod); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	h := newHub(config, kube, content, log, time.Now)
	l := h.born(ctx, body{uid: "hub-1", name: "hub-1", ready: true}, cancel)
	t.Cleanup(func() {
		h.mu.Lock()
		cancel()
		h.mu.Unlock()
		l.work.Wait()
	})
	if content.Continues {
		content.Continues = false
		l.carryOn()
	} else {
		l.begin()
	}
	h.life = l
	return &scene{life: l, t: t, kube: kube}
}

// ask asks as BinderHub does.
func (s *scene) ask(method, path string, headers ...string) (int, map[string]any) {
	s.t.Helper()
	answer := s.raw(method, path, append([]string{"Authorization", "token binder-token"}, headers...)...)
	parsed := map[string]any{}
	if answer.Body.Len() > 0 && strings.HasPrefix(answer.Header().Get("Content-Type"), "application/json") {
		if answer.Body.Bytes()[0] == '[' {
			var items []any
			if err := json.Unmarshal(answer.Body.Bytes(), &items); err != nil {
				s.t.Fatal(err)
			}
			parsed["items"] = items
		} else if err := json.Unmarshal(answer.Body.Bytes(), &parsed); err != nil {
			s.t.Fatal(err)
		}
	}
	return answer.Code, parsed
}

func (s *scene) raw(method, path string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), method, "/hub"+path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request)
	return answer
}

// says checks the Hub's log.
func (s *scene) says(want ...string) {
	s.t.Helper()
	log := s.said()
	for _, text := range want {
		if !strings.Contains(log, text) {
			s.t.Errorf("the log does not say %q:\n%s", text, log)
		}
	}
}

func (s *scene) said() string {
	s.t.Helper()
	log, err := os.ReadFile(s.config.Log)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(log)
}

func (s *scene) hasPod(name string) bool {
	s.t.Helper()
	_, err := s.kube.CoreV1().Pods("prod").Get(s.t.Context(), name, metav1.GetOptions{})
	return err == nil
}

// server is what the API shows of a user's server, or nil.
func (s *scene) server(user string) map[string]any {
	s.t.Helper()
	_, model := s.ask(http.MethodGet, "/api/users/"+user)
	servers, _ := model["servers"].(map[string]any)
	server, _ := servers[""].(map[string]any)
	return server
}

// failures is how many stops failed, by the metrics.
func (s *scene) stopFailures() string {
	s.t.Helper()
	for line := range strings.Lines(s.raw(http.MethodGet, "/metrics").Body.String()) {
		if number, ok := strings.CutPrefix(line, `jupyterhub_server_stop_seconds_count{status="failure"} `); ok {
			return strings.TrimSpace(number)
		}
	}
	return "unknown"
}

func users(n int) []*hubdb.User {
	all := make([]*hubdb.User, 0, n)
	for i := range n {
		all = append(all, known(fmt.Sprintf("u%03d", i)))
	}
	return all
}
