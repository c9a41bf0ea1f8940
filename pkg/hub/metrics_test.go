package hub

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCounts reads what JupyterHub until 5.5 and since 6.0 tells alike.
func TestReadCounts(t *testing.T) {
	t.Parallel()
	const common = `# HELP jupyterhub_running_servers the number of user servers currently running
# TYPE jupyterhub_running_servers gauge
jupyterhub_running_servers 12.0
jupyterhub_request_duration_seconds_count{code="200",handler="x",method="GET"} 99.0
jupyterhub_server_stop_seconds_count{status="success"} 40.0
jupyterhub_server_stop_seconds_count{status="failure"} 2.0
jupyterhub_server_stop_seconds_created{status="failure"} 1.7952089563158968e+09
jupyterhub_proxy_add_duration_seconds_count{status="failure"} 1.0
jupyterhub_server_spawn_duration_seconds_bucket{le="0.5",status="success"} 3.0
`
	want := Counts{Running: 12, Started: 50, Failed: 3, Throttled: 5, Stopped: 40, StopFailed: 2, RoutesFailed: 1, SpawnSeconds: 4}
	for version, text := range map[string]string{
		"5.5": `jupyterhub_server_spawn_duration_seconds_count{status="success"} 50.0
jupyterhub_server_spawn_duration_seconds_sum{status="success"} 200.0
jupyterhub_server_spawn_duration_seconds_count{status="failure"} 3.0
jupyterhub_server_spawn_duration_seconds_sum{status="failure"} 900.0
jupyterhub_server_spawn_duration_seconds_count{status="already-pending"} 7.0
jupyterhub_server_spawn_duration_seconds_count{status="throttled"} 4.0
jupyterhub_server_spawn_duration_seconds_count{status="too-many-users"} 1.0
`,
		"6.0": `jupyterhub_server_spawn_duration_seconds_count{reason="",status="success"} 50.0
jupyterhub_server_spawn_duration_seconds_sum{reason="",status="success"} 2e+02
jupyterhub_server_spawn_duration_seconds_count{reason="timeout",status="failure"} 2.0
jupyterhub_server_spawn_duration_seconds_count{reason="error",status="error"} 1.0
jupyterhub_server_spawn_duration_seconds_count{reason="already-pending",status="failure"} 7.0
jupyterhub_server_spawn_duration_seconds_count{reason="throttled",status="failure"} 4.0
jupyterhub_server_spawn_duration_seconds_count{reason="too-many-users",status="failure"} 1.0
`,
	} {
		got, err := readCounts(strings.NewReader(common + text))
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v\n%s", version, err, cmp.Diff(want, got))
		}
	}
}

// TestNoCounts takes a page that something else answered for no metrics at all.
func TestNoCounts(t *testing.T) {
	t.Parallel()
	if _, err := readCounts(strings.NewReader("<html>not found</html>")); !errors.Is(err, ErrIncomplete) {
		t.Error(err)
	}
}

func TestMetricsAreBesideTheAPI(t *testing.T) {
	t.Parallel()
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hub/metrics" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		_, _ = w.Write([]byte("jupyterhub_running_servers 3\n"))
	})
	var got []byte
	err := client.Metrics(t.Context(), func(r io.Reader) (err error) {
		got, err = io.ReadAll(r)
		return err
	})
	if err != nil || string(got) != "jupyterhub_running_servers 3\n" {
		t.Errorf("%q, %v", got, err)
	}
}
