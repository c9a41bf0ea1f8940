package hublog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// lines are lines of each signature, as versions of the programs write them.
func lines() map[hublog.ID][]string {
	return map[hublog.ID][]string{
		hublog.ReflectorDead: {
			"[E 2026-11-20 21:06:32.472 JupyterHub reflector:379] Watching resources never recovered, giving up",
			"[C 2018-01-20 21:06:32.472 JupyterHub reflector:113] Watching pods never recovered, giving up",
		},
		hublog.ReflectorHalt: {
			"[C 2023-11-20 21:06:32.472 JupyterHub spawner:2222] Pods reflector failed, halting Hub.",
			"[C 2023-11-20 21:06:32.472 JupyterHub spawner:2222] Reflector with key ('pods', 'ns') failed, halting Hub.",
		},
		hublog.ReflectorFailed: {
			"[E 2026-11-20 21:06:32.472 JupyterHub spawner:2400] Reflector for pods failed to start.",
			"[E 2026-11-20 21:06:32.472 JupyterHub spawner:2400] Reflector with key ('pods', None) failed to start.",
		},
		hublog.ReflectorMissed: {
			"[E 2026-11-20 21:07:58.542 JupyterHub spawner:3356] Pod hetzner-2i2c/jupyter-fake-repo-bzpio6u4 never showed up in reflector, restarting pod reflector",
		},
		hublog.Abort: {
			"[C 2026-11-20 21:07:58.542 JupyterHub base:1042] Aborting due to 5 consecutive spawn failures",
		},
		hublog.StopLost: {
			"[E 2026-11-20 21:04:02.099 JupyterHub spawner:3483] Pod hetzner-2i2c/jupyter-fake-repo-15vxi9fl did not disappear, restarting pod reflector",
		},
		hublog.ReflectorError: {
			"[E 2026-11-20 21:05:41.153 JupyterHub reflector:383] Error when watching resources, retrying in 0.2s",
			"[E 2017-09-29 00:46:54.814 JupyterHub reflector:113] Error when watching pods, retrying in 25.6s",
		},
		hublog.AlreadyGone: {
			"[W 2018-07-07 16:38:35.506 JupyterHub spawner:1476] No pod jupyter-ipython-2dipython-2din-2ddepth-... to delete. Assuming already deleted.",
			"[W 2026-11-20 21:04:02.099 JupyterHub spawner:3400] No pod ns/jupyter-a to delete. Assuming already deleted.",
		},
		hublog.SpawnsFailed: {
			"[W 2026-11-20 20:44:04.591 JupyterHub base:1030] 2 consecutive spawns failed.  Hub will exit if failure count reaches 5 before succeeding",
		},
		hublog.StartTimeout: {
			"binder-testing-xyz's server failed to start in 300 seconds, giving up",
			"[W 2026-11-20 21:04:49.454 JupyterHub user:824] fake-repo-9bo7enqb's server failed to start in 15 seconds, giving up.",
		},
		hublog.PodStartTimeout: {
			"TimeoutError: pod/jupyter-bokeh-2dbokeh-2dnotebooks-... did not start in 300 seconds!",
			"    TimeoutError: pod hetzner-2i2c/jupyter-fake-repo-9bo7enqb did not start in 15 seconds!",
		},
		hublog.StopTimeout: {
			"TimeoutError: pod/jupyter-ipython-2dipython-2din-2ddepth-... did not disappear in 300 seconds!",
			"    TimeoutError: pod hetzner-2i2c/jupyter-fake-repo-9bo7enqb did not disappear in 15 seconds!",
		},
		hublog.CleanupFailed: {
			"[E 2026-11-20 21:05:06.019 JupyterHub user:842] Failed to cleanup fake-repo-9bo7enqb's server that failed to start",
			"[E 2026-11-20 21:05:06.019 JupyterHub app:2600] Failed to cleanup fake-repo-9bo7enqb which appeared to stop while the Hub was down",
		},
		hublog.HTTPTimeout: {
			"[W 2026-11-20 21:04:49.454 JupyterHub user:933] me's server never showed up at http://10.1.2.3:8888/user/me/ after 30 seconds. Giving up.",
		},
		hublog.Unhandled: {
			"[E 2026-11-20 20:44:03.526 JupyterHub user:832] Unhandled error starting fail-1's server: simulated spawn failure",
			"[E 2026-11-20 20:44:03.526 JupyterHub user:950] Unhandled error waiting for fail-1's server to show up at http://10.1.2.3:8888/",
		},
		hublog.KubernetesSlow: {
			"[E 2026-11-20 20:44:03.526 JupyterHub spawner:3100] Could not create pod ns/jupyter-a",
			"    TimeoutError: Could not delete pod ns/jupyter-a",
		},
		hublog.StillStopping: {
			"400 DELETE /hub/api/users/binder-testing-chcr2h3j (1.2.3.4): binder-testing-chcr2h3j's server is in the process of stopping, please wait.",
			"[W 2026-11-20 20:44:03.534 JupyterHub web:1818] 400 DELETE /hub/api/users/me (1.2.3.4): me's server is in the process of stopping, please wait.",
		},
		hublog.StillPending: {
			"[W 2026-11-20 20:44:03.534 JupyterHub web:1818] 400 POST /hub/api/users/me/server (1.2.3.4): me is pending stop",
		},
		hublog.SlowStop: {
			"[W 2026-11-20 21:03:58.072 JupyterHub base:1203] User fake-repo-15vxi9fl: server is slow to stop (timeout=10)",
			"[W 2026-11-20 21:03:58.072 JupyterHub base:1203] User fake-repo-15vxi9fl:lab server is slow to stop (timeout=10)",
		},
		hublog.SlowStart: {
			"[W 2026-11-20 21:03:58.072 JupyterHub base:1100] User me is slow to become responsive (timeout=10)",
		},
		hublog.ProxyFailed:     {"[E 2026-11-20 21:03:58.072 JupyterHub base:1100] Failed to add me to proxy!"},
		hublog.Throttled:       {"[I 2026-11-20 21:03:58.072 JupyterHub base:900] 64 pending spawns, throttling. Suggested retry in 34 seconds."},
		hublog.Full:            {"[I 2026-11-20 21:03:58.072 JupyterHub base:910] 300 servers active, no space available"},
		hublog.EventLoop:       {"[W 2026-11-20 21:03:58.072 JupyterHub metrics:330] Event loop was unresponsive for at least 2.50s!"},
		hublog.NotAnswering:    {"[W 2026-11-20 21:03:58.072 JupyterHub app:2400] me does not appear to be running at http://10.1.2.3:8888, shutting it down."},
		hublog.TruncatedList:   {"[W 2026-11-20 21:03:58.072 JupyterHub users:130] Truncated user list in request that does not expect pagination. Processing 200 of 900 total users."},
		hublog.CullSkipped:     {"[I 171120 21:03:58 __init__:130] Not culling server me with pending stop"},
		hublog.CullFailed:      {"[E 171120 21:03:58 __init__:130] Error processing user me", "[E 2026-11-20 21:03:58.072 idle-culler idle_culler:400] Error processing me"},
		hublog.CullSlow:        {"[W 171120 21:03:58 __init__:130] Server me is slow to stop"},
		hublog.StoppedByItself: {"[W 2026-11-20 21:03:40.509 JupyterHub base:1127] User fake-repo-ywbjo1oh server stopped, with exit code: 1"},
		hublog.LostWhileDown:   {"[W 2026-11-20 21:09:02.404 JupyterHub app:2512] fake-repo-tokn76pd appears to have stopped while the Hub was down"},
		hublog.MissingRoute:    {"[W 2026-11-20 21:09:02.404 JupyterHub proxy:420] Adding missing route for me (Server(url=http://10.1.2.3:8888/user/me/))"},
		hublog.StaleRoute:      {"[W 2026-11-20 21:09:02.404 JupyterHub proxy:440] Deleting stale route /user/me/"},
		hublog.ReflectorTimeout: {
			"[W 2026-11-20 21:09:02.404 JupyterHub reflector:360] Read timeout watching pods, reconnecting",
		},
		hublog.ReflectorEnded: {
			"[I 2026-11-20 21:04:02.153 JupyterHub reflector:395] pods watcher stopped: outer",
			"[W 2026-11-20 21:04:02.153 JupyterHub reflector:397] pods watcher finished",
		},
		hublog.ReflectorBegan: {
			"[I 2026-11-20 21:04:02.105 JupyterHub reflector:297] watching for pods with label selector='component=singleuser-server' in namespace hetzner-2i2c",
			"[I 2026-11-20 21:04:02.105 JupyterHub reflector:297] watching for events with field selector='involvedObject.kind=Pod' in namespace hetzner-2i2c",
		},
		hublog.HubStarted:   {"[I 2026-11-20 21:09:02.926 JupyterHub app:3160] JupyterHub is now running at http://127.0.0.1:18000"},
		hublog.HubVersion:   {"[I 2026-11-20 21:09:02.926 JupyterHub app:3300] Running JupyterHub version 5.3.0"},
		hublog.SpawnersRead: {"[I 2026-11-20 21:09:02.460 JupyterHub app:2844] Initialized 3 spawners in 0.105 seconds"},
		hublog.StillRunning: {"[I 2026-11-20 21:09:02.449 JupyterHub app:2504] fake-repo-kep6dkoe still running"},
		hublog.Started:      {"[I 2026-11-20 21:07:58.596 JupyterHub base:963] User fake-repo-kep6dkoe took 0.295 seconds to start"},
		hublog.Culled: {
			"[I 171120 21:03:58 __init__:156] Culling server me (inactive for 00:10:00)",
			"[I 2026-11-20 21:03:58.072 idle-culler idle_culler:350] Culling user me (age: 06:00:10, inactive for 00:00:05)",
		},
		hublog.BinderFull:      {"[E 261120 21:03:58 quota:100] BinderHub is full: 300/300"},
		hublog.RepoQuota:       {"[E 261120 21:03:58 quota:120] https://github.com/a/b has exceeded quota: 100/100 (250 total)"},
		hublog.BinderToHub:     {"[E 261120 21:03:58 launcher:150] Error accessing Hub API (using http://hub:8081/hub/api/users/x): HTTP 599: Timeout", "[E 261120 21:03:58 launcher:150] Error creating user x: HTTP 500"},
		hublog.BinderRetries:   {"[W 261120 21:03:58 builder:700] Retrying launch of https://github.com/a/b after error (duration=300s, attempt=1): Timeout"},
		hublog.BinderUnhealthy: {"[W 261120 21:03:58 health:90] Unhealthy services: ['JupyterHub API']"},
		hublog.GitHubLimit:     {"[E 261120 21:03:58 repoproviders:800] GitHub Rate limit (5000) exceeded. Reset in 12 minutes."},
	}
}

// TestEverySignature finds each signature, and no other, in lines of its own: as
// they are, behind the API server's timestamps, in the file of a container
// runtime, and in the syslog of mybinder.org's k3s members.
func TestEverySignature(t *testing.T) {
	t.Parallel()
	wrappings := map[string]func(string) string{
		"bare":    func(line string) string { return line },
		"crlf":    func(line string) string { return line + "\r" },
		"server":  func(line string) string { return "2026-11-20T21:04:02.099123456Z " + line },
		"runtime": func(line string) string { return "2026-11-20T22:04:02.099123456+01:00 stderr F " + line },
		"syslog": func(line string) string {
			return "Nov 20 21:04:02 gesis podlogs[12]: podlogs gesis_hub-5d8b-x 2026-11-20T21:04:02.09Z stderr F " + line
		},
	}
	examples := lines()
	for _, signature := range hublog.Known() {
		if len(examples[signature.ID]) == 0 {
			t.Errorf("there is no example of %s", signature.ID)
		}
		for _, line := range examples[signature.ID] {
			for name, wrap := range wrappings {
				log := scan(t, wrap(line)+"\n")
				if got, want := ids(log), []hublog.ID{signature.ID}; !cmp.Equal(got, want) {
					t.Errorf("%s: found %q, want %q in\n%s", name, got, want, wrap(line))
				}
			}
		}
	}
}

// TestRequestsAreNoTrouble passes over requests that name what looks like trouble.
func TestRequestsAreNoTrouble(t *testing.T) {
	t.Parallel()
	log := scan(t, strings.Join([]string{
		"[I 2026-11-20 21:04:34.651 JupyterHub log:186] 201 POST /hub/api/users/halting Hub (binder@127.0.0.1) 17.89ms",
		"[W 2026-11-20 21:04:34.651 JupyterHub log:186] 429 POST /hub/api/users/a/server (binder@127.0.0.1) 17.89ms",
		"[E 2026-11-20 21:04:34.651 JupyterHub log:178] {",
		`  "Host": "hub"`,
		"}",
		"[E 2026-11-20 21:04:34.651 JupyterHub log:186] 503 GET /hub/api/users never recovered, giving up (binder@127.0.0.1) 17.89ms",
		"[I 171120 21:04:34 log:135] 200 GET /hub/api (127.0.0.1) 17.89ms",
	}, "\n"))
	if len(log.Found) > 0 {
		t.Errorf("found %v", ids(log))
	}
	if want := (hublog.Requests{Count: 4, Failed: 1, Throttled: 1}); log.Requests != want {
		t.Errorf("requests are %+v, want %+v", log.Requests, want)
	}
}

func scan(t *testing.T, text string) *hublog.Log {
	t.Helper()
	log, err := hublog.Scan(strings.NewReader(text), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func ids(log *hublog.Log) []hublog.ID {
	list := []hublog.ID{}
	for _, seen := range log.Found {
		list = append(list, seen.ID)
	}
	return list
}
