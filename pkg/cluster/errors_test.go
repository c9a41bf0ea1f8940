package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestTransient(t *testing.T) {
	t.Parallel()
	pods := corev1.Resource("pods")
	network := func(op string, errno syscall.Errno) error {
		return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError("connect", errno)}
	}
	lookup := func(found bool) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "lookup", Name: "api.example.org", IsNotFound: !found}}
	}
	for name, tc := range map[string]struct {
		err                    error
		transient, unreachable bool
	}{
		"nothing":                      {nil, false, false},
		"silence":                      {fmt.Errorf("%w from host", ErrSilent), true, true},
		"a connection that was closed": {io.EOF, true, true},
		"one that broke off":           {io.ErrUnexpectedEOF, true, true},
		"a stream that broke off":      {http2.StreamError{StreamID: 5, Code: http2.ErrCodeInternal}, true, true},
		"a shared connection closed":   {errors.New("http2: client connection force closed via ClientConn.Close"), true, true},
		"nobody listens":               {network("dial", syscall.ECONNREFUSED), true, true},
		"a reset":                      {network("read", syscall.ECONNRESET), true, true},
		"a broken pipe":                {network("write", syscall.EPIPE), true, true},
		"no network":                   {network("dial", syscall.ENETUNREACH), true, true},
		"no route":                     {network("dial", syscall.EHOSTUNREACH), true, true},
		"a name server that is away":   {lookup(true), true, true},
		"a name that is wrong":         {lookup(false), false, false},
		"too many requests":            {apierrors.NewTooManyRequests("", 1), true, false},
		"a server that starts":         {apierrors.NewServiceUnavailable("starting"), true, false},
		"a server that is slow":        {apierrors.NewServerTimeout(pods, "delete", 1), true, false},
		"a server that gives up":       {apierrors.NewTimeoutError("slow", 1), true, false},
		"a server that broke":          {apierrors.NewInternalError(errors.New("etcd")), true, false},
		"forbidden":                    {apierrors.NewForbidden(pods, "x", nil), false, false},
		"unauthorized":                 {apierrors.NewUnauthorized("who?"), false, false},
		"not found":                    {apierrors.NewNotFound(pods, "x"), false, false},
		"conflict":                     {apierrors.NewConflict(pods, "x", nil), false, false},
		"the operator's Ctrl-C":        {context.Canceled, false, false},
		"a certificate":                {&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &Client{Where: Location{Server: "https://api.example.org"}}
			wrapped := []error{tc.err}
			if tc.err != nil {
				request := &url.Error{Op: "Delete", URL: "https://api.example.org/api/v1/pods?limit=500", Err: tc.err}
				wrapped = append(wrapped, request, client.Plain(request), fmt.Errorf("delete pod x: %w", client.Plain(request)))
			}
			for _, err := range wrapped {
				if got := Transient(err); got != tc.transient {
					t.Errorf("Transient(%v) = %v", err, got)
				}
				if got := Unreachable(err); got != tc.unreachable {
					t.Errorf("Unreachable(%v) = %v", err, got)
				}
			}
		})
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err       error
		wait      time.Duration
		throttled bool
	}{
		"nothing":                {nil, 0, false},
		"with a rest":            {apierrors.NewTooManyRequests("", 7), 7 * time.Second, true},
		"without one":            {apierrors.NewTooManyRequests("", 0), 0, true},
		"wrapped":                {fmt.Errorf("delete: %w", apierrors.NewTooManyRequests("", 7)), 7 * time.Second, true},
		"a time-out with a rest": {apierrors.NewServerTimeout(corev1.Resource("pods"), "list", 7), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if wait, throttled := Throttled(tc.err); wait != tc.wait || throttled != tc.throttled {
				t.Errorf("Throttled = %v, %v; want %v, %v", wait, throttled, tc.wait, tc.throttled)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0": 0, "-7": 0, "soon": 0,
		"Wed, 21 Oct 2015 07:28:00 GMT": 0, "99999999999999999999": 0,
		"9999999999": 24 * time.Hour, // more nanoseconds than there are
	} {
		if wait := RetryAfter(http.Header{"Retry-After": {said}}); wait != want {
			t.Errorf("of %q it is %s, want %s", said, wait, want)
		}
	}
}

func TestWithoutAddress(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("ask: %w", &url.Error{Op: "Get", URL: "https://hub.example.org/user/ana?token=1", Err: io.EOF})
	if got := WithoutAddress(err); !errors.Is(got, io.EOF) || strings.Contains(got.Error(), "ana") {
		t.Errorf("without its address it is %v", got)
	}
	if other := errors.New("as it is"); !errors.Is(WithoutAddress(other), other) || WithoutAddress(nil) != nil {
		t.Error("an error that names no request was changed")
	}
}

func TestPlainNamesTheServerNotTheRequest(t *testing.T) {
	t.Parallel()
	client := &Client{Where: Location{Server: "https://api.example.org"}}
	err := client.Plain(&url.Error{Op: "Get", URL: "https://api.example.org/api/v1/pods?limit=500", Err: io.EOF})
	if got := err.Error(); strings.Contains(got, "limit") || !strings.Contains(got, "https://api.example.org") {
		t.Errorf("plain = %q", got)
	}
	if other := errors.New("as it is"); !errors.Is(client.Plain(other), other) || client.Plain(nil) != nil {
		t.Error("plain changed an error that names no request")
	}
}
