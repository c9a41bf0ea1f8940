package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// A day on which people launch: through BinderHub and the Hub, into real pods,
// to a kernel that computes.
func TestLaunchesFromARepositoryToAKernel(t *testing.T) {
	day := newGameday(t)
	day.must(t, "up", "testdata/launch.yaml", "--quiet")
	client, told := connect(t, day, "launch"), day.info(t)
	binder := at(told.BinderPort)

	t.Run("what is built is launched at once", func(t *testing.T) { checkCached(t, client, binder) })
	t.Run("what is not is built first, once", func(t *testing.T) { checkFresh(t, client, binder) })
	t.Run("requests that are refused", func(t *testing.T) { checkRefusals(t, binder) })
	t.Run("a build token", func(t *testing.T) { checkToken(t, binder) })
	t.Run("a federation", func(t *testing.T) { checkFederation(t, told) })
	t.Run("BinderHub tells of itself", func(t *testing.T) { checkPages(t, binder) })
	t.Run("each stage is on record", func(t *testing.T) { checkRecord(t, day) })
	t.Run("faults", func(t *testing.T) { checkFaults(t, day, told) })
}

func checkCached(t *testing.T, client kubernetes.Interface, binder string) {
	got := launch(t, binder+"/build/gh/binder-examples/requirements/HEAD", time.Minute)
	ready := got.last()
	if text(ready, "phase") != "ready" || !strings.Contains(got.String(), "Found built image") {
		t.Fatalf("the launch came to nothing:\n%s", got)
	}
	server, token := text(ready, "url"), text(ready, "token")
	user := strings.TrimSuffix(server[strings.Index(server, "/user/")+len("/user/"):], "/")
	if !strings.HasPrefix(token, "gdsecret-") {
		t.Errorf("the token would not be found if it leaked: %q", token)
	}
	pod, err := client.CoreV1().Pods(launchNamespace).Get(t.Context(), "jupyter-"+user, metav1.GetOptions{})
	if err != nil || pod.Status.Phase != corev1.PodRunning {
		t.Fatalf("the user's pod does not run: %v", err)
	}
	if !strings.Contains(pod.String(), token) || !strings.Contains(pod.String(), "v2/gh/binder-examples/requirements/HEAD") {
		t.Error("the pod knows nothing of the launch")
	}
	for path, want := range map[string]int{"api": 200, "api/status": 403, "api/kernels": 403} {
		if code, _ := ask(t, http.MethodGet, server+path, ""); code != want {
			t.Errorf("%s without a token was answered with %d, want %d", path, code, want)
		}
	}
	if printed, status := compute(t, server, token, "print('nonce-' + str(123456789 * 1000))"); printed != "nonce-123456789000\n" || status != "ok" {
		t.Errorf("the kernel printed %q and ended with %q", printed, status)
	}
	if _, status := compute(t, server, token, "nobody"); status != "error" {
		t.Errorf("a name of nothing ended with %q", status)
	}
	if code, _ := ask(t, http.MethodPost, server+"api/shutdown", token); code != http.StatusOK {
		t.Fatalf("the server was shut down with %d", code)
	}
	eventually(t, "see the server gone, and the Hub notice", func(context.Context) (bool, error) {
		code, _ := ask(t, http.MethodGet, server+"api", "")
		return code == http.StatusFailedDependency, nil
	})
}

func checkFresh(t *testing.T, client kubernetes.Interface, binder string) {
	builds := func() int {
		pods, err := client.CoreV1().Pods(launchNamespace).List(t.Context(), metav1.ListOptions{LabelSelector: "component=binderhub-build"})
		if err != nil {
			t.Fatal(err)
		}
		return len(pods.Items)
	}
	first := launch(t, binder+"/build/gh/Binder-Examples/requirements/HEAD", time.Minute)
	for _, phase := range []string{"waiting", "<nil>", "fetching", "building", "unknown", "pushing", "built", "launching", "ready"} {
		if !strings.Contains(first.String(), "\n"+phase+": ") {
			t.Errorf("there was no event of phase %s:\n%s", phase, first)
		}
	}
	if n := builds(); n != 1 {
		t.Errorf("%d build pods were made, want 1", n)
	}
	again := launch(t, binder+"/build/gh/Binder-Examples/requirements/HEAD", time.Minute)
	if strings.Contains(again.String(), "\nwaiting:") || text(again.last(), "phase") != "ready" {
		t.Errorf("it was built twice:\n%s", again)
	}
}

func checkRefusals(t *testing.T, binder string) {
	for path, want := range map[string]string{
		"nope/x":                     "No provider found for prefix nope\n",
		"gh/onlyuser":                "Spec is not of the form \"user/repo/ref\", provided: \"onlyuser\".\n",
		"gh/a/b":                     "Spec is not of the form \"user/repo/ref\", provided: \"a/b\". Did you mean \"a/b/HEAD\"?\n",
		"gh/evil/mining/HEAD":        "Sorry, evil/mining/HEAD is not allowed to launch. Please contact admins for more info!",
		"gh/a/no-such-repo/HEAD":     "Could not resolve ref for gh:a/no-such-repo/HEAD. Double check your URL and that your repo is public.\n",
		"git/ftp%3A%2F%2Fx%2Fy/main": "Unsupported git url ftp://x/y, protocol ftp not in git, https, ssh, http\n",
		"gh/binder-examples/requirements/HEAD?build_token=abc": "Invalid build token\n",
	} {
		got := launch(t, binder+"/build/"+path, 10*time.Second)
		if got.code != http.StatusOK || text(got.last(), "phase") != "failed" || text(got.last(), "message") != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	for accept, ok := range map[string]bool{"": false, "*/*": false, "text/event-stream, */*": false, "text/event-stream;q=1": true} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, binder+"/build/nope/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", accept)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 200)
		n, _ := response.Body.Read(body)
		response.Body.Close()
		if refused := strings.Contains(string(body[:n]), "Missing Accept header"); refused == ok {
			t.Errorf("Accept %q: %s", accept, body[:n])
		}
	}
}

func checkToken(t *testing.T, binder string) {
	_, page := get(t, binder+"/v2/gh/binder-examples/requirements/HEAD")
	_, rest, ok := strings.Cut(page, `"buildToken":"`)
	token, _, _ := strings.Cut(rest, `"`)
	if !ok || !strings.HasPrefix(token, "gdsecret-") {
		t.Fatalf("the page has no token: %s", page)
	}
	path := binder + "/build/gh/binder-examples/requirements/HEAD?build_token=" + token
	if got := launch(t, path, time.Minute); text(got.last(), "phase") != "ready" || got.header.Get("X-Ratelimit-Limit") != "" {
		t.Errorf("the token was good for nothing: %s", got)
	}
	other := launch(t, strings.Replace(path, "requirements", "conda", 1), 10*time.Second)
	if text(other.last(), "message") != "Invalid build token\n" {
		t.Errorf("the token was good for another repository: %s", other)
	}
}

func checkFederation(t *testing.T, told info) {
	direct := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at(told.RedirectorPort)+"/build/gh/a/b/HEAD", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", `host="`+at(told.MemberPort)+`"`)
	response, err := direct.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	cookie := response.Header.Get("Set-Cookie")
	if response.StatusCode != http.StatusTemporaryRedirect || response.Header.Get("Location") != at(told.MemberPort)+"/build/gh/a/b/HEAD" ||
		!strings.HasPrefix(cookie, `host="`+at(told.MemberPort)+`"; expires=`) || !strings.HasSuffix(cookie, "; Path=/build/gh/a/b/HEAD") {
		t.Errorf("the redirector said %d %v", response.StatusCode, response.Header)
	}
	if got := launch(t, at(told.RedirectorPort)+"/build/gh/binder-examples/requirements/HEAD", time.Minute); text(got.last(), "phase") != "ready" {
		t.Errorf("through the redirector: %s", got)
	}
	if _, hosts := get(t, at(told.RedirectorPort)+"/active_hosts"); !strings.Contains(hosts, at(told.MemberPort)) {
		t.Errorf("the members are %s", hosts)
	}
	if _, health := get(t, at(told.RedirectorPort)+"/health"); !strings.Contains(health, "Pod quota") {
		t.Errorf("the prime's health is %s", health)
	}
}

func checkPages(t *testing.T, binder string) {
	for path, want := range map[string]string{
		"/health":            `"service":"Pod quota"`,
		"/versions":          "repo2docker",
		"/api/repoproviders": `"urlEncode":true`,
		"/":                  "window.pageConfig",
		"/metrics":           `binderhub_launch_count_total{provider="gh",repo="https://github.com/binder-examples/requirements",status="success"}`,
	} {
		if code, body := get(t, binder+path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s is %d %s", path, code, body)
		}
	}
}

func checkRecord(t *testing.T, day gameday) {
	content, err := os.ReadFile(filepath.Join(day.dir, "launches.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(content)), "\n") {
		var entry struct {
			Stage, Said      string // one of the two
			Began, Ended, At time.Time
		}
		err := json.Unmarshal([]byte(line), &entry)
		spans := entry.Said == "" && !entry.Began.IsZero() && !entry.Ended.Before(entry.Began)
		if told := entry.Stage == "" && entry.Said != "" && !entry.At.IsZero(); err != nil || !spans && !told {
			t.Fatalf("the record says %q: %v", line, err)
		}
		seen[entry.Stage] = true
	}
	for _, stage := range []string{
		"resolve", "registry", "build queue", "fetch", "build", "push", "hub user", "spawn request", "schedule", "image pull",
		"container start", "route", "server up", "kernel start", "kernel computes", "shutdown",
	} {
		if !seen[stage] {
			t.Errorf("stage %q is not on record", stage)
		}
	}
}
