package cmd

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// TestApplyByAWrongClock has a plan carried out where the clock is hours ahead of the
// server's: what it says of ages is judged anew, and would be wrong.
func TestApplyByAWrongClock(t *testing.T) {
	t.Parallel()
	b := newBinder(t, "a")
	plan := filepath.Join(t.TempDir(), "plan.json")
	b.run(t.Context(), "pods", "cull", "-n", "binder", "--older-than", "30m", "--plan", plan).exits(0)
	b.cluster.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(late{w}, r)
		})
	})
	b.run(t.Context(), "pods", "cull", "-n", "binder", "--via", "kubernetes", "--apply", plan, "--yes").
		exits(1).says(`clock\s+differs from the server's by 5h`)
	if b.cluster.Pod("binder", "a") == nil {
		t.Error("the pod is gone")
	}
}

// late dates its answers five hours ago.
type late struct{ http.ResponseWriter }

func (w late) WriteHeader(code int) {
	w.date()
	w.ResponseWriter.WriteHeader(code)
}

func (w late) Write(text []byte) (int, error) {
	w.date()
	return w.ResponseWriter.Write(text)
}

func (w late) Flush() {
	w.date()
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

func (w late) date() {
	w.Header().Set("Date", clustertest.Now().Add(-5*time.Hour).UTC().Format(http.TimeFormat))
}
