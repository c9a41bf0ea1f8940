package pods

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Change is something that happened to a pod.
type Change struct {
	Pod
	// Gone is true of a pod that was deleted, or that the filter no longer
	// chooses.
	Gone bool `json:"gone"`
}

// Watch tells of the pods that filter chooses: first of all there are, the
// oldest first, then of every change to what is shown of them, until ctx ends
// or the server refuses.
func Watch(ctx context.Context, c *cluster.Client, namespace string, filter Filter, tell func([]Change)) error {
	w := &watcher{filter: filter, client: c, shown: map[types.UID]Pod{}}
	query := filter.query(namespace)
	query.Fields = "" // a pod that moves out of a phase is to be told of
	for {
		version, err := c.ReadPods(ctx, query, w)
		if err != nil {
			return err
		}
		tell(w.news())
		err = c.WatchPods(ctx, query, version, func(pod *corev1.Pod, gone bool) {
			if change, ok := w.change(pod, gone); ok {
				tell([]Change{change})
			}
		})
		if err != nil {
			return err
		}
	}
}

type watcher struct {
	filter  Filter
	client  *cluster.Client
	reducer *reducer
	shown   map[types.UID]Pod
	listed  map[types.UID]Pod
}

// Reset begins a list anew.
func (w *watcher) Reset() {
	w.reducer = newReducer()
	w.listed = map[types.UID]Pod{}
}

// Add takes in a pod of the list.
func (w *watcher) Add(pod *corev1.Pod) {
	if row := w.reducer.reduce(pod); w.filter.choose(pod, row, w.client.ServerNow()) {
		w.listed[row.UID] = row
	}
}

// news is what a fresh list says that was not told before.
func (w *watcher) news() []Change {
	var news []Change
	for uid, row := range w.listed {
		if w.shown[uid] != row {
			news = append(news, Change{row, false})
		}
	}
	for uid, row := range w.shown {
		if _, still := w.listed[uid]; !still {
			news = append(news, Change{row, true})
		}
	}
	w.shown = w.listed
	slices.SortFunc(news, func(a, b Change) int { return ByAge.Compare(a.Pod, b.Pod) })
	return news
}

// change takes in what happened to one pod and reports whether it is news.
func (w *watcher) change(pod *corev1.Pod, gone bool) (Change, bool) {
	row := w.reducer.reduce(pod)
	before, known := w.shown[row.UID]
	if gone || !w.filter.choose(pod, row, w.client.ServerNow()) {
		delete(w.shown, row.UID)
		return Change{row, true}, known
	}
	w.shown[row.UID] = row
	return Change{row, false}, before != row
}
