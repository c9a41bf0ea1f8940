package binder

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestTheLimitOfLaunchesIsAnHours(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	limits := newLimiter(2, func() time.Time { return now })
	request := httptest.NewRequest(http.MethodGet, "/build/gh/a/b/HEAD", nil)
	for i, want := range []bool{true, true, false, false} {
		if got := limits.take(httptest.NewRecorder(), request); got != want {
			t.Errorf("launch %d: %t, want %t", i+1, got, want)
		}
	}
	now = now.Add(period + time.Second)
	answer := httptest.NewRecorder()
	if !limits.take(answer, request) || answer.Header().Get("X-Ratelimit-Remaining") != "1" {
		t.Errorf("after an hour: %v", answer.Header())
	}
}

func TestABuildTokenIsGoodForOneRequestAndAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	b := &Binder{config: &Config{TokenSecret: "s"}, now: func() time.Time { return now }}
	token := b.buildToken("gh/a/b/HEAD", "example.org")
	for _, test := range []struct {
		token, request, origin string
		good                   bool
	}{
		{token, "gh/a/b/HEAD", "example.org", true},
		{token, "gh/a/c/HEAD", "example.org", false},
		{token, "gh/a/b/HEAD", "evil.example.org", false},
		{token + "x", "gh/a/b/HEAD", "example.org", false},
		{"gdsecret-", "gh/a/b/HEAD", "example.org", false},
	} {
		if got := b.tokenIsGood(test.token, test.request, test.origin); got != test.good {
			t.Errorf("%+v is good: %t", test, got)
		}
	}
	now = now.Add(tokenLife)
	if b.tokenIsGood(token, "gh/a/b/HEAD", "example.org") {
		t.Error("it is good for ever")
	}
}
