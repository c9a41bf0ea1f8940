package hub

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, err := connectTo(t.Context(), nil, Options{URL: server.URL, Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.View(t.Context()); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "sesame") {
		t.Errorf("View: %v", err)
	}
}

// The token is for the Hub alone.
func TestTokenIsNotSentAway(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked, with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := client.Version(t.Context()); err == nil {
		t.Error("a redirect is a version")
	}
}

func TestAPIURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://hub.example.org":              "https://hub.example.org/hub/api/",
		"http://127.0.0.1:8081/":               "http://127.0.0.1:8081/hub/api/",
		"https://example.org/jupyter":          "https://example.org/jupyter/hub/api/",
		"https://example.org/jupyter/hub/":     "https://example.org/jupyter/hub/api/",
		"https://hub.example.org/hub/api":      "https://hub.example.org/hub/api/",
		"https://hub.example.org/hub/api/?a=b": "https://hub.example.org/hub/api/",
		"hub.example.org":                      "",
		"ftp://hub.example.org":                "",
		"https://":                             "",
		"":                                     "",
	} {
		got, err := apiURL(given)
		if err != nil {
			got = &url.URL{}
		}
		if got.String() != want || (err != nil) != (want == "") {
			t.Errorf("%s is %s, %v; want %s", given, got, err, want)
		}
	}
}

// A Hub whose certificate nobody vouches for gets no token.
func TestTokenIsNotSentToAnyCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("it was asked, with %q", r.Header.Get("Authorization"))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := connectTo(t.Context(), nil, Options{URL: server.URL, Token: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.View(t.Context()); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("View: %v", err)
	}
}
