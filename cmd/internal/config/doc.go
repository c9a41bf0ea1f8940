// Package config knows what an operator has settled once and for all, and which
// of several places that settle the same thing counts.
//
// A setting has the name of the flag that it fills in and is that flag's text.
// Where it may come from, the first going before the rest:
//
//  1. the flag itself
//  2. the profile that --profile names
//  3. the environment: BINDERCTL_NAMESPACE is namespace
//  4. the profile that BINDERCTL_PROFILE names
//  5. KUBECONFIG, which is kubectl's and only says which kubeconfig
//  6. the profile that the file names
//  7. the file
//
// A context belongs to its kubeconfig, a namespace to its context, and a Hub to
// its namespace. So whatever leads elsewhere ([File.Settle]) takes with it all
// that comes from further down and is about the place that it leads away from.
package config
