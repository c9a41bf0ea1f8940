package cmd

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/incident"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// snapshotPatience is how long counting may take: opening an incident must not
// wait for a cluster that is on its knees. (20,000 pods take a second.)
const snapshotPatience = 15 * time.Second

// reposCounted is how many repositories a snapshot names.
const reposCounted = 10

// snapshotNeeds are what counting needs; what may not be read is left out.
func snapshotNeeds() []need {
	return []need{
		{Resource: "pods", Verbs: []string{"list", "watch"}, Why: "to count users' pods; watch is for lists that stream"},
		{Resource: "nodes", Verbs: []string{"list"}, Cluster: true, Why: "to count nodes"},
		{Resource: "pods", Verbs: []string{"list", "watch"}, Cluster: true, Why: "to see what is on the nodes"},
		{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"list"}, Cluster: true, Why: "to see which kubelets are alive"},
	}
}

// snapshot counts what there is now.
func (app *App) snapshot(ctx context.Context, client *cluster.Client) *incident.Snapshot {
	progress := app.Term.Start("counting pods and nodes", 0)
	defer progress.Done()
	ctx, stop := context.WithTimeout(ctx, snapshotPatience)
	defer stop()
	began := app.Now()
	shot := &incident.Snapshot{Repos: []incident.Repo{}, Unseen: []incident.Unseen{}}
	var (
		counting        sync.WaitGroup
		podErr, nodeErr error
	)
	counting.Go(func() { podErr = countPods(ctx, client, shot) })
	counting.Go(func() { shot.Nodes, nodeErr = countNodes(ctx, client) })
	counting.Wait()
	for _, unseen := range []struct {
		what string
		err  error
	}{{"user pods", podErr}, {"nodes", nodeErr}} {
		if unseen.err != nil {
			shot.Unseen = append(shot.Unseen, incident.Unseen{What: unseen.what, Why: inWords(unseen.err)})
			app.Term.Warn("%s are not counted: %s", unseen.what, inWords(unseen.err))
		}
	}
	shot.At = client.ServerNow().Truncate(time.Second)
	shot.Duration = app.Now().Sub(began).Seconds()
	return shot
}

// countPods counts users' pods into a snapshot.
func countPods(ctx context.Context, client *cluster.Client, shot *incident.Snapshot) error {
	users := &incident.Users{}
	counter := pods.NewCounter(pods.KeyRepo, client.ServerNow)
	var oldest, oldestPending time.Time
	begin := func() {
		*users = incident.Users{Phases: map[string]int{}}
		oldest, oldestPending = time.Time{}, time.Time{}
		counter.Reset()
	}
	_, err := pods.List(ctx, client, client.Where.Namespace, pods.Filter{Group: pods.Users}, begin, func(p pods.Pod) {
		users.Pods++
		users.Phases[string(p.Phase)]++
		oldest = earlier(oldest, p.Created)
		if p.Phase == corev1.PodPending {
			users.Pending++
			oldestPending = earlier(oldestPending, p.Created)
		}
		counter.Add(p)
	})
	if err != nil {
		return err
	}
	now := client.ServerNow()
	users.Oldest, users.OldestPending = secondsSince(now, oldest), secondsSince(now, oldestPending)
	shot.Users = users
	counts := counter.Counts()
	for _, c := range counts[:min(len(counts), reposCounted)] {
		shot.Repos = append(shot.Repos, incident.Repo{Name: c.Value, Pods: c.Pods})
	}
	return nil
}

// earlier is the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func secondsSince(now, at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return max(0, now.Sub(at).Truncate(time.Second).Seconds())
}

func countNodes(ctx context.Context, client *cluster.Client) (*incident.Nodes, error) {
	listing, err := nodes.List(ctx, client, 0)
	if err != nil {
		return nil, err
	}
	counted := &incident.Nodes{Nodes: len(listing.Nodes)}
	for i := range listing.Nodes {
		if listing.Nodes[i].Cordoned != nil {
			counted.Cordoned++
		}
		if !listing.Nodes[i].Ready {
			counted.NotReady++
		}
	}
	return counted, nil
}

// snapshotLines say what was counted.
func snapshotLines(shot *incident.Snapshot) []string {
	if shot == nil {
		return nil
	}
	var lines []string
	if u := shot.Users; u != nil {
		line := fmt.Sprintf("user pods: %d, %d of them waiting", u.Pods, u.Pending)
		if u.Oldest > 0 {
			line += ", the oldest " + roundedAge(u.Oldest)
		}
		lines = append(lines, line)
	}
	if n := shot.Nodes; n != nil {
		lines = append(lines, fmt.Sprintf("nodes: %d, %d of them cordoned, %d not ready", n.Nodes, n.Cordoned, n.NotReady))
	}
	if len(shot.Repos) > 0 {
		lines = append(lines, fmt.Sprintf("most pods: %s, %d", shot.Repos[0].Name, shot.Repos[0].Pods))
	}
	return lines
}
