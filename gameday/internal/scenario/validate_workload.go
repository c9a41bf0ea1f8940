package scenario

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
)

func (s *Scenario) validateWorkloads(p *problems) {
	for i, workload := range s.Workloads {
		path := fmt.Sprintf("workloads[%d]", i)
		oneOf(p, path+".kind", workload.Kind, "Deployment", "StatefulSet", "DaemonSet", "Pod", "StaticPod")
		oneOf(p, path+".phase", string(workload.Phase), "Running", "Pending")
		if len(validation.IsDNS1123Subdomain(workload.Name)) > 0 {
			p.add(path+".name", "%q is not a name", workload.Name)
		}
		if len(workload.Labels) == 0 {
			p.add(path+".labels", "it needs some, to select its pods by")
		}
		if len(workload.Containers) == 0 {
			p.add(path+".containers", "it needs one at least")
		}
		if *workload.Replicas < 0 {
			p.add(path+".replicas", "%d is less than 0", *workload.Replicas)
		}
		for j, container := range workload.Containers {
			if container.Name == "" || container.Image == "" {
				p.add(fmt.Sprintf("%s.containers[%d]", path, j), "it needs a name and an image")
			}
			oneOf(p, fmt.Sprintf("%s.containers[%d].role", path, j), container.Role, RoleMain, RoleInit, RoleSidecar)
			if container.NewImage != "" && workload.Kind != "Deployment" {
				p.add(fmt.Sprintf("%s.containers[%d].newImage", path, j), "only a Deployment is updated")
			}
			if container.Sick != nil && workload.Phase != "Running" {
				p.add(fmt.Sprintf("%s.containers[%d].sick", path, j), "its pods are Pending")
			}
			for k, sick := range container.Sick {
				at := fmt.Sprintf("%s.containers[%d].sick[%d]", path, j, k)
				s.validatePool(p, at+".pool", sick.Pool)
				if sick.PreviousLogs != nil && sick.LastDeath == nil {
					p.add(at+".previousLogs", "without lastDeath there was none before")
				}
			}
		}
		s.validateWhere(p, path, workload)
	}
	for i, service := range s.Services {
		if service.Name == "" || len(service.Selector) == 0 || service.Port == 0 {
			p.add(fmt.Sprintf("services[%d]", i), "it needs a name, a selector and a port")
		}
	}
}

// validateWhere checks that a workload's shares are of pods that it has.
func (s *Scenario) validateWhere(p *problems, path string, workload Workload) {
	placed := 0
	for i, share := range workload.Where {
		at := fmt.Sprintf("%s.where[%d]", path, i)
		s.validatePool(p, at+".pool", share.Pool)
		if share.Pool == "" {
			p.add(at+".pool", "it is missing")
		}
		if len(share.Names) > share.Pods {
			p.add(at+".names", "there are more than pods")
		}
		placed += share.Pods
	}
	if workload.Kind != "DaemonSet" && workload.Kind != "StaticPod" && placed > *workload.Replicas {
		p.add(path+".where", "%d pods are more than there are replicas", placed)
	}
	if workload.Hash != "" && workload.Kind != "Deployment" {
		p.add(path+".hash", "only a Deployment has one")
	}
}

func (s *Scenario) validateEvents(p *problems) {
	for i, event := range s.Events {
		path := fmt.Sprintf("events[%d]", i)
		oneOf(p, path+".type", event.Type, "Normal", "Warning")
		if event.Reason == "" {
			p.add(path+".reason", "it is missing")
		}
		if event.First < event.Last {
			p.add(path+".first", "it comes after last")
		}
		about := event.About
		if pods := []bool{about.Workload != "", about.UserPods != "", about.BuildPods != ""}; about.Pool == "" || slices.Contains(pods, true) {
			exactlyOne(p, path+".about", pods...)
		}
		s.validatePool(p, path+".about.pool", event.About.Pool)
		workload := event.About.Workload
		if workload != "" && !slices.ContainsFunc(s.Workloads, func(w Workload) bool { return w.Name == workload }) {
			p.add(path+".about.workload", "there is no workload %q", workload)
		}
	}
}

func (s *Scenario) validateRecovered(p *problems) {
	for i, condition := range s.Recovered {
		path := fmt.Sprintf("recovered[%d]", i)
		if condition.Says == "" {
			p.add(path+".says", "say in words what holds then")
		}
		exactlyOne(p, path, condition.UserPods != nil, condition.Nodes != nil, condition.Ready != nil, condition.Hub != nil)
		if limit := condition.UserPods; limit != nil && limit.AtMost == nil && limit.AtLeast == nil {
			p.add(path+".userPods", "it needs atMost or atLeast")
		}
		if limit := condition.Nodes; limit != nil {
			oneOf(p, path+".nodes.state", limit.State, "notReady", "cordoned", "schedulable")
			if limit.AtMost == nil {
				p.add(path+".nodes", "it needs atMost")
			}
		}
		if ref := condition.Ready; ref != nil {
			oneOf(p, path+".ready.kind", ref.Kind, "Deployment", "StatefulSet", "DaemonSet")
		}
	}
}

func exactlyOne(p *problems, path string, set ...bool) {
	count := 0
	for _, is := range set {
		if is {
			count++
		}
	}
	if count != 1 {
		p.add(path, "exactly one of its fields is to be set")
	}
}
