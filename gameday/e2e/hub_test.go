package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// hubDay is a game day with a Hub, reached as an operator reaches it.
type hubDay struct {
	gameday
	t      *testing.T
	client kubernetes.Interface
	secret map[string][]byte
}

func newHubDay(t *testing.T) *hubDay {
	t.Helper()
	day := newGameday(t)
	day.must(t, "up", "testdata/hub.yaml", "--quiet")
	client := connect(t, day, "hub")
	secret, err := client.CoreV1().Secrets(namespace).Get(t.Context(), "hub", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &hubDay{gameday: day, t: t, client: client, secret: secret.Data}
}

// pod is the one ready pod of a component.
func (d *hubDay) pod(component string) string {
	d.t.Helper()
	name := ""
	eventually(d.t, "see the pod of "+component, func(ctx context.Context) (bool, error) {
		pods, err := d.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "component=" + component, FieldSelector: running})
		if err != nil || len(pods.Items) != 1 || pods.Items[0].DeletionTimestamp != nil {
			return false, err
		}
		name = pods.Items[0].Name
		return true, nil
	})
	return name
}

// forward leads a port of a pod to this machine.
func (d *hubDay) forward(component string, port int) string {
	d.t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(d.dir, "kubeconfig"))
	if err != nil {
		d.t.Fatal(err)
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		d.t.Fatal(err)
	}
	at := d.client.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(d.pod(component)).SubResource("portforward").URL()
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, at)
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.New(dialer, []string{fmt.Sprintf("0:%d", port)}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		d.t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() { failed <- forwarder.ForwardPorts() }()
	d.t.Cleanup(func() { close(stop) })
	select {
	case <-ready:
	case err := <-failed:
		d.t.Fatal(err)
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		d.t.Fatal(err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", ports[0].Local)
}

// ask asks as BinderHub does; the answer is any JSON.
func (d *hubDay) ask(method, at, token string) (int, any) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, at, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Authorization", "token "+string(d.secret[token]))
	response, err := (&http.Client{Timeout: 20 * time.Second}).Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var answer any
	_ = json.NewDecoder(response.Body).Decode(&answer) // there need not be one
	return response.StatusCode, answer
}

const (
	binderToken = "hub.services.binder.apiToken"
	proxyToken  = "hub.config.ConfigurableHTTPProxy.auth_token"
)

// servers are those that the Hub knows, and what is pending of each.
func (d *hubDay) servers(api string) map[string]any {
	d.t.Helper()
	code, answer := d.ask(http.MethodGet, api+"/users?state=active", binderToken)
	if code != http.StatusOK {
		d.t.Fatalf("list users: %d %v", code, answer)
	}
	servers := map[string]any{}
	for _, item := range answer.([]any) {
		user := item.(map[string]any)
		servers[user["name"].(string)] = user["servers"].(map[string]any)[""].(map[string]any)["pending"]
	}
	return servers
}

func (d *hubDay) log(options corev1.PodLogOptions) string {
	d.t.Helper()
	content, err := d.client.CoreV1().Pods(namespace).GetLogs(d.pod("hub"), &options).DoRaw(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return string(content)
}

func (d *hubDay) recovered(want int) {
	d.t.Helper()
	if out, code := d.run(d.t.Context(), d.t, "status"); code != want {
		d.t.Errorf("status exited with %d, want %d: %s", code, want, out)
	}
}

// A Hub that went blind two hours ago, from the symptoms to the recovery.
func TestAHubThatWentBlindAndIsRestarted(t *testing.T) {
	d := newHubDay(t)
	api, proxy := d.forward("hub", 8081)+"/hub/api", d.forward("proxy", 8001)
	before := d.servers(api)
	if len(before) != 7 { // four that it knows, two ghosts and one that stops for ever
		t.Errorf("the Hub knows %v", before)
	}
	_, routes := d.ask(http.MethodGet, proxy+"/api/routes", proxyToken)
	if len(routes.(map[string]any)) != 8 { // its own, three of four, two ghosts', two stale ones
		t.Errorf("the proxy knows %v", routes)
	}
	for _, sign := range []string{"Watching resources never recovered, giving up", "'s server failed to start in 3 seconds, giving up."} {
		if !strings.Contains(d.log(corev1.PodLogOptions{}), sign) {
			t.Errorf("the log does not say %q", sign)
		}
	}
	if recent := d.log(corev1.PodLogOptions{SinceSeconds: new(int64(600)), Timestamps: true}); strings.Contains(recent, "giving up\n") || !strings.HasPrefix(recent, "20") {
		t.Errorf("the log of the last ten minutes is %.200s", recent)
	}
	d.recovered(3)
	d.blind(api)

	old := d.pod("hub")
	if err := d.client.CoreV1().Pods(namespace).Delete(t.Context(), old, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "see another hub pod", func(context.Context) (bool, error) { return d.pod("hub") != old, nil })
	api = d.forward("hub", 8081) + "/hub/api"
	eventually(t, "see the servers re-adopted", func(context.Context) (bool, error) {
		if code, err := d.ask(http.MethodGet, api+"/health", binderToken); code != http.StatusOK {
			return false, fmt.Errorf("health: %d %v", code, err)
		}
		log := d.log(corev1.PodLogOptions{})
		return strings.Contains(log, "JupyterHub is now running") && !strings.Contains(log, "giving up"), nil
	})
	if after := d.servers(api); len(after) != 4 {
		t.Errorf("the Hub knows %v", after)
	}
	if _, routes := d.ask(http.MethodGet, proxy+"/api/routes", proxyToken); len(routes.(map[string]any)) != 5 {
		t.Errorf("the proxy knows %v", routes)
	}
	d.recovered(3) // there are pods of launches that failed
	d.removeLost(api)
	d.recovered(0)
}

// blind sees that a launch fails while its pod runs.
func (d *hubDay) blind(api string) {
	d.t.Helper()
	d.ask(http.MethodPost, api+"/users/somebody", binderToken)
	if code, answer := d.ask(http.MethodPost, api+"/users/somebody/servers/", binderToken); code != http.StatusAccepted {
		d.t.Fatalf("start a server: %d %v", code, answer)
	}
	eventually(d.t, "see the launch fail", func(context.Context) (bool, error) {
		_, pending := d.servers(api)["somebody"]
		return !pending, nil
	})
	pod, err := d.client.CoreV1().Pods(namespace).Get(d.t.Context(), "jupyter-somebody", metav1.GetOptions{})
	if err != nil || pod.Status.Phase != corev1.PodRunning {
		d.t.Errorf("the pod of the launch is %v, %v", pod.Status.Phase, err)
	}
}

// removeLost deletes the pods that the Hub does not know.
func (d *hubDay) removeLost(api string) {
	d.t.Helper()
	known := d.servers(api)
	for _, pod := range list(d.t, d.client, "") {
		if _, is := known[pod.Annotations["hub.jupyter.org/username"]]; is {
			continue
		}
		if err := d.client.CoreV1().Pods(namespace).Delete(d.t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
			d.t.Fatal(err)
		}
	}
	eventually(d.t, "see the pods gone", func(context.Context) (bool, error) { return len(list(d.t, d.client, "")) == len(known), nil })
}

// What can be wrong with a Hub can be had at will.
func TestTheFaultsOfAHub(t *testing.T) {
	d := newHubDay(t)
	hub := d.forward("hub", 8081)
	api := hub + "/hub/api"
	somebody := url.PathEscape(list(t, d.client, "")[0].Annotations["hub.jupyter.org/username"])
	for fault, want := range map[string]int{"errors": http.StatusInternalServerError, "too-many-requests": http.StatusTooManyRequests} {
		d.must(t, "fault", fault, "on")
		if code, _ := d.ask(http.MethodGet, api+"/users/"+somebody, binderToken); code != want {
			t.Errorf("%s: answered with %d", fault, code)
		}
		d.must(t, "fault", fault, "off")
	}
	d.must(t, "fault", "down", "on")
	if code, _ := d.ask(http.MethodGet, api+"/health", binderToken); code != 0 {
		t.Errorf("a Hub that is down answered with %d", code)
	}
	d.must(t, "fault", "down", "off")
	d.must(t, "fault", "reflector-dead", "off")
	api = d.forward("hub", 8081) + "/hub/api"
	eventually(t, "see the ghosts noticed", func(context.Context) (bool, error) { return len(d.servers(api)) == 5, nil })

	d.must(t, "fault", "stop-hangs", "on")
	d.must(t, "fault", "stop-lies", "on")
	pods := list(t, d.client, "")
	name := pods[len(pods)-1].Annotations["hub.jupyter.org/username"]
	for user, pending := range d.servers(api) {
		if pending == nil {
			name = user
		}
	}
	if code, _ := d.ask(http.MethodDelete, api+"/users/"+name+"/server", binderToken); code != http.StatusNoContent {
		t.Errorf("a stop that is a lie: answered with %d", code)
	}
	if len(list(t, d.client, "")) != len(pods) {
		t.Error("the pod is gone, and was to live")
	}
	d.must(t, "fault", "stop-lies", "off")
	for user, pending := range d.servers(api) {
		if pending != nil {
			continue
		}
		if code, _ := d.ask(http.MethodDelete, api+"/users/"+user+"/server", binderToken); code != http.StatusAccepted {
			t.Errorf("a stop that hangs: answered with %d", code)
		}
		break
	}
	d.must(t, "fault", "database-lost", "on")
	eventually(t, "see an empty database", func(context.Context) (bool, error) {
		if code, err := d.ask(http.MethodGet, d.forward("hub", 8081)+"/hub/api/health", binderToken); code != http.StatusOK {
			return false, fmt.Errorf("health: %v", err)
		}
		return len(d.servers(d.forward("hub", 8081)+"/hub/api")) == 0, nil
	})
	if out := d.must(t, "fault"); strings.Count(out, " on ") != 1 || !strings.Contains(out, "database-lost") {
		t.Errorf("the faults are\n%s", out)
	}
	if out, code := d.run(t.Context(), t, "fault", "bad-mood", "on"); code != 1 || !strings.Contains(out, "there is no") {
		t.Errorf("an unknown fault exited with %d: %s", code, out)
	}
	d.must(t, "stop", "hub")
	if out, code := d.run(t.Context(), t, "fault"); code != 1 || !strings.Contains(out, "gameday start hub") {
		t.Errorf("without a Hub, faults exited with %d: %s", code, out)
	}
	d.recovered(3)
	d.must(t, "start", "hub")
}
