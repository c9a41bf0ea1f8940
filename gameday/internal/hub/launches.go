package hub

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// launchUsers plays BinderHub and its users: somebody comes every so often.
func (l *life) launchUsers() {
	hub := l.service(l.config.BinderToken)
	random := rand.New(rand.NewPCG(l.config.Seed, uint64(l.now().UnixNano())))
	every := l.config.Launches.Every
	for l.sleep(every/2 + rand.N(every)) {
		repo := l.config.Repos[random.IntN(len(l.config.Repos))]
		user, options := binderhub.UserName(repo, random), binderhub.Options(repo, random)
		l.start(func() { l.launch(hub, user, options) })
	}
}

// launch is one launch, as BinderHub does it.
func (l *life) launch(hub *service, user string, options map[string]any) {
	path := "users/" + url.PathEscape(user)
	if code, err := hub.do(l.ctx, http.MethodPost, path, nil, nil); err != nil || code != http.StatusCreated {
		return // the Hub's log tells
	}
	if code, err := hub.do(l.ctx, http.MethodPost, path+"/servers/", options, nil); err != nil || code >= http.StatusBadRequest {
		return // the same
	}
	if _, err := hub.do(l.ctx, http.MethodGet, path+"/server/progress", nil, nil); err != nil {
		return // the same
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if u := l.byName[user]; u != nil && u.ready {
		leaves := l.now().Add(l.stay())
		u.Server.Leaves = &leaves
	}
}

// stay is how long a user stays.
func (l *life) stay() time.Duration {
	from, to := l.config.Launches.StayFrom, l.config.Launches.StayTo
	return from + rand.N(to-from+1)
}

// shutInterval is how often it is looked who has left.
const shutInterval = 2 * time.Second

// shutKernels ends the servers of half of those who left: theirs shut down by
// themselves. The others are the culler's.
func (l *life) shutKernels() {
	l.mu.Lock()
	for _, u := range l.users { // those from before the game day leave too
		if u.ready && u.Server.Leaves == nil {
			leaves := l.now().Add(rand.N(l.config.Launches.StayTo))
			u.Server.Leaves = &leaves
		}
	}
	l.mu.Unlock()
	for l.sleep(shutInterval) {
		now := l.now()
		var gone []string
		l.mu.Lock()
		for _, u := range l.users {
			if u.ready && u.Server.Leaves != nil && now.After(*u.Server.Leaves) && shutsDown(u.Name) {
				gone = append(gone, u.Server.Pod)
			}
		}
		l.mu.Unlock()
		for _, pod := range gone {
			l.shut(pod)
		}
	}
}

// shutsDown says whether a user's server notices by itself that it is idle.
func shutsDown(user string) bool { return user[len(user)-1]%2 == 0 }

// shut ends the notebook in a pod, as the kubelet reports it.
func (l *life) shut(pod string) {
	if seen, there := l.reflector.get(pod); there && seen.exitCode != nil {
		return // already
	}
	status := corev1.PodStatus{Phase: corev1.PodSucceeded, ContainerStatuses: []corev1.ContainerStatus{{
		Name:  binderhub.NotebookContainer,
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: metav1.NewTime(l.now())}},
	}}}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return // it is known to be JSON
	}
	_, _ = l.client.CoreV1().Pods(l.config.Namespace).Patch(l.ctx, pod, types.MergePatchType, patch, metav1.PatchOptions{}, "status") // gone already, perhaps
}
