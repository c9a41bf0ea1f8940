package binder

import (
	"context"
	"net/http"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/jupyter"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
)

// hubDeadline is how long BinderHub waits for the Hub to say that it is well.
const hubDeadline = 3 * time.Second

// serveHealth says what works.
func (b *Binder) serveHealth(w http.ResponseWriter, r *http.Request) {
	registry, hub := !b.has(RegistryDown), b.hubIsWell(r.Context())
	users, builds := len(b.nodes.Pods(kubelet.UserPods)), len(b.nodes.Pods("binderhub-build"))
	var quota any
	within := !b.has(QuotaTotal)
	if b.config.Quota > 0 {
		quota, within = b.config.Quota, within && users+builds <= b.config.Quota
	} else if b.has(QuotaTotal) {
		quota = users + builds - 1
	}
	code := http.StatusOK
	if !registry || !hub {
		code = http.StatusServiceUnavailable
	}
	jupyter.Respond(w, code, map[string]any{"ok": code == http.StatusOK, "checks": []any{
		map[string]any{"service": "Docker registry", "ok": registry},
		map[string]any{"service": "JupyterHub API", "ok": hub},
		map[string]any{
			"service": "Pod quota", "total_pods": users + builds, "build_pods": builds, "user_pods": users,
			"quota": quota, "ok": within, "_ignore_failure": true,
		},
	}})
}

func (b *Binder) hubIsWell(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, hubDeadline)
	defer cancel()
	response, err := b.hub.send(ctx, http.MethodGet, "health", nil)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

// versions are what BinderHub is made of.
func versions() map[string]any {
	const builder = "quay.io/jupyterhub/repo2docker:2025.08.0"
	return map[string]any{
		"builder_info": map[string]any{"build_image": builder}, "binderhub": "1.0.0-0.dev.git.3983.h383374de", "builder": builder,
	}
}

func (b *Binder) serveVersions(w http.ResponseWriter, _ *http.Request) {
	jupyter.Respond(w, http.StatusOK, versions())
}
