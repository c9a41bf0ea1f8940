package config

// scope is what a setting is about. Each place lies within the one before it.
type scope int

const (
	anywhere    scope = iota // no place
	ofMachine                // a kubeconfig
	ofConfig                 // a context of it
	ofContext                // a cluster, and a namespace there
	ofNamespace              // the Hub there
)

// setting is something that can be settled once and for all. Its name is that
// of the flag that it fills in.
type setting struct {
	name  string
	about scope
	// leads is true of what leads to a place, and so away from any other.
	leads bool
}

// settings are all there are, in the order in which they are shown.
func settings() []setting {
	return []setting{
		{name: "kubeconfig", about: ofMachine, leads: true},
		{name: "context", about: ofConfig, leads: true},
		{name: "namespace", about: ofContext, leads: true},
		{name: "max-nodes", about: ofContext},
		{name: "binder-url", about: ofNamespace},
		{name: "members", about: ofNamespace},
		{name: "launch-repo", about: ofNamespace},
		{name: "launches", about: ofNamespace},
		{name: "fresh-launches", about: ofNamespace},
		{name: "hub-url", about: ofNamespace},
		{name: "hub-token-file", about: ofNamespace},
		{name: "hub-secret", about: ofNamespace},
		{name: "hub-token-key", about: ofNamespace},
		{name: "request-timeout", about: anywhere},
		{name: "max-in-flight", about: anywhere},
		{name: "color", about: anywhere},
	}
}

// Known returns the names of all settings, in the order in which they are shown.
func Known() []string {
	all := settings()
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.name
	}
	return names
}
