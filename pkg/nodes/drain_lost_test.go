package nodes

import (
	"errors"
	"net/http"
	"net/http/httptest"
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
