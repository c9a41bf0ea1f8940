// Package incident keeps what a team knows of an incident while it lasts: who
// drives, what was done and seen, whether it is over, and what to write about it
// afterwards.
//
// It lives in the cluster, where everybody on the rota sees it, in the Hub's
// namespace: the open incident is the ConfigMap binderctl-incident, a JSON
// document, and who drives is the Lease binderctl-incident-driver. Nothing has to
// be installed, and kubectl shows both. A copy is kept on the machine of whoever
// writes, and is all there is while the cluster cannot be reached; what only it
// knows goes to the cluster later.
//
// # Writing at the same time
//
// Several people write at once. Every write is conditional on the version that
// was read, and is done again from what is there now when another came first.
// Entries have names of their own, so that writing one twice, as after an answer
// that was lost, leaves one, and merging a copy leaves out what is known.
//
// # Size
//
// A ConfigMap holds 1 MiB at most, and each write sends all of it, of which etcd
// keeps every version for minutes. So the document is kept below 128 KiB: beyond
// that its oldest entries move to a page, a ConfigMap of its own named after the
// incident, which is never written again. They are moved and not summed up,
// because what happened first is what a report is about. A page is written before
// its entries leave the document, so a program that is killed between the two
// leaves them twice, under the same names, and they are read as one. Who may not
// make a ConfigMap leaves the moving to others; at 900 KiB nothing more is taken
// in, which is said, and the copy on the writer's machine has it.
//
// The package never asks for consent: all it writes are notes, in objects of its
// own.
package incident
