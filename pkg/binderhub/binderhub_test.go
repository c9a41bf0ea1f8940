package binderhub

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const metricsText = `# HELP binderhub_launch_count_total Counter of launches by repo
binderhub_launch_count_total{provider="GitHub",repo="https://github.com/a/b",status="success"} 6.0
binderhub_launch_count_total{provider="GitHub",repo="odd, \"quoted\" status=\"failure\" }",status="success"} 1.0
binderhub_launch_count_total{provider="",repo="https://example.com/c",status="failure"} 2.0
binderhub_launch_count_total{provider="",repo="https://example.com/c",status="repo_quota"} 3.0
binderhub_launch_count_created{provider="",repo="https://example.com/c",status="failure"} 1.79e+09
binderhub_build_count_total{status="success",provider="",repo="x"} 4.0
binderhub_build_count_total{status="failure",provider="",repo="x"} 1.0
binderhub_inprogress_builds 2.0
binderhub_inprogress_launches 5.0
process_start_time_seconds 1.531082e+09
`

func TestReadCounts(t *testing.T) {
	t.Parallel()
	got, err := readCounts(strings.NewReader(metricsText))
	if err != nil {
		t.Fatal(err)
	}
	want := Counts{
		Processes: 1, Since: time.Date(2018, 7, 8, 20, 33, 20, 0, time.UTC),
		Launched: 7, Failed: 2, Refused: 3, Built: 4, BuildFail: 1, Building: 2, Launching: 5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	later, again := want, want
	later.Launched, later.Failed, again.Since = 9, 3, want.Since.Add(time.Minute)
	if after, ok := later.After(want); !ok || after.Launched != 2 || after.Failed != 1 || after.Refused != 0 || after.Building != 2 {
		t.Errorf("after it there were %+v, %v", after, ok)
	}
	for _, before := range []Counts{later, again, {Since: want.Since}} {
		if _, ok := want.After(before); ok {
			t.Errorf("another's counts are compared: %+v", before)
		}
	}
	if _, err := readCounts(strings.NewReader("process_start_time_seconds 1\nother_thing 2\n")); err == nil {
		t.Error("metrics of something else were taken for BinderHub's")
	}
}

// TestLook asks a BinderHub whose Hub is down, a redirector that counts nothing
// of BinderHub's, and one that is gone.
func TestLook(t *testing.T) {
	t.Parallel()
	ill := serve(t, http.StatusServiceUnavailable, `{"ok": false, "checks": [
		{"service": "JupyterHub API", "ok": false},
		{"service": "Pod quota", "total_pods": 7, "quota": 7, "ok": false, "_ignore_failure": true}]}`, metricsText)
	state, err := Look(context.Background(), nil, ill+"/base")
	if err != nil {
		t.Fatal(err)
	}
	have, quota, full := state.Health.Full()
	if diff := cmp.Diff([]string{"JupyterHub API"}, state.Health.Failing()); diff != "" || !full || have != 7 || quota != 7 || state.Counts.Launched != 7 {
		t.Errorf("%+v %s", state, diff)
	}
	text, err := json.Marshal(state.Health) // which binderctl status prints
	if want := `{"ok":false,"checks":[{"service":"JupyterHub API","ok":false,"ignored":false,"pods":0,"quota":null},` +
		`{"service":"Pod quota","ok":false,"ignored":true,"pods":7,"quota":7}]}`; err != nil || string(text) != want {
		t.Errorf("%v: %s", err, text)
	}
	state, err = Look(context.Background(), nil, serve(t, http.StatusOK, `{"ok": true, "checks": []}`, "federation_health 1\n"))
	if err != nil || !state.Health.OK || state.Counts != nil || state.NotCounted == "" {
		t.Errorf("%+v %v", state, err)
	}
	if _, err := Look(context.Background(), nil, serve(t, http.StatusNotFound, "", "")); err == nil {
		t.Error("what answers 404 was taken for a BinderHub")
	}
}

// serve is a BinderHub at /base and at /.
func serve(t *testing.T, code int, health, metrics string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, "/base") {
		case "/health":
			w.WriteHeader(code)
			_, _ = w.Write([]byte(health))
		case "/metrics":
			_, _ = w.Write([]byte(metrics))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}
