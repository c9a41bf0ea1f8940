package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"
)

// Decode reads and checks a scenario; name is that of its file, for errors.
func Decode(name string, content []byte) (*Scenario, error) {
	scenario, source, err := decode(content)
	if err != nil {
		return nil, fmt.Errorf("read scenario %s: %w", name, err)
	}
	scenario.defaults()
	if err := scenario.validate(source); err != nil {
		return nil, fmt.Errorf("check scenario %s: %w", name, err)
	}
	return scenario, nil
}

// decode returns the scenario and its source, which knows positions.
func decode(content []byte) (*Scenario, *yaml.Node, error) {
	var source yaml.Node
	if err := yaml.Unmarshal(content, &source); err != nil {
		return nil, nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	var scenario Scenario
	if err := decoder.Decode(&scenario); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, errors.New("it is empty")
		}
		return nil, nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("it holds more than one document")
	}
	return &scenario, &source, nil
}

// life is how long what has ended had run, where the scenario does not say.
const life = Duration(time.Minute)

func (s *Scenario) defaults() {
	s.Release = cmp.Or(s.Release, s.Namespace)
	s.Kubespawner = cmp.Or(s.Kubespawner, "7")
	s.Hub.defaults()
	s.Binder.defaults(s.Hub)
	for i := range s.Nodes {
		pool := &s.Nodes[i]
		pool.Name = cmp.Or(pool.Name, pool.Pool+"-{index}")
		if pool.Capacity == nil {
			pool.Capacity = &pool.Allocatable
		}
	}
	for i := range s.Repos {
		s.Repos[i].Ref = cmp.Or(s.Repos[i].Ref, "HEAD")
		s.Repos[i].Weight = cmp.Or(s.Repos[i].Weight, 1)
	}
	for i := range s.UserPods {
		group := &s.UserPods[i]
		group.Kubespawner = cmp.Or(group.Kubespawner, s.Kubespawner)
		group.Phase = cmp.Or(group.Phase, "Running")
		group.Lasted = cmp.Or(group.Lasted, life)
	}
	for i := range s.BuildPods {
		group := &s.BuildPods[i]
		group.Phase, group.Lasted = cmp.Or(group.Phase, "Running"), cmp.Or(group.Lasted, life)
	}
	for i := range s.Workloads {
		workload := &s.Workloads[i]
		workload.Namespace = cmp.Or(workload.Namespace, s.Namespace)
		workload.Phase = cmp.Or(workload.Phase, "Running")
		if workload.Replicas == nil {
			workload.Replicas = new(1)
		}
		for j := range workload.Where {
			workload.Where[j].Pods = cmp.Or(workload.Where[j].Pods, len(workload.Where[j].Names))
		}
		for j := range workload.Containers {
			workload.Containers[j].defaults()
		}
	}
	for i := range s.Services {
		s.Services[i].Target = cmp.Or(s.Services[i].Target, s.Services[i].Port)
	}
	for i := range s.Events {
		event := &s.Events[i]
		event.Count = cmp.Or(event.Count, 1)
		event.First = cmp.Or(event.First, event.Last)
	}
	for i := range s.Recovered {
		if ref := s.Recovered[i].Ready; ref != nil {
			ref.Namespace = cmp.Or(ref.Namespace, s.Namespace)
		}
	}
}

func (c *Container) defaults() {
	c.Role = cmp.Or(c.Role, RoleMain)
	for i := range c.Sick {
		if death := c.Sick[i].LastDeath; death != nil {
			death.Lasted = cmp.Or(death.Lasted, life)
		}
	}
}
