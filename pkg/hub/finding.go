package hub

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Class says how a pod and the Hub's idea of it differ.
type Class string

// The ways in which they can differ, the gravest for the users first.
const (
	Orphan       Class = "orphan"        // a pod of which the Hub knows nothing: nobody will ever stop it
	Ghost        Class = "ghost"         // the Hub says it runs, and there is no pod
	Stuck        Class = "stuck"         // starting, stopping or being checked for longer than that can take
	Unrouted     Class = "unrouted"      // it runs, and the proxy does not lead to it
	StaleRoute   Class = "stale-route"   // the proxy leads to a server that is not there
	NeverClaimed Class = "never-claimed" // it became ready after BinderHub had given up on it
	Overdue      Class = "overdue"       // older than the culler lets any server become
)

// Classes are all there are, the gravest first.
func Classes() []Class {
	return []Class{Orphan, Ghost, Stuck, Unrouted, StaleRoute, NeverClaimed, Overdue}
}

// Finding is one server whose pod and the Hub's idea of it differ.
type Finding struct {
	Class     Class     `json:"class"`
	Namespace string    `json:"namespace"`
	Pod       string    `json:"pod"` // "" if there is none
	UID       types.UID `json:"uid"` // of the pod
	Key
	Repo     string    `json:"repo"`
	Phase    string    `json:"phase"`          // of the pod, or ""
	Node     string    `json:"node"`           // of the pod, or ""
	Since    time.Time `json:"since,omitzero"` // of the pod's creation, or the server's start; left out if unknown
	Pending  Pending   `json:"pending"`        // as the Hub says
	Deleting bool      `json:"deleting"`       // the pod was asked to go already
	Held     string    `json:"heldBy"`         // finalizers of the pod, or ""
	Routed   bool      `json:"routed"`         // the proxy leads to it; false if the proxy was not asked, too
	Perhaps  string    `json:"perhaps"`        // of an orphan: the user whose it may be under another name, or ""
	Evidence string    `json:"evidence"`       // in words: what was seen where
	Settled  bool      `json:"certain"`        // seen twice, far enough apart that nothing in passing explains it
}
