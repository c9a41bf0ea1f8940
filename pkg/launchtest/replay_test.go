package launchtest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestRecorded replays what a real BinderHub said, with the server's address and
// token in their places.
func TestRecorded(t *testing.T) {
	t.Parallel()
	well := verdict{}
	verdicts := map[string]verdict{
		"built": well, "notbuilt": well, "notbuilt-held": well, "registry-down": well,
		"buildfail":            {launchtest.Push, launchtest.BuildFailed, launchtest.Failed, "boom"},
		"buildfail-held":       {launchtest.Push, launchtest.BuildFailed, launchtest.Failed, "boom"},
		"quota-total-notbuilt": {launchtest.Registry, launchtest.TotalQuota, launchtest.Refused, ""},
		"quota-total-built":    {launchtest.Registry, launchtest.TotalQuota, launchtest.Refused, ""},
		"quota-repo":           {launchtest.Registry, launchtest.RepoQuota, launchtest.Refused, "example.com/fake"},
		"rate-limit":           {launchtest.Connect, launchtest.RateLimited, launchtest.Refused, "3600"},
		"no-accept":            {launchtest.Connect, launchtest.BadRequest, launchtest.Failed, ""},
		"build-only":           {launchtest.Connect, launchtest.BadRequest, launchtest.Failed, ""},
		"bad-token":            {launchtest.Connect, launchtest.NotAllowed, launchtest.Failed, ""},
		"unknown-provider":     {launchtest.Resolve, launchtest.UnknownProvider, launchtest.Failed, ""},
		"banned":               {launchtest.Resolve, launchtest.BannedRepo, launchtest.Failed, ""},
		"bad-gh-spec":          {launchtest.Resolve, launchtest.BadSpec, launchtest.Failed, ""},
		"bad-proto":            {launchtest.Resolve, launchtest.BadSpec, launchtest.Failed, "ftp"},
		"git-unreachable":      {launchtest.Resolve, launchtest.RefError, launchtest.Failed, "Connection refused"},
		"gh-offline":           {launchtest.Resolve, launchtest.RefError, launchtest.Failed, "api.github.com"},
		"spawnfail":            {launchtest.Spawn, launchtest.SpawnRefused, launchtest.Failed, ""},
		"hub-down":             {launchtest.HubUser, launchtest.NoHub, launchtest.Failed, ""},
	}
	files, err := filepath.Glob("testdata/streams/*.eventsource")
	if err != nil || len(files) != len(verdicts) {
		t.Fatalf("%d recordings, %d verdicts: %v", len(files), len(verdicts), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eventsource")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := stand(t, nil)
			s.Tell = func(stream *launchtesttest.Stream) { replay(stream, s.URL, string(text)) }
			launch := run(t.Context(), t, options(t, s.URL))
			want, known := verdicts[name]
			switch {
			case !known:
				t.Errorf("no verdict for it: %+v %+v", launch, launch.Failure)
			case want != well:
				want.check(t, launch)
			case launch.Result != launchtest.OK || launch.User == "" || launch.Built == (name == "built") || s.Running() != 0:
				t.Errorf("%+v %+v", launch, launch.Failure)
			}
		})
	}
}

var recordedUser = regexp.MustCompile(`Server ready at /user/([^/]+)/`)

// replay sends a recording and stays, as BinderHub mostly does.
func replay(stream *launchtesttest.Stream, server, text string) {
	if found := recordedUser.FindStringSubmatch(text); found != nil {
		stream.User = found[1]
		stream.Spawn()
	}
	stream.Raw(strings.NewReplacer("SERVER", server, `"TOKEN"`, `"`+launchtesttest.Token+`"`).Replace(text))
	stream.Hold()
}

// FuzzStream sends anything in place of a stream: there is an end and a verdict.
func FuzzStream(f *testing.F) {
	files, err := filepath.Glob("testdata/streams/*.eventsource")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("data: {\"phase\": 1, \"message\": {}}\n\ndata\n\n\r\r:\n\ndata: [\n\ndata: {\"phase\":\"ready\",\"url\":\"http://\x00\"}\n\n"))
	var said []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/build/") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(said)
	}))
	f.Cleanup(server.Close)
	repo, err := launchtest.ParseRepo("o/r", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		said = text
		launch := launchtest.Run(t.Context(), launchtest.Options{
			Binder: server.URL, Repo: repo, Now: time.Now, Timeout: 5 * time.Second,
			Limits: map[launchtest.Stage]time.Duration{launchtest.ServerUp: time.Millisecond, launchtest.Shutdown: time.Millisecond},
		})
		if launch.Failure == nil || launch.Failure.Cause.Words() == "" || launch.Ended.IsZero() {
			t.Fatalf("%q: %+v", text, launch)
		}
	})
}
