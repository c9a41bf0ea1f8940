package binderhub

import (
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Build is one build of a repository's image.
type Build struct {
	Repo     Repo
	Number   int
	Created  time.Time
	Node     string
	IP       string
	Phase    corev1.PodPhase
	Reason   string // why it failed
	Lasted   time.Duration
	Requests corev1.ResourceList
}

// BuildContainer is the container of a build pod.
const BuildContainer = "builder"

// BuildPod is the bare pod in which BinderHub builds.
func (h Hub) BuildPod(b Build, random *rand.Rand) *corev1.Pod {
	name := BuildName(b.Repo, b.Number)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:              name,
			Namespace:         h.Namespace,
			CreationTimestamp: metav1.NewTime(b.Created),
			Generation:        1,
			Labels:            map[string]string{"name": name, "component": "binderhub-build"},
			Annotations:       map[string]string{"binder-repo": b.Repo.URL},
		},
		Spec: corev1.PodSpec{
			Affinity:                     preferUserNodes(),
			AutomountServiceAccountToken: new(false),
			Containers: []corev1.Container{{
				Name:  BuildContainer,
				Image: "quay.io/jupyterhub/repo2docker:2025.08.0",
				Args: []string{
					"jupyter-repo2docker", "--ref", b.Repo.Commit, "--image", b.Repo.Image + ":" + b.Repo.Commit,
					"--no-clean", "--no-run", "--json-logs", "--user-name", "jovyan", "--user-id", "1000", "--push", b.Repo.URL,
				},
				Env:             []corev1.EnvVar{{Name: "GIT_CREDENTIAL_ENV", Value: SecretPrefix + Letters(random, 24)}},
				ImagePullPolicy: corev1.PullIfNotPresent,
				Resources:       corev1.ResourceRequirements{Requests: b.Requests},
				VolumeMounts:    []corev1.VolumeMount{{Name: "docker-socket", MountPath: "/var/run/docker.sock"}},
			}},
			NodeName:         b.Node,
			Priority:         new(int32(0)),
			PreemptionPolicy: new(corev1.PreemptLowerPriority),
			RestartPolicy:    corev1.RestartPolicyNever,
			SchedulerName:    corev1.DefaultSchedulerName,
			Tolerations:      append(Dedicated("user"), DefaultTolerations()...),
			Volumes: []corev1.Volume{{Name: "docker-socket", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: "/var/run/dind/docker.sock", Type: new(corev1.HostPathSocket)},
			}}},
		},
	}
	session := Session{Created: b.Created, IP: b.IP, Phase: b.Phase, Reason: b.Reason, Lasted: b.Lasted}
	pod.Status = Status(pod, session.status())
	return pod
}
