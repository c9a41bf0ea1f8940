package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

func alertOf(says string) Alert {
	a := Alert{
		Event: Fails, At: start, Since: start.Add(-10 * time.Minute), Failed: 3, Of: 5, Result: launchtest.Failed, Seconds: 61,
		Target: Target{Member: "gesis", Binder: "https://gesis.example.org", Repo: "gh/owner/name/HEAD"},
		Stage:  launchtest.Pull, Cause: launchtest.NoImage, Says: says, Means: "the node does not get the image", Next: "see the node",
	}
	a.Text = a.words()
	return a
}

func TestAlertText(t *testing.T) {
	t.Parallel()
	a := alertOf("back-off")
	want := "failing: gesis gh/owner/name/HEAD since Aug 21 09:50 UTC, 3 of the last 5 launches; " +
		"the last broke at image pull after 61 s: the node does not get the image: back-off. Next: see the node"
	if diff := cmp.Diff(want, a.Text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	var posted []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted = append(posted, r.Method+" "+r.Header.Get("Content-Type")+" "+string(body))
	}))
	defer server.Close()
	hook := NewWebhook(server.URL+"/services/s3cr3t", "test", server.Client().Transport)
	if err := hook.Send(t.Context(), alertOf("<!channel> & more, @all: [help](https://elsewhere.example.org)")); err != nil {
		t.Fatal(err)
	}
	what, found := strings.CutPrefix(posted[0], "POST application/json ")
	if !found {
		t.Fatalf("posted %s", posted[0])
	}
	var told struct {
		Event, Text string
		Target      Target
	}
	if err := json.Unmarshal([]byte(what), &told); err != nil {
		t.Fatal(err)
	}
	if told.Event != "failing" || told.Target.Member != "gesis" || !strings.Contains(told.Text, "&lt;!channel&gt; &amp; more, @\u200ball: [help]\u200b(https:") {
		t.Errorf("posted %+v", told)
	}
}

func TestWebhookErrors(t *testing.T) {
	t.Parallel()
	answer := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		final  bool
		pause  time.Duration
	}{
		{"busy", answer(http.StatusTooManyRequests, "Retry-After", "30"), false, 30 * time.Second},
		{"down", answer(http.StatusBadGateway), false, 0},
		{"gone", answer(http.StatusNotFound), true, 0},
		{"elsewhere", answer(http.StatusTemporaryRedirect, "Location", "https://elsewhere.example.org/"), true, 0},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.answer)
			defer server.Close()
			err := NewWebhook(server.URL+"/services/s3cr3t", "test", server.Client().Transport).Send(t.Context(), alertOf(""))
			if err == nil || errors.Is(err, ErrFinal) != test.final || askedPause(err) != test.pause {
				t.Errorf("error %v, pause %s", err, askedPause(err))
			}
			if strings.Contains(fmt.Sprint(err), "s3cr3t") {
				t.Errorf("the address was told: %v", err)
			}
		})
	}
}

// sinkOf is a sink that is a function.
type sinkOf func(ctx context.Context, a Alert) error

func (sinkOf) Name() string                              { return "test" }
func (f sinkOf) Send(ctx context.Context, a Alert) error { return f(ctx, a) }

func TestCourierTriesAgainInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var tried, told []string
		sink := sinkOf(func(_ context.Context, a Alert) error {
			tried = append(tried, fmt.Sprintf("%.0f %s", time.Since(begin).Seconds(), a.Text))
			if time.Since(begin) < 10*time.Second {
				return errors.New("down")
			}
			return nil
		})
		c := NewCourier(sink, func(_ string, err error) { told = append(told, fmt.Sprint(err)) })
		c.Take(Alert{Text: "first"})
		c.Take(Alert{Text: "second"})
		c.Close()
		c.Run(t.Context())
		if diff := cmp.Diff([]string{"0 first", "1 first", "3 first", "7 first", "15 first", "15 second"}, tried); diff != "" {
			t.Errorf("tried (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"<nil>", "<nil>"}, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

func TestCourierGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var told []error
		c := NewCourier(sinkOf(func(context.Context, Alert) error { return errors.New("down") }),
			func(_ string, err error) { told = append(told, err) })
		for range mostWaiting + 1 { // one too many, and nothing waits for it
			c.Take(Alert{})
		}
		if time.Since(begin) != 0 || len(told) != 1 {
			t.Errorf("%d alerts were dropped", len(told))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		c.Close()
		c.Run(ctx)
		if got := time.Since(begin); got != 20*time.Minute { // 15 for the first, then ctx ends
			t.Errorf("it was given up after %s", got)
		}
	})
}

// What a page in front of BinderHub calls itself is no command.
func TestInertForCmd(t *testing.T) {
	t.Parallel()
	if got, want := inertForCmd(`502 "& calc.exe & %PATH% ^| !x! <a>`), "502 __ calc.exe _ _PATH_ __ _x_ _a_"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
