package cmd

import "net/url"

// binderURLFlag is the URL of a BinderHub. Like a Hub's it is checked when it is
// used.
type binderURLFlag struct{ hubURLFlag }

func (f *binderURLFlag) check() error {
	text := string(f.hubURLFlag)
	parsed, err := url.Parse(text)
	switch {
	case text == "":
		return nil
	case err != nil:
		return usagef("--binder-url: it is no URL")
	case parsed.User != nil:
		return usagef("--binder-url: want no user and no password")
	case parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Host == "":
		return usagef("--binder-url %q: want http or https and a host, such as https://gke.mybinder.org", f.String())
	case parsed.RawQuery != "", parsed.Fragment != "":
		return usagef("--binder-url: want nothing behind the path")
	default:
		return nil
	}
}
