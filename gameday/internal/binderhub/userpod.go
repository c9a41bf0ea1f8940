package binderhub

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SecretPrefix begins every made-up secret, so that a test can search for one
// that leaked.
const SecretPrefix = "gdsecret-"

// KeepPending is the annotation that makes the simulated kubelets leave a pod
// Pending.
const KeepPending = "gameday.binderctl/keep-pending"

// StartsIn and EndsIn are the annotations that make the simulated kubelets take
// their time with a pod.
const (
	StartsIn = "gameday.binderctl/starts-in"
	EndsIn   = "gameday.binderctl/ends-in"
)

// Held is what StartsIn says of pods whose containers somebody other than the
// simulated kubelets starts: for these, longer than a game day lasts.
const Held = "1000h"

// NotebookContainer is the container of a user pod.
const NotebookContainer = "notebook"

// Hub is what user pods know of the BinderHub they belong to.
type Hub struct {
	Namespace   string
	Release     string
	Kubespawner string // "6" or "7"
}

// Session is one user's server, as far as its pod shows it.
type Session struct {
	Repo     Repo
	User     string
	Created  time.Time
	Node     string // "" while it is not scheduled
	IP       string
	Phase    corev1.PodPhase
	Reason   string        // why it failed
	Lasted   time.Duration // until it ended, from its creation
	Waiting  string        // why it has its node and is still Pending
	Requests corev1.ResourceList
	// Scheduling is why it has no node, in the scheduler's words.
	Scheduling string
	// Launch is what BinderHub told the Hub of the launch; nil: what is usual.
	Launch map[string]any
}

// told is what BinderHub told of the launch, or what is usual.
func (s Session) told(key, usual string) string {
	if text, ok := s.Launch[key].(string); ok {
		return text
	}
	return usual
}

// DefaultRequests is what mybinder.org's user pods ask of their nodes.
func DefaultRequests() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("10m"),
		corev1.ResourceMemory: *resource.NewQuantity(450<<20, resource.BinarySI),
	}
}

// PodName is the name of the session's pod.
func (h Hub) PodName(s Session) string {
	name, _ := podName(h.Kubespawner, s.User)
	return name
}

// UserPod is a user's pod as KubeSpawner makes it and a kubelet runs it.
func (h Hub) UserPod(s Session, random *rand.Rand) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:              h.PodName(s),
			Namespace:         h.Namespace,
			CreationTimestamp: metav1.NewTime(s.Created),
			Generation:        1,
			Labels:            h.labels(s),
			Annotations:       h.annotations(s),
		},
		Spec: corev1.PodSpec{
			Affinity:                      preferUserNodes(),
			AutomountServiceAccountToken:  new(false),
			Containers:                    []corev1.Container{h.notebook(s, random)},
			DNSPolicy:                     corev1.DNSClusterFirst,
			EnableServiceLinks:            new(false),
			NodeName:                      s.Node,
			PreemptionPolicy:              new(corev1.PreemptLowerPriority),
			Priority:                      new(int32(0)),
			RestartPolicy:                 corev1.RestartPolicyNever,
			SchedulerName:                 corev1.DefaultSchedulerName,
			SecurityContext:               &corev1.PodSecurityContext{FSGroup: new(int64(100))},
			TerminationGracePeriodSeconds: new(int64(30)),
			Tolerations:                   append(Dedicated("user"), DefaultTolerations()...),
		},
	}
	pod.Status = Status(pod, s.status())
	return pod
}

func (s Session) status() Situation {
	situation := Situation{IP: s.IP, Started: s.Created.Add(2 * time.Second), Scheduling: s.Scheduling, Phase: s.Phase}
	switch {
	case s.Waiting != "":
		situation.Containers = []Fate{{Waiting: s.Waiting}}
	case s.Phase == corev1.PodFailed || s.Phase == corev1.PodSucceeded:
		reason, code := cmp.Or(s.Reason, "Completed"), int32(0)
		if s.Phase == corev1.PodFailed {
			reason, code = cmp.Or(s.Reason, "Error"), 1
		}
		if reason == "OOMKilled" {
			code = 137
		}
		ended := s.Created.Add(s.Lasted)
		situation.Containers = []Fate{{Terminated: &corev1.ContainerStateTerminated{
			Reason: reason, ExitCode: code,
			StartedAt: metav1.NewTime(situation.Started), FinishedAt: metav1.NewTime(ended),
		}}}
	}
	return situation
}

func (h Hub) labels(s Session) map[string]string {
	_, user := podName(h.Kubespawner, s.User)
	labels := map[string]string{
		"app":                                "jupyterhub",
		"component":                          "singleuser-server",
		"release":                            h.Release,
		"hub.jupyter.org/username":           user,
		"hub.jupyter.org/servername":         "",
		"hub.jupyter.org/network-access-hub": "true",
	}
	if h.Kubespawner == "6" {
		labels["heritage"] = "jupyterhub"
		labels["chart"] = "jupyterhub-3.3.8"
		return labels
	}
	labels["chart"] = "jupyterhub-4.4.0"
	labels["helm.sh/chart"] = "jupyterhub-4.4.0"
	labels["app.kubernetes.io/component"] = "singleuser-server"
	labels["app.kubernetes.io/instance"] = h.Release
	labels["app.kubernetes.io/managed-by"] = "kubespawner"
	labels["app.kubernetes.io/name"] = "jupyterhub"
	return labels
}

func (h Hub) annotations(s Session) map[string]string {
	annotations := map[string]string{"hub.jupyter.org/username": s.User}
	if h.Kubespawner != "6" {
		annotations["hub.jupyter.org/jupyterhub-version"] = "5.4.3"
		annotations["hub.jupyter.org/kubespawner-version"] = "7.1.0"
	}
	if s.Waiting != "" {
		annotations[KeepPending] = "true"
	}
	return annotations
}

func (h Hub) notebook(s Session, random *rand.Rand) corev1.Container {
	token, base := s.told("token", SecretPrefix+Letters(random, 22)), "/user/"+s.User+"/"
	args := []string{"python3", "-c", startScript, "--ip=0.0.0.0", "--port=8888"}
	for _, app := range []string{"NotebookApp", "ServerApp"} {
		args = append(args,
			"--"+app+".base_url="+base, "--"+app+".token="+token, "--"+app+".trust_xheaders=True",
			"--"+app+".allow_origin=*", "--"+app+".allow_origin_pat=.*")
	}
	return corev1.Container{
		Name:            NotebookContainer,
		Image:           s.Repo.Image + ":" + s.Repo.Commit,
		ImagePullPolicy: corev1.PullIfNotPresent,
		Args:            args,
		Env:             h.environment(s, random),
		Lifecycle:       &corev1.Lifecycle{},
		Ports:           []corev1.ContainerPort{{Name: "notebook-port", ContainerPort: 8888, Protocol: corev1.ProtocolTCP}},
		Resources: corev1.ResourceRequirements{
			Limits: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("1"),
				corev1.ResourceMemory: *resource.NewQuantity(2<<30, resource.BinarySI),
			},
			Requests: s.Requests,
		},
		SecurityContext:          &corev1.SecurityContext{AllowPrivilegeEscalation: new(false), RunAsUser: new(int64(1000))},
		TerminationMessagePath:   corev1.TerminationMessagePathDefault,
		TerminationMessagePolicy: corev1.TerminationMessageReadFile,
	}
}

func (h Hub) environment(s Session, random *rand.Rand) []corev1.EnvVar {
	secret := SecretPrefix + Hex(random, 32)
	image := s.Repo.Image + ":" + s.Repo.Commit
	base, short := "/user/"+s.User+"/", strings.TrimSuffix(s.Repo.URL, ".git")
	scopes := fmt.Sprintf(`["access:servers!server=%[1]s/", "access:servers!user=%[1]s"]`, s.User)
	memory := s.Requests[corev1.ResourceMemory]
	cpu := s.Requests[corev1.ResourceCPU]
	var env []corev1.EnvVar
	set := func(name, value string) { env = append(env, corev1.EnvVar{Name: name, Value: value}) }
	set("BINDER_CLIENT_IP", s.told("binder_client_ip", fmt.Sprintf("198.51.100.%d", random.IntN(256))))
	set("BINDER_LAUNCH_HOST", s.told("binder_launch_host", "https://mybinder.org/"))
	set("BINDER_PERSISTENT_REQUEST", s.told("binder_persistent_request", "v2/gh/"+s.Repo.Path()+"/"+s.Repo.Commit))
	set("BINDER_REF_URL", s.told("binder_ref_url", short+"/tree/"+s.Repo.Commit))
	set("BINDER_REPO_URL", s.Repo.URL)
	set("BINDER_REQUEST", s.told("binder_request", "v2/gh/"+s.Repo.Path()+"/"+s.Repo.Ref))
	set("CPU_GUARANTEE", fmt.Sprint(cpu.AsApproximateFloat64()))
	set("CPU_LIMIT", "1.0")
	set("JPY_API_TOKEN", secret)
	set("JUPYTERHUB_ACTIVITY_URL", "http://hub:8081/hub/api/users/"+s.User+"/activity")
	set("JUPYTERHUB_API_TOKEN", secret)
	set("JUPYTERHUB_API_URL", "http://hub:8081/hub/api")
	set("JUPYTERHUB_BASE_URL", "/")
	set("JUPYTERHUB_CLIENT_ID", "jupyterhub-user-"+s.User)
	set("JUPYTERHUB_HOST", "https://hub.mybinder.org")
	set("JUPYTERHUB_OAUTH_ACCESS_SCOPES", scopes)
	set("JUPYTERHUB_OAUTH_CALLBACK_URL", base+"oauth_callback")
	set("JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]")
	set("JUPYTERHUB_OAUTH_SCOPES", scopes)
	set("JUPYTERHUB_SERVER_NAME", "")
	set("JUPYTERHUB_SERVICE_PREFIX", base)
	set("JUPYTERHUB_SERVICE_URL", "http://0.0.0.0:8888"+base)
	set("JUPYTERHUB_USER", s.User)
	set("JUPYTER_IMAGE", image)
	set("JUPYTER_IMAGE_SPEC", image)
	set("MEM_GUARANTEE", strconv.FormatInt(memory.Value(), 10))
	set("MEM_LIMIT", strconv.Itoa(2<<30))
	return env
}

// startScript is of the kind that mybinder.org's user pods carry: it has the
// server of a repository start with whatever Jupyter is in its image.
const startScript = `
import os, shutil, sys
os.environ.setdefault("JUPYTERHUB_SINGLEUSER_APP", "jupyter_server.serverapp.ServerApp")
for name in ("jupyter-lab", "jupyter-server", "jupyter-notebook"):
    path = shutil.which(name)
    if path:
        break
else:
    sys.exit("there is no Jupyter server in this image")
args = [path, *sys.argv[1:]]
print("starting", name, flush=True)
os.execv(path, args)
`

func preferUserNodes() *corev1.Affinity {
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
			Weight: 100,
			Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{
				Key: "hub.jupyter.org/node-purpose", Operator: corev1.NodeSelectorOpIn, Values: []string{"user"},
			}}},
		}},
	}}
}

// Dedicated tolerates the taints of nodes kept for one purpose.
func Dedicated(purpose string) []corev1.Toleration {
	return []corev1.Toleration{
		{Key: "hub.jupyter.org/dedicated", Operator: corev1.TolerationOpEqual, Value: purpose, Effect: corev1.TaintEffectNoSchedule},
		{Key: "hub.jupyter.org_dedicated", Operator: corev1.TolerationOpEqual, Value: purpose, Effect: corev1.TaintEffectNoSchedule},
	}
}
