package nodes

import (
	corev1 "k8s.io/api/core/v1"
)

// Role is what the operators of a Hub keep a node for, by zero-to-jupyterhub's
// conventions.
type Role string

// The roles a node can have; "" is none in particular.
const (
	CoreRole Role = "core" // the Hub, the proxy and their like
	UserRole Role = "user" // users' servers
)

// purposeKey is the label by which zero-to-jupyterhub prefers nodes, and the
// others are the taints with which it keeps the rest off: clouds that do not
// allow a slash in a taint get the second.
const (
	purposeKey        = "hub.jupyter.org/node-purpose"
	dedicatedKey      = "hub.jupyter.org/dedicated"
	dedicatedKeyCloud = "hub.jupyter.org_dedicated"
)

func roleOf(node *corev1.Node) Role {
	for _, taint := range node.Spec.Taints {
		if taint.Key == dedicatedKey || taint.Key == dedicatedKeyCloud {
			return asRole(taint.Value)
		}
	}
	return asRole(node.Labels[purposeKey])
}

func asRole(text string) Role {
	switch role := Role(text); role {
	case CoreRole, UserRole:
		return role
	default:
		return ""
	}
}
