package config

import (
	"fmt"
	"maps"
)

// EnvPrefix begins the names of the environment variables: BINDERCTL_NAMESPACE
// sets namespace, BINDERCTL_REQUEST_TIMEOUT request-timeout.
const EnvPrefix = "BINDERCTL"

// kubectls is the environment variable by which kubectl's kubeconfig is named.
const kubectls = "KUBECONFIG"

// Kind is the kind of place that a value comes from.
type Kind string

// The kinds of places.
const (
	FromFlag        Kind = "flag"
	FromEnvironment Kind = "environment"
	FromProfile     Kind = "profile"
	FromFile        Kind = "file"
)

// Source is where a value comes from.
type Source struct {
	Kind Kind `json:"kind"`
	// Name is the flag, the variable, the profile or the file.
	Name string `json:"name"`
}

// String is the source in words, such as "environment BINDERCTL_CONTEXT".
func (s Source) String() string { return string(s.Kind) + " " + s.Name }

// Value is what one place says about a setting.
type Value struct {
	Setting string
	Text    string
	From    Source
}

// IsKubectls is true of what KUBECONFIG says, which the libraries of kubectl read
// by themselves: it may name several files.
func (v Value) IsKubectls() bool { return v.From == Source{FromEnvironment, kubectls} }

// Unused is a value that does not count because another leads away from the
// place that it is about.
type Unused struct {
	Value
	Because Value
}

// Settled is what counts.
type Settled struct {
	// Profile is the profile that counts and who named it; its Text is "" if none
	// does.
	Profile Value
	// Values are the settings that are settled, by name. What KUBECONFIG says is
	// among them, although it reaches the cluster by itself.
	Values map[string]Value
	// Unused are the values that would count if nothing led elsewhere.
	Unused []Unused
}

// layer is what one place says.
type layer struct {
	from   func(setting string) Source
	values map[string]string
}

// Settle decides what counts: given are the flags that were typed, --profile
// among them, by name; a command's own flags that are no settings do no harm.
func (f *File) Settle(given map[string]string, getenv func(string) string) (*Settled, error) {
	layers, profile, err := f.layers(given, getenv)
	if err != nil {
		return nil, err
	}
	settled := &Settled{Profile: profile, Values: map[string]Value{}}
	for _, one := range layers {
		settled.add(one)
	}
	return settled, nil
}

// add takes over what a layer says, unless a layer above has said it or leads
// elsewhere.
func (s *Settled) add(l layer) {
	fresh := map[string]Value{}
	for _, one := range settings() {
		text, said := l.values[one.name]
		if _, settled := s.Values[one.name]; !said || settled {
			continue
		}
		value := Value{Setting: one.name, Text: text, From: l.from(one.name)}
		if because, elsewhere := s.elsewhere(one); elsewhere {
			s.Unused = append(s.Unused, Unused{Value: value, Because: because})
			continue
		}
		fresh[one.name] = value
	}
	maps.Copy(s.Values, fresh)
}

// elsewhere finds what leads away from the place that a setting is about.
func (s *Settled) elsewhere(about setting) (Value, bool) {
	for _, one := range settings() {
		if value, settled := s.Values[one.name]; settled && one.leads && one.about < about.about {
			return value, true
		}
	}
	return Value{}, false
}

// layers are the places that may say something, the first going before the rest,
// and the profile among them.
func (f *File) layers(given map[string]string, getenv func(string) string) ([]layer, Value, error) {
	profile := f.chosen(given, getenv)
	byProfile := layer{from: func(string) Source { return Source{FromProfile, profile.Text} }}
	if profile.Text != "" {
		values, err := f.profile(profile.Text)
		if err != nil {
			return nil, profile, fmt.Errorf("%s: %w", profile.From, err)
		}
		byProfile.values = values
	}
	if profile.From.Kind == FromFlag {
		return []layer{ofFlags(given), byProfile, ofEnvironment(getenv), ofKubectl(getenv), f.own()}, profile, nil
	}
	if profile.From.Kind == FromEnvironment {
		return []layer{ofFlags(given), ofEnvironment(getenv), byProfile, ofKubectl(getenv), f.own()}, profile, nil
	}
	return []layer{ofFlags(given), ofEnvironment(getenv), ofKubectl(getenv), byProfile, f.own()}, profile, nil
}

// chosen is the profile that counts, and who named it.
func (f *File) chosen(given map[string]string, getenv func(string) string) Value {
	variable := variableOf(Profile)
	switch {
	case given[Profile] != "":
		return Value{Profile, given[Profile], Source{FromFlag, "--" + Profile}}
	case getenv(variable) != "":
		return Value{Profile, getenv(variable), Source{FromEnvironment, variable}}
	case f.Profile != "":
		return Value{Profile, f.Profile, Source{FromFile, f.Path}}
	default:
		return Value{}
	}
}

func ofFlags(given map[string]string) layer {
	return layer{func(name string) Source { return Source{FromFlag, "--" + name} }, given}
}

func ofEnvironment(getenv func(string) string) layer {
	values := map[string]string{}
	for _, name := range Known() {
		if text := getenv(variableOf(name)); text != "" {
			values[name] = text
		}
	}
	return layer{func(name string) Source { return Source{FromEnvironment, variableOf(name)} }, values}
}

func ofKubectl(getenv func(string) string) layer {
	values := map[string]string{}
	if path := getenv(kubectls); path != "" {
		values["kubeconfig"] = path
	}
	return layer{func(string) Source { return Source{FromEnvironment, kubectls} }, values}
}

// own is what the file says outside its profiles.
func (f *File) own() layer {
	return layer{func(string) Source { return Source{FromFile, f.Path} }, f.Settings}
}

// variableOf is the environment variable that sets a setting.
func variableOf(name string) string {
	variable := []byte(EnvPrefix + "_" + name)
	for i, c := range variable {
		switch {
		case c == '-':
			variable[i] = '_'
		case c >= 'a' && c <= 'z':
			variable[i] = c - 'a' + 'A'
		}
	}
	return string(variable)
}
