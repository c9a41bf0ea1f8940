package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const launchNamespace = "launch"

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// checkFaults sees what each fault does to a launch: what the stream says last, or
// what is wrong with the server.
func checkFaults(t *testing.T, day gameday, told info) {
	const cached, quick = "binder-examples/requirements", 4 * time.Second
	for _, fault := range []struct {
		name, repo, want string
		within           time.Duration
		server           func(t *testing.T, server, token string) // what is wrong with it, if it is ready
	}{
		{name: "resolve-fails", repo: cached, want: "failed: Could not resolve ref for gh:binder-examples/requirements/HEAD"},
		{name: "github-limit", repo: cached, want: "GitHub rate limit exceeded. Try again in 23 minutes."},
		{name: "build-queue-stuck", repo: "a/queue", want: "waiting: Waiting for build to start...\n", within: quick},
		{name: "fetch-fails", repo: "a/fetch", want: "failure: Error during build: Failed to fetch repository!"},
		{name: "build-fails", repo: "a/build", want: "returned a non-zero code: 1\n\nfailed: <nil>"},
		{name: "build-hangs", repo: "a/hang", want: "building: Step 11/20", within: quick},
		{name: "registry-down", repo: cached, want: "ready: "},
		{name: "push-fails", repo: "a/push", want: "failure: Error during build: denied: requested access to the resource is denied"},
		{name: "hub-user-fails", repo: cached, want: "failed: Failed to create temporary user for "},
		{name: "spawn-fails", repo: cached, want: "Launch attempt 1 failed, retrying...\n\nfailed: Failed to launch image "},
		{name: "no-node", repo: cached, want: "Insufficient memory", within: quick},
		{name: "pull-fails", repo: cached, want: "[Warning] Error: ImagePullBackOff", within: quick},
		{name: "pull-slow", repo: cached, want: "[Normal] Pulling image", within: quick},
		{name: "container-crashes", repo: cached, want: "Started container notebook", within: quick},
		{name: "route-missing", repo: cached, want: "ready: ", server: func(t *testing.T, server, _ string) {
			if code, _ := ask(t, http.MethodGet, server+"api", ""); code != http.StatusFailedDependency {
				t.Errorf("a server without a route answers %d", code)
			}
		}},
		{name: "server-silent", repo: cached, want: "ready: ", server: func(t *testing.T, server, _ string) {
			if code, _ := ask(t, http.MethodGet, server+"api", ""); code != 0 {
				t.Errorf("a silent server answers %d", code)
			}
		}},
		{name: "kernel-dies", repo: cached, want: "ready: ", server: func(t *testing.T, server, token string) {
			if printed, status := compute(t, server, token, "print(1+1)"); printed != "" || status != "dead" {
				t.Errorf("a kernel that dies printed %q, %q", printed, status)
			}
		}},
		{name: "kernel-wrong-answer", repo: cached, want: "ready: ", server: func(t *testing.T, server, token string) {
			if printed, status := compute(t, server, token, "print(1+1)"); printed != "3\n" || status != "ok" {
				t.Errorf("a kernel that is wrong printed %q, %q", printed, status)
			}
		}},
		{name: "shutdown-ignored", repo: cached, want: "ready: ", server: func(t *testing.T, server, token string) {
			code, _ := ask(t, http.MethodPost, server+"api/shutdown", token)
			if alive, _ := ask(t, http.MethodGet, server+"api", ""); code != http.StatusOK || alive != http.StatusOK {
				t.Errorf("a server that ignores it answers %d, and then %d", code, alive)
			}
		}},
		{name: "quota-total", repo: cached, want: "failed: Too many users on this BinderHub! Try again soon.\n"},
		{name: "quota-repo", repo: "a/quota", want: "failed: Too many users running https://github.com/a/quota! Try again soon.\n"},
		{name: "rate-limit", repo: cached, want: "failed: Rate limit exceeded. Try again in 3600 seconds.\n"},
		{name: "front-502", repo: cached, want: "502 <html>"},
		{name: "front-503", repo: cached, want: "503 Service Temporarily Unavailable"},
		{name: "front-504", repo: cached, want: "504 Gateway Time-out"},
		{name: "front-redirect-loop", repo: cached, want: "stopped after 10 redirects"},
		{name: "stream-stalls", repo: cached, want: "Launching server", within: quick},
		{name: "stream-cut", repo: cached, want: "Launching server"},
	} {
		t.Run(fault.name, func(t *testing.T) {
			day.must(t, "fault", fault.name, "on")
			defer day.must(t, "fault", fault.name, "off")
			within := fault.within
			if within == 0 {
				within = time.Minute
			}
			got := launch(t, at(told.BinderPort)+"/build/gh/"+fault.repo+"/HEAD", within)
			if !strings.Contains(got.String(), fault.want) {
				t.Errorf("the launch said\n%s\nand not %q", got, fault.want)
			}
			if fault.within == 0 && got.ended != (fault.name == "stream-cut") || got.broken != (fault.name == "stream-cut") {
				t.Errorf("the stream ended: %t, within a frame: %t", got.ended, got.broken)
			}
			if fault.server != nil {
				fault.server(t, text(got.last(), "url"), text(got.last(), "token"))
			}
		})
	}
}
