package cmd

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// A server that hangs is waited for once, however much a command would ask of it.
func TestServerThatHangs(t *testing.T) {
	t.Parallel()
	for command, sideBySide := range map[string]int64{
		"pods list":                       1,
		"pods cull --older-than 4h --yes": 1,
		"pods orphans":                    1,
		"nodes list":                      3,
		"nodes cordon a --reason x --yes": 1,
		"nodes drain a --yes":             1,
		"hub restart --yes":               1,
		"hub status":                      1,
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			b := newBinder(t, "a")
			var asked atomic.Int64
			b.cluster.Wrap(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					_, _ = io.Copy(io.Discard, r.Body) // only then it is told that the other end has gone
					<-r.Context().Done()
				})
			})
			b.run(t.Context(), append(strings.Fields(command), "--request-timeout", "200ms")...).exits(1).
				says(`error: .*no answer from \S+ within 200ms\nhint: is the cluster up, and the VPN\?`)
			if n := asked.Load(); n != sideBySide {
				t.Errorf("it was asked %d times, want %d", n, sideBySide)
			}
		})
	}
}
