package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// RestartPlan is what a restart of the Hub would come to: which pod goes, who is
// affected, and what speaks against it. Users' servers live on while the Hub is
// away, unless MayEnd says why not.
type RestartPlan struct {
	Pod      string        `json:"pod"`
	UID      types.UID     `json:"uid"`
	Owner    cluster.Owner `json:"owner"` // which makes the next pod
	Node     string        `json:"node"`
	Since    time.Time     `json:"startedAt"` // of its container
	Ready    bool          `json:"ready"`
	Sessions int           `json:"sessions"` // user pods that run
	Waiting  int           `json:"waiting"`  // user pods that wait for their turn
	Servers  int           `json:"servers"`  // that the Hub has to take up again
	Launches int           `json:"launches"` // under way, which fail
	Unknown  string        `json:"unknown"`  // why the Hub could not be asked for these two, or ""
	Concerns []Concern     `json:"concerns"` // the gravest first
	MayEnd   string        `json:"mayEnd"`   // why the sessions may end with it, all of them; or ""
	Settings Settings      `json:"settings"`

	app     string // of the pod, as labelled
	before  Sighting
	servers map[Key]Server
}

// Concern is something that speaks against a restart.
type Concern struct {
	Grave bool   `json:"grave"` // sessions may be lost, or the Hub not come back
	Says  string `json:"says"`
}

// Grave are the gravest concerns in one sentence, or "".
func (p RestartPlan) Grave() string {
	for _, concern := range p.Concerns {
		if concern.Grave {
			return concern.Says
		}
	}
	return ""
}

// PlanRestart finds out what a restart of the Hub of the client's namespace
// would come to. It needs to read pods; what else it may not read is itself a
// concern. The Hub need not answer.
func PlanRestart(ctx context.Context, c *cluster.Client, opts Options) (RestartPlan, error) {
	pod, err := onlyPod(ctx, c)
	if err != nil {
		return RestartPlan{}, err
	}
	before, err := ReadUserPods(ctx, c)
	if err != nil {
		return RestartPlan{}, err
	}
	plan := RestartPlan{
		Pod: pod.Name, UID: pod.UID, Owner: cluster.OwnerOf(pod), Node: pod.Spec.NodeName,
		Since: Started(pod), Ready: cluster.PodReady(pod), app: pod.Labels[appLabel], before: before,
	}
	for i := range before.Pods {
		plan.Sessions += yes(before.Pods[i].Phase == corev1.PodRunning)
		plan.Waiting += yes(before.Pods[i].Phase == corev1.PodPending)
	}
	settings, err := ReadSettings(ctx, c, opts)
	plan.Settings = settings
	plan.MayEnd = plan.aboutSessions(err)
	plan.Concerns = slices.Concat([]Concern{}, plan.aboutPod(), plan.concernForSessions(), aboutController(ctx, c, plan.Owner), aboutVolumes(ctx, c, pod), aboutNode(ctx, c, pod))
	plan.askHub(ctx, c, opts)
	plan.Heed()
	return plan, nil
}

// Heed adds concerns, such as those that what else is known of the cluster raises.
func (p *RestartPlan) Heed(more ...Concern) {
	p.Concerns = append(p.Concerns, more...)
	slices.SortStableFunc(p.Concerns, func(a, b Concern) int { return yes(b.Grave) - yes(a.Grave) })
}

// askHub adds what the Hub itself says.
func (p *RestartPlan) askHub(ctx context.Context, c *cluster.Client, opts Options) {
	opts.Unready = true // what it says only informs
	view, err := viewOnce(ctx, c, opts)
	if err != nil {
		p.Unknown = err.Error()
		return
	}
	if p.Unknown = p.another(view, p.before, opts); p.Unknown != "" {
		return
	}
	p.servers = view.Servers
	for _, server := range view.Servers {
		p.Servers += yes(server.Ready)
		p.Launches += yes(server.Pending == PendingSpawn)
	}
	if lost := p.Sessions - p.Servers; p.Sessions >= EnoughToTell && LostSight(p.Servers, p.Sessions) {
		p.Concerns = append(p.Concerns, Concern{Says: fmt.Sprintf(
			"the Hub knows %d servers, and %d user pods run: it will know no more of the other %d after a restart", p.Servers, p.Sessions, lost)})
	}
}

// another is why a Hub that was reached at a URL cannot be taken for that of the
// namespace, or "": one of the servers that it knows has to be one of the pods.
func (p *RestartPlan) another(view View, pods Sighting, opts Options) string {
	if opts.URL == "" || slices.ContainsFunc(pods.Pods, func(pod UserPod) bool {
		server, known := view.Servers[pod.Key]
		return known && p.Settings.MayHaveMade(server, pod.Created)
	}) {
		return ""
	}
	return fmt.Sprintf("the Hub at its URL knows none of %d user pods here, so it may be another", len(pods.Pods))
}

func viewOnce(ctx context.Context, c *cluster.Client, opts Options) (View, error) {
	client, err := Connect(ctx, c, opts)
	if err != nil {
		return View{}, err
	}
	view, err := client.View(ctx)
	return view, errors.Join(err, client.Close())
}

// aboutPod tells whether it is the Hub's at all: other software has components
// called hub, too, and one may be all that is left where the Hub's has gone.
func (p *RestartPlan) aboutPod() []Concern {
	if p.app == chartsApp {
		return nil
	}
	return []Concern{{true, fmt.Sprintf("pod %s may be no JupyterHub's: its label %s is %q, and the chart's is %s", p.Pod, appLabel, p.app, chartsApp)}}
}

// aboutSessions is why all sessions may end when the Hub does, or "".
func (p *RestartPlan) aboutSessions(unread error) string {
	switch {
	case unread != nil:
		return "nobody can tell whether sessions survive: how the Hub was deployed cannot be read: " + unread.Error()
	case !p.Settings.Read:
		return "nobody can tell whether sessions survive: the Hub's Secret does not hold the chart's values"
	case p.Settings.CleanupServers:
		return "the Hub ends every session when it stops (cleanup_servers is set)"
	case p.Settings.Database == "sqlite-memory":
		return "the Hub forgets every session: its database is in memory (hub.db.type is sqlite-memory)"
	default:
		return ""
	}
}

func (p *RestartPlan) concernForSessions() []Concern {
	if p.MayEnd == "" {
		return nil
	}
	return []Concern{{true, p.MayEnd}}
}

// aboutController tells whether anything will make another hub pod.
func aboutController(ctx context.Context, c *cluster.Client, owner cluster.Owner) []Concern {
	switch owner.Kind {
	case "":
		return []Concern{{true, "nothing makes another hub pod: no controller has made this one"}}
	case "Deployment":
	default:
		return nil
	}
	found, err := c.Kube.AppsV1().Deployments(c.Where.Namespace).Get(ctx, owner.Name, metav1.GetOptions{})
	switch {
	case err != nil:
		return []Concern{{false, "whether anything makes another hub pod cannot be read: " + err.Error()}}
	case found.Spec.Replicas != nil && *found.Spec.Replicas == 0:
		return []Concern{{true, owner.String() + " is scaled to 0: it makes no other hub pod"}}
	case found.Spec.Strategy.Type != "Recreate":
		return []Concern{{false, fmt.Sprintf("%s has the strategy %s, not Recreate: two Hubs may run side by side for a while", owner, found.Spec.Strategy.Type)}}
	default:
		return nil
	}
}

// aboutVolumes tells of volumes that only one pod, or one node, may mount.
func aboutVolumes(ctx context.Context, c *cluster.Client, pod *corev1.Pod) []Concern {
	var concerns []Concern
	for _, volume := range pod.Spec.Volumes {
		if volume.PersistentVolumeClaim == nil {
			continue
		}
		name := volume.PersistentVolumeClaim.ClaimName
		claim, err := c.Kube.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case err != nil:
			concerns = append(concerns, Concern{false, fmt.Sprintf("who may mount the Hub's volume %s cannot be read: %s", name, err)})
		case slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteOncePod):
			concerns = append(concerns, Concern{false, fmt.Sprintf("one pod alone may mount its volume %s: the next begins only when this one has ended", name)})
		case slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteOnce):
			concerns = append(concerns, Concern{false, fmt.Sprintf("one node alone may mount its volume %s: on another node the next pod waits for it, often for minutes", name)})
		}
	}
	return concerns
}

// aboutNode tells whether the next pod can run where this one does.
func aboutNode(ctx context.Context, c *cluster.Client, pod *corev1.Pod) []Concern {
	if pod.Spec.NodeName == "" {
		return nil
	}
	node, err := c.Kube.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	switch {
	case err != nil: // many operators may not read nodes, and most Hubs come back anyway
		return nil
	case node.Spec.Unschedulable:
		return []Concern{{false, fmt.Sprintf("node %s is cordoned: the next pod needs room on another", strings.TrimSpace(node.Name))}}
	default:
		return nil
	}
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}
