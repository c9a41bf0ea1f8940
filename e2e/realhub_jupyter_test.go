package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/e2e/realhub"
	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// A launch that ends at a real Jupyter server with ipykernel, which computes and
// is shut down.
func TestRealHubJupyterComputes(t *testing.T) {
	t.Parallel()
	tools, err := hubTools()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	home := t.TempDir()
	jupyter, err := realhub.StartJupyter(ctx, tools, home)
	if err != nil {
		t.Fatalf("%v\n%s", err, readFile(t, filepath.Join(home, "jupyter.log")))
	}
	t.Cleanup(func() {
		if err := jupyter.Stop(); err != nil {
			t.Error(err)
		}
	})
	d := newLaunchDay(t, launchScenario)
	before := d.users(t)
	d.putBehind(ctx, t, jupyter.URL)
	got := launched(d.run(t, "launch", "test", cachedRepo, "-o", "json").exits(0))
	if got.Result != "ok" || !got.Computed || got.Language != "python" || got.Cleanup != "" {
		t.Errorf("the launch is not as it should be: %+v\n%s", got, readFile(t, filepath.Join(home, "jupyter.log")))
	}
	d.nothingLeft(t, before)
}

// putBehind has every user's server be the one at an address.
func (d *launchDay) putBehind(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	form := strings.NewReader(url.Values{"url": {address}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.control+"/jupyter", form)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the game day answers %s", response.Status)
	}
}

// What BinderHub's own client is tested with, a whole build that was recorded, is
// understood here too.
func TestRealHubClientFixture(t *testing.T) {
	t.Parallel()
	tools, err := hubTools()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(tools, "node_modules", "@jupyterhub", "binderhub-client", "tests", "fixtures", "fullbuild.eventsource"))
	if err != nil {
		t.Fatal(err)
	}
	const user, host, token = "binder-examples-octave-3ilc7xl2", "http://192.168.105.2:30902", "tY_U1yMSSeKyCKPMg6GVIg"
	server := launchtesttest.New()
	server.Tell = func(stream *launchtesttest.Stream) {
		stream.User = user
		stream.Spawn()
		said := strings.NewReplacer(host, server.URL, token, launchtesttest.Token).Replace(string(text))
		for line := range strings.Lines(said) { // each is an event
			stream.Raw(line + "\n")
		}
		stream.Hold()
	}
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	repo, err := launchtest.ParseRepo("binder-examples/octave", "")
	if err != nil {
		t.Fatal(err)
	}
	launch := launchtest.Run(t.Context(), launchtest.Options{Binder: server.URL, Repo: repo, Now: time.Now, Timeout: patience})
	if launch.Result != launchtest.OK || !launch.Built || launch.User != user || !launch.Computed {
		t.Fatalf("%+v %+v", launch, launch.Failure)
	}
	var stages []launchtest.Stage
	for _, span := range launch.Spans {
		stages = append(stages, span.Stage)
	}
	if told := fmt.Sprint(stages); !strings.Contains(told, "build queue fetch build registry hub user") {
		t.Errorf("the stages are %s", told)
	}
}
