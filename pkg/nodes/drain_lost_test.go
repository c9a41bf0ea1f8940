package nodes

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// An eviction that the server answers with an error and carries out all the same
// was ours, also where what made the pod has made its namesake by then.
func TestDrainWhoseEvictionIsAnsweredWithAnError(t *testing.T) {
	t.Parallel()
	for name, remade := range map[string]bool{"gone": false, "a namesake came": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, plan := drainable(t, policy(UsersWait), podOn("a", "StatefulSet", "db", "db-0"))
			var once sync.Once
			onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				refused := false
				once.Do(func() {
					refused = true
					next.ServeHTTP(httptest.NewRecorder(), r)
					if remade {
						namesake := podOn("b", "StatefulSet", "db", "db-0")
						namesake.UID = "another"
						server.Create(namesake)
					}
				})
				if refused {
					clustertest.Refuse(w, apierrors.NewInternalError(errors.New("etcd took too long")))
					return
				}
				next.ServeHTTP(w, r)
			})
			expectPods(t, run(t, client, plan, quick()), "db-0: evicted")
		})
	}
}

// An eviction whose answer was lost, and a server that is away, are no failures.
func TestDrainTriesAgain(t *testing.T) {
	t.Parallel()
	server, client, plan := drainable(t, policy(UsersWait), podOn("a", "Deployment", "x", "x-1"), podOn("a", "Deployment", "x", "x-2"))
	var once sync.Once
	onEvict(server, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.URL.Path, "x-1") {
			once.Do(func() {
				server.Remove(clustertest.Namespace, "x-1") // carried out, and nobody is told
				panic(http.ErrAbortHandler)
			})
		}
		next.ServeHTTP(w, r)
	})
	expectPods(t, run(t, client, plan, quick()), "x-1: evicted", "x-2: evicted")
}
