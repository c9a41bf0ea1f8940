package hublog_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

func at(clock string) time.Time {
	when, err := time.Parse("2006-01-02 15:04:05.999999999", clock)
	if err != nil {
		panic(err)
	}
	return when
}

func TestTimes(t *testing.T) {
	t.Parallel()
	const gaveUp = "JupyterHub reflector:379] Watching resources never recovered, giving up"
	for name, tc := range map[string]struct {
		log   string
		clock hublog.Clock
		first time.Time
		last  time.Time
	}{
		"the Hub's own is taken for UTC": {
			"[E 2026-11-20 21:06:32.472 " + gaveUp, hublog.HubClock, at("2026-11-20 21:06:32.472"), at("2026-11-20 21:06:32.472"),
		},
		"the API server's goes before it": {
			"2026-11-20T21:06:33.5Z [E 2026-11-20 21:06:32.472 " + gaveUp, hublog.ServerClock, at("2026-11-20 21:06:33.5"), at("2026-11-20 21:06:33.5"),
		},
		"a node in another zone": {
			"2026-11-20T22:06:33.5+01:00 [E 2026-11-20 21:06:32.472 " + gaveUp, hublog.ServerClock, at("2026-11-20 21:06:33.5"), at("2026-11-20 21:06:33.5"),
		},
		"an old tornado's": {
			"[E 171007 18:32:27 " + gaveUp, hublog.HubClock, at("2017-10-07 18:32:27"), at("2017-10-07 18:32:27"),
		},
		"Python's, and a traceback without": {
			"2017-09-29 00:46:54,810 WARNING Retrying (Retry(total=2))\n    Watching resources never recovered, giving up",
			hublog.HubClock, at("2017-09-29 00:46:54.81"), at("2017-09-29 00:46:54.81"),
		},
		"a console's, with a zone, on a line of its own": {
			"2018-07-07 18:32:27.000 CEST\nTimeoutError: pod/jupyter-a did not disappear in 300 seconds!\n" +
				"2018-07-07 18:34:04.000 CEST\nTimeoutError: pod/jupyter-b did not disappear in 300 seconds!",
			hublog.HubClock, at("2018-07-07 16:32:27"), at("2018-07-07 16:34:04"),
		},
		"none": {"x's server failed to start in 300 seconds, giving up", hublog.NoClock, time.Time{}, time.Time{}},
	} {
		log := scan(t, tc.log)
		if log.Clock != tc.clock || !log.Found[0].First.Equal(tc.first) || !log.Found[0].Last.Equal(tc.last) {
			t.Errorf("%s: clock %s, from %s to %s", name, log.Clock, log.Found[0].First, log.Found[0].Last)
		}
	}
}

// TestOneTroubleIsCountedOnce knows an exception and its traceback, which have the
// same words, from two exceptions.
func TestOneTroubleIsCountedOnce(t *testing.T) {
	t.Parallel()
	log := scan(t, `[E 2026-11-20 21:05:06.019 JupyterHub user:842] Failed to cleanup a's server that failed to start
    Traceback (most recent call last):
    TimeoutError: pod ns/jupyter-a did not disappear in 15 seconds!

[E 2026-11-20 21:05:06.022 JupyterHub gen:630] Exception in Future <Task exception=TimeoutError('pod ns/jupyter-a did not start in 15 seconds!')> after timeout
    Traceback (most recent call last):
    TimeoutError: pod ns/jupyter-a did not start in 15 seconds!

[E 2026-11-20 21:05:09.022 JupyterHub gen:630] Exception in Future <Task exception=TimeoutError('pod ns/jupyter-b did not start in 300 seconds!')> after timeout
    TimeoutError: pod ns/jupyter-b did not start in 300 seconds!
`)
	seen := log.Of(hublog.PodStartTimeout)
	if seen.Count != 2 || seen.Distinct != 2 || seen.Longest != 300 {
		t.Errorf("%+v", seen)
	}
	if stop := log.Of(hublog.StopTimeout); stop.Count != 1 {
		t.Errorf("%+v", stop)
	}
}

func TestReflectorLives(t *testing.T) {
	t.Parallel()
	const (
		dies    = "[E 2026-11-20 21:06:32.472 JupyterHub reflector:379] Watching resources never recovered, giving up\n"
		dies2   = "[E 2026-11-20 21:06:37.517 JupyterHub reflector:379] Watching resources never recovered, giving up\n"
		watches = "[I 2026-11-20 21:07:58.547 JupyterHub reflector:297] watching for pods with label selector='component=singleuser-server' in namespace a\n"
		missed  = "[E 2026-11-20 21:07:58.542 JupyterHub spawner:3356] Pod a/b never showed up in reflector, restarting pod reflector\n"
		spawns  = "[I 2026-11-20 21:08:58.596 JupyterHub base:963] User b took 0.295 seconds to start\n"
		runs    = "[I 2026-11-20 21:09:02.926 JupyterHub app:3160] JupyterHub is now running at http://127.0.0.1:18000\n"
	)
	for name, tc := range map[string]struct {
		log          string
		pods, events bool // dead at the end
	}{
		"one death is taken for the graver":      {dies, true, false},
		"two are both":                           {dies + dies2, true, true},
		"the pods' is revived alone":             {dies + dies2 + missed + watches, false, true},
		"an old KubeSpawner does not say so":     {dies + missed, false, false},
		"a server that starts was seen":          {dies + spawns, false, false},
		"a new Hub has new ones":                 {dies + dies2 + runs, false, false},
		"and they may die again":                 {runs + dies, true, false},
		"by name, where it is given":             {"[C 2018-01-20 21:06:32.472 JupyterHub reflector:113] Watching events never recovered, giving up\n", false, true},
		"a watch that ends after another begins": {missed + watches + "[W 2026-11-20 21:08:02.153 JupyterHub reflector:397] pods watcher finished\n", false, false},
	} {
		log := scan(t, tc.log)
		if pods, events := log.Reflector("pods").Dead, log.Reflector("events").Dead; pods != tc.pods || events != tc.events {
			t.Errorf("%s: pods' dead %t, events' dead %t", name, pods, events)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	log := scan(t, `[I 2026-11-20 21:00:00.000 JupyterHub app:3300] Running JupyterHub version 5.3.0
[I 2026-11-20 21:00:01.000 JupyterHub app:2844] Initialized 3 spawners in 0.105 seconds
[I 2026-11-20 21:00:02.000 JupyterHub app:3160] JupyterHub is now running at http://127.0.0.1:18000
[I 2026-11-20 21:00:03.000 JupyterHub base:963] User a took 2.0 seconds to start
[I 2026-11-20 21:00:04.000 JupyterHub base:963] User b took 4.0 seconds to start
[I 2026-11-20 21:00:05.000 JupyterHub base:963] User c took 90.0 seconds to start
[W 2026-11-20 21:00:06.000 JupyterHub base:1030] 2 consecutive spawns failed.  Hub will exit if failure count reaches 5 before succeeding
[W 2026-11-20 21:00:07.000 JupyterHub base:1030] 3 consecutive spawns failed.  Hub will exit if failure count reaches 5 before succeeding
[W 2026-11-20 21:00:08.000 JupyterHub metrics:330] Event loop was unresponsive for at least 2.50s!
[I 2026-11-20 21:00:09.000 idle-culler idle_culler:350] Culling user me (age: 06:00:10, inactive for 00:00:05)
`)
	if want := (hublog.Starts{Count: 1, Last: at("2026-11-20 21:00:02"), Readopts: 3}); log.Starts != want {
		t.Errorf("starts %+v", log.Starts)
	}
	if want := (hublog.Failures{InARow: 3, Limit: 5, At: at("2026-11-20 21:00:07")}); log.Failures != want {
		t.Errorf("failures %+v", log.Failures)
	}
	if s := log.Spawns; s.Count != 3 || s.Median < 3.8 || s.Median > 4.2 || s.Recent != 4 {
		t.Errorf("spawns %+v", s)
	}
	if want := (hublog.Stalls{Count: 1, Longest: 2.5, Last: at("2026-11-20 21:00:08")}); log.Stalls != want {
		t.Errorf("stalls %+v", log.Stalls)
	}
	if log.Version != "5.3.0" || !log.LastCull.Equal(at("2026-11-20 21:00:09")) {
		t.Errorf("version %s, last cull %s", log.Version, log.LastCull)
	}
	log = scan(t, `[W 2026-11-20 21:00:07.000 JupyterHub base:1030] 3 consecutive spawns failed.  Hub will exit if failure count reaches 5 before succeeding
[I 2026-11-20 21:00:05.000 JupyterHub base:963] User c took 90.0 seconds to start`)
	if log.Failures.InARow != 0 {
		t.Errorf("a success ends the row: %+v", log.Failures)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	text := `[W 2026-11-20 20:00:07.000 JupyterHub user:824] a's server failed to start in 300 seconds, giving up.
[W 2026-11-20 21:00:07.000 JupyterHub user:824] b's server failed to start in 300 seconds, giving up.
`
	log, err := hublog.Scan(strings.NewReader(text), at("2026-11-20 20:30:00"))
	if err != nil || log.Of(hublog.StartTimeout).Count != 1 {
		t.Errorf("%+v, %v", log.Found, err)
	}
}

// TestNothingStrangeHurts reads lines that no Hub means to write.
func TestNothingStrangeHurts(t *testing.T) {
	t.Parallel()
	const good = "[E 2026-11-20 21:06:32.472 JupyterHub reflector:379] Watching resources never recovered, giving up"
	for name, text := range map[string]string{
		"a line of 8 MB":            good + strings.Repeat("x", 8<<20) + "\n" + good,
		"8 MB without an end":       good + "\n" + good + strings.Repeat("y", 8<<20),
		"the end of 8 MB cut off":   good + "\n" + strings.Repeat("[", 8<<20) + "\n" + good,
		"CRLF":                      good + "\r\n" + good + "\r\n",
		"NULs":                      "\x00\x00" + good + "\x00\n\x00\n" + good,
		"no UTF-8":                  good + "\xff\xfe\n" + good,
		"no end to the last line":   good + "\n" + good,
		"brackets without headings": "[[[[ [I [I 2 [I ]]\n" + good + "\n" + good,
		"empty lines":               "\n\n\r\n" + good + "\n\n" + good,
	} {
		log := scan(t, text)
		if log.Of(hublog.ReflectorDead).Count != 2 || log.Bytes != int64(len(text)) {
			t.Errorf("%s: found %+v in %d bytes of %d", name, log.Found, log.Bytes, len(text))
		}
	}
}

// TestABrokenReadKeepsWhatWasRead gives what there was until then.
func TestABrokenReadKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	text := "x's server failed to start in 300 seconds, giving up\n"
	log, err := hublog.Scan(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), time.Time{})
	if !errors.Is(err, broken) || log.Of(hublog.StartTimeout).Count != 1 {
		t.Errorf("%v, %+v", err, log.Found)
	}
}

func TestSamplesAreScrubbed(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"400 DELETE /hub/api/users/a (1.2.3.4): a's server is in the process of stopping, please wait.":           "400 DELETE /hub/api/users/a (…): a's server is in the process of stopping, please wait.",
		"400 DELETE /hub/api/users/a (binder@10.0.0.1): a's server is in the process of stopping, please wait.":   "400 DELETE /hub/api/users/a (binder@…): a's server is in the process of stopping, please wait.",
		"400 DELETE /hub/a (x@::ffff:10.0.0.1): a's server is in the process of stopping, please wait.":           "400 DELETE /hub/a (x@…): a's server is in the process of stopping, please wait.",
		"400 DELETE /hub/a (x@2001:db8::1): a's server is in the process of stopping, please wait.":               "400 DELETE /hub/a (x@…): a's server is in the process of stopping, please wait.",
		"400 GET /hub/a?token=abc&x=y a's server is in the process of stopping, please wait.":                     "400 GET /hub/a?… a's server is in the process of stopping, please wait.",
		`Unhandled error starting a's server: headers {"Authorization": "token 0123456789abcdef", "x": 1}`:        `Unhandled error starting a's server: headers {"Authorization": …", "x": 1}`,
		"Unhandled error starting a's server: JUPYTERHUB_API_TOKEN=s3cret":                                        "Unhandled error starting a's server: JUPYTERHUB_API_TOKEN=…",
		"Unhandled error starting a's server: https://me:pass@github.com/a/b":                                     "Unhandled error starting a's server: https://…@github.com/a/b",
		"Unhandled error starting a's server: 0123456789abcdef0123456789abcdef":                                   "Unhandled error starting a's server: …",
		"Unhandled error starting a's server: client_ip:93.184.216.34.":                                           "Unhandled error starting a's server: client_ip:….",
		"Unhandled error starting a's server: ip=2001:db8:85a3::8a2e:370:7334.":                                   "Unhandled error starting a's server: ip=….",
		"Unhandled error starting a's server: from [2001:db8::1].":                                                "Unhandled error starting a's server: from […].",
		"Unhandled error starting a's server: JUPYTERHUB_API_TOKEN abcDEF0123456789abcDEF.":                       "Unhandled error starting a's server: JUPYTERHUB_API_TOKEN …",
		"Unhandled error starting a's server: jupyterhub-session-id=deadbeefdeadbeef.":                            "Unhandled error starting a's server: jupyterhub-session-id=…",
		"Unhandled error starting a's server: at http://93.184.216.34:80.":                                        "Unhandled error starting a's server: at http://…:80.",
		"Unhandled error starting a's server: at 21:04:49.454 of node::fail.":                                     "Unhandled error starting a's server: at 21:04:49.454 of node::fail.",
		"a does not appear to be running at http://10.1.2.3:8888, shutting it down.":                              "a does not appear to be running at http://10.1.2.3:8888, shutting it down.",
		"Error accessing Hub API (using http://hub:8081/hub/api/users/x): HTTP 500: token 0123456789abcdef01 bad": "Error accessing Hub API (using http://hub:8081/hub/api/users/x): HTTP 500: token … bad",
	} {
		if got := scan(t, line).Found[0].Sample; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
