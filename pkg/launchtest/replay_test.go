package launchtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
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

// TestExpired has a certificate that expired yesterday.
func TestExpired(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(0, 0, -90), NotAfter: time.Now().AddDate(0, 0, -1),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	opts := options(t, server.URL)
	opts.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	verdict{launchtest.Connect, launchtest.BadCertificate, launchtest.Failed, "expired"}.check(t, run(t.Context(), t, opts))
}

// TestMany launches two hundred at once, whose stages are timed as they are told,
// in little memory.
func TestMany(t *testing.T) { //nolint:paralleltest // it measures memory
	const launches, rest = 200, 300 * time.Millisecond
	s := stand(t, func(s *launchtesttest.Stream) {
		time.Sleep(rest)
		s.Event(`{"phase": "building", "message": "` + strings.Repeat("x", 10_000) + `"}`)
		time.Sleep(rest)
		s.Ready("")
	})
	var all []launchtest.Options
	for range launches {
		all = append(all, options(t, s.URL))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ended := 0
	done, skipped := launchtest.Many(t.Context(), all, launches, func(int, launchtest.Launch) { ended++ })
	runtime.ReadMemStats(&after)
	if len(done) != launches || skipped != 0 || ended != launches || s.Running() != 0 {
		t.Errorf("%d done, %d skipped, %d told, %d run", len(done), skipped, ended, s.Running())
	}
	for _, times := range launchtest.Times(done) {
		if times.Stage == launchtest.Build && (times.Launches != launches || times.P50 < 0.25 || times.P50 > 1) {
			t.Errorf("%+v", times)
		}
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 100<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	for _, launch := range done {
		if launch.Result != launchtest.OK {
			t.Fatalf("%+v", launch.Failure)
		}
	}
}

// TestRefusedOnce makes no more launches where one was refused.
func TestRefusedOnce(t *testing.T) {
	t.Parallel()
	s := stand(t, func(s *launchtesttest.Stream) {
		s.Event(`{"phase": "failed", "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}`)
	})
	well := stand(t, nil)
	all := []launchtest.Options{options(t, s.URL), options(t, s.URL), options(t, well.URL), options(t, s.URL)}
	done, skipped := launchtest.Many(t.Context(), all, 1, func(int, launchtest.Launch) {})
	if len(done) != 2 || skipped != 2 || len(s.Asked()) != 1 || done[1].Result != launchtest.OK {
		t.Errorf("%d skipped of %+v", skipped, done)
	}
	common := launchtest.Common(done)
	if len(common) != 1 || common[0].Cause != launchtest.RateLimited || common[0].Launches != 1 {
		t.Errorf("%+v", common)
	}
}

// TestSaid reads what a BinderHub says of itself.
func TestSaid(t *testing.T) {
	t.Parallel()
	s := stand(t, nil)
	s.Providers = []string{"gh", "zenodo"}
	ids, err := launchtest.Providers(t.Context(), options(t, s.URL))
	if err != nil || strings.Join(ids, " ") != "gh zenodo" {
		t.Errorf("%v %v", ids, err)
	}
	if members, err := launchtest.Members(t.Context(), options(t, s.URL)); err == nil {
		t.Errorf("it has members: %v", members)
	}
}
