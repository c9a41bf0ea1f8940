package scenario

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// validate checks what decoding cannot see.
func (s *Scenario) validate(source *yaml.Node) error {
	p := &problems{source: source}
	if len(validation.IsDNS1123Label(s.Namespace)) > 0 {
		p.add("namespace", "%q is not a namespace's name", s.Namespace)
	}
	if s.Title == "" {
		p.add("title", "it is missing")
	}
	oneOf(p, "kubespawner", s.Kubespawner, "6", "7")
	s.validateNodes(p)
	s.validateRepos(p)
	s.validateUserPods(p)
	s.validateBuildPods(p)
	s.validateWorkloads(p)
	s.validateEvents(p)
	s.validateHub(p)
	s.validateBinder(p)
	s.validateRecovered(p)
	s.validateDrill(p)
	return p.join()
}

func (s *Scenario) validateNodes(p *problems) {
	seen := map[string]bool{}
	for i, pool := range s.Nodes {
		path := fmt.Sprintf("nodes[%d]", i)
		if pool.Pool == "" || seen[pool.Pool] {
			p.add(path+".pool", "each pool needs a name of its own")
		}
		seen[pool.Pool] = true
		positive(p, path+".count", pool.Count)
		if pool.Allocatable.Memory.IsZero() || pool.Allocatable.CPU.IsZero() || pool.Allocatable.Pods == 0 {
			p.add(path+".allocatable", "it needs cpu, memory and pods")
		}
		for j, taint := range pool.Taints {
			oneOf(p, fmt.Sprintf("%s.taints[%d].effect", path, j), string(taint.Effect), "NoSchedule", "NoExecute", "PreferNoSchedule")
		}
		for j, condition := range pool.Conditions {
			oneOf(p, fmt.Sprintf("%s.conditions[%d].status", path, j), condition.Status, "True", "False", "Unknown")
		}
	}
}

func (s *Scenario) validateRepos(p *problems) {
	for i, repo := range s.Repos {
		path := fmt.Sprintf("repos[%d]", i)
		if repo.URL == "" {
			p.add(path+".url", "it is missing")
		}
		positive(p, path+".weight", repo.Weight)
	}
}

func (s *Scenario) validateUserPods(p *problems) {
	for i, group := range s.UserPods {
		path := fmt.Sprintf("userPods[%d]", i)
		positive(p, path+".count", group.Count)
		s.validateRepo(p, path+".repo", group.Repo)
		s.validatePool(p, path+".pool", group.Pool)
		oneOf(p, path+".kubespawner", group.Kubespawner, "6", "7")
		oneOf(p, path+".phase", string(group.Phase), "Running", "Pending", "Succeeded", "Failed")
		ended := group.Phase == corev1.PodFailed || group.Phase == corev1.PodSucceeded
		if group.Reason != "" && !ended {
			p.add(path+".reason", "only a Failed or Succeeded pod has one")
		}
		if group.Waiting != "" && group.Phase != corev1.PodPending {
			p.add(path+".waiting", "only a Pending pod waits")
		}
		if group.StartsIn > 0 && group.Waiting == "" {
			p.add(path+".startsIn", "only a pod with waiting starts later")
		}
		if group.Pool != "" && group.Phase == corev1.PodPending && group.Waiting == "" {
			p.add(path+".pool", "a Pending pod without waiting has no node")
		}
		if group.TerminatingFor > 0 && len(group.Finalizers) == 0 {
			p.add(path+".terminatingFor", "without finalizers the pod would be gone at once")
		}
		if group.NoStartTime && group.Phase == corev1.PodPending {
			p.add(path+".noStartTime", "a Pending pod has none anyway")
		}
	}
}

func (s *Scenario) validateBuildPods(p *problems) {
	for i, group := range s.BuildPods {
		path := fmt.Sprintf("buildPods[%d]", i)
		positive(p, path+".count", group.Count)
		s.validateRepo(p, path+".repo", group.Repo)
		s.validatePool(p, path+".pool", group.Pool)
		oneOf(p, path+".phase", string(group.Phase), "Running", "Succeeded", "Failed")
	}
}

// validateRepo accepts a repo of the list, or none where the list has some.
func (s *Scenario) validateRepo(p *problems, path, url string) {
	if url == "" && len(s.Repos) == 0 {
		p.add(path, "name one under repos first")
	}
	if url != "" && !slices.ContainsFunc(s.Repos, func(r Repo) bool { return r.URL == url }) {
		p.add(path, "%q is not among repos", url)
	}
}

func (s *Scenario) validatePool(p *problems, path, name string) {
	if name != "" && !slices.ContainsFunc(s.Nodes, func(n NodePool) bool { return n.Pool == name }) {
		p.add(path, "there is no pool %q", name)
	}
}

func positive(p *problems, path string, n int) {
	if n < 1 {
		p.add(path, "%d is less than 1", n)
	}
}

func oneOf(p *problems, path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		p.add(path, "%q is none of %q", value, allowed)
	}
}
