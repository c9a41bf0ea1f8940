package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// The keys of the file that are no settings. Profile is also the flag's name.
const (
	Profile     = "profile"
	profilesKey = "profiles"
)

// File is what the configuration file says.
type File struct {
	// Path is where it is, or would be.
	Path string
	// Found is whether it is there.
	Found bool
	// Settings are the texts of settings, by name.
	Settings map[string]string
	// Profile is the profile that counts if nobody names another, or "".
	Profile string
	// Profiles are the settings of each profile. viper knows names in small
	// letters only, so that these are.
	Profiles map[string]map[string]string
}

// DefaultPath is where the file is when nobody says otherwise:
// $XDG_CONFIG_HOME/binderctl/config.yaml, by default in ~/.config. It is nowhere,
// "", for whoever has no home: the folder one happens to be in is somebody else's.
func DefaultPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" && home(getenv) != "" {
		dir = filepath.Join(home(getenv), ".config")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "binderctl", "config.yaml")
}

// home is the operator's own folder; Windows has another variable for it.
func home(getenv func(string) string) string {
	return cmp.Or(getenv("HOME"), getenv("USERPROFILE"))
}

// Load reads the file at path. A file that is not there is an error only if it
// must be; a key that does not exist always is.
func Load(path string, must bool, getenv func(string) string) (*File, error) {
	if path == "" && !must {
		return &File{}, nil
	}
	// Names may have dots in them, which viper would take for a path.
	v := viper.NewWithOptions(viper.KeyDelimiter("\x00"))
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	err := v.ReadInConfig()
	if missing := errors.Is(err, fs.ErrNotExist); err != nil && (must || !missing) {
		return nil, fmt.Errorf("read configuration %s: %w", path, plain(err))
	}
	file := &File{Path: path, Found: err == nil}
	content := v.AllSettings()
	if v.IsSet(profilesKey) { // with those that are empty, which viper leaves out
		content[profilesKey] = v.Get(profilesKey)
	}
	if err := file.read(content); err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	file.findHome(home(getenv))
	return file, nil
}

// plain is an error of a library that reads YAML or files, without what it says of
// itself and of the file.
func plain(err error) error {
	if parse, ok := errors.AsType[viper.ConfigParseError](err); ok {
		err = parse.Unwrap()
		text := strings.TrimPrefix(err.Error(), "yaml: ")
		text = strings.TrimPrefix(text, "unmarshal errors:\n")
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = strings.TrimSpace(line)
		}
		return errors.New(strings.Join(lines, "; "))
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return file.Err
	}
	return err
}

// findHome puts the operator's own folder where the name of a file begins with
// a tilde, which no shell sees here.
func (f *File) findHome(folder string) {
	for _, values := range append(slices.Collect(maps.Values(f.Profiles)), f.Settings) {
		for _, name := range []string{"kubeconfig", "hub-token-file"} {
			if rest, ok := strings.CutPrefix(values[name], "~/"); ok {
				values[name] = filepath.Join(folder, rest)
			}
		}
	}
}

// read takes the file's content apart.
func (f *File) read(content map[string]any) (err error) {
	if f.Profile, err = text(Profile, content[Profile]); err != nil {
		return err
	}
	if f.Profiles, err = readProfiles(content[profilesKey]); err != nil {
		return err
	}
	delete(content, Profile)
	delete(content, profilesKey)
	if f.Settings, err = readSettings(content, Profile, profilesKey); err != nil {
		return err
	}
	if f.Profile != "" {
		_, err = f.profile(f.Profile)
	}
	return err
}

func readProfiles(content any) (map[string]map[string]string, error) {
	if content == nil {
		return nil, nil
	}
	byName, ok := content.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: want a name and settings below it for each", profilesKey)
	}
	profiles := make(map[string]map[string]string, len(byName))
	for name, content := range byName {
		values, ok := content.(map[string]any)
		if !ok && content != nil {
			return nil, fmt.Errorf("profile %s: want settings, such as context: NAME", name)
		}
		read, err := readSettings(values)
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", name, err)
		}
		profiles[name] = read
	}
	return profiles, nil
}

// readSettings reads the texts of settings. The keys besides are those that may
// be meant by a mistyped one.
func readSettings(content map[string]any, besides ...string) (map[string]string, error) {
	known := Known()
	read := make(map[string]string, len(content))
	for _, name := range slices.Sorted(maps.Keys(content)) {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no setting %q%s", name, meant(name, slices.Concat(known, besides)))
		}
		value, err := text(name, content[name])
		if err != nil {
			return nil, err
		}
		if value != "" {
			read[name] = value
		}
	}
	return read, nil
}

// text is a value as a flag would take it; that of a key without one is "".
func text(name string, value any) (string, error) {
	switch value.(type) {
	case nil:
		return "", nil
	case string, bool, int, int64, uint64, float64:
		return fmt.Sprint(value), nil
	default:
		return "", fmt.Errorf("%s: want a single value", name)
	}
}

// ProfileNames returns the names of the profiles, sorted.
func (f *File) ProfileNames() []string { return slices.Sorted(maps.Keys(f.Profiles)) }

// profile returns the settings of a profile.
func (f *File) profile(name string) (map[string]string, error) {
	if found, ok := f.Profiles[strings.ToLower(name)]; ok {
		return found, nil
	}
	names := f.ProfileNames()
	switch like := meant(name, names); {
	case len(names) == 0:
		return nil, fmt.Errorf("there is no profile %q: %s has none", name, f.Path)
	case like != "":
		return nil, fmt.Errorf("there is no profile %q%s", name, like)
	default:
		return nil, fmt.Errorf("there is no profile %q, only %s", name, strings.Join(names, ", "))
	}
}
