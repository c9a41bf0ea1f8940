// Package nodes looks after the nodes of a BinderHub's cluster: how full they
// are and when there will be no room left, which of them are sick though they
// say Ready, and how to take them out of service without hurting users.
//
// What changes a node has two halves, as with pods: a Plan… function reads the
// cluster and decides, with a reason for each decision, and a verb carries the
// plan out.
package nodes
