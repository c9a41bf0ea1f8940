package cmd

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/config"
	"github.com/binderctl/binderctl/pkg/hub"
)

// hubFlags are the flags by which commands reach the Hub. With none of them it
// is found from the cluster alone.
type hubFlags struct {
	url       hubURLFlag
	tokenFile fileFlag
	secret    wordFlag
	tokenKey  wordFlag

	cmd *cobra.Command
}

// hubTokenVariable is the environment variable that may hold a token for the
// Hub. A token is no flag: whoever lists processes would see it.
const hubTokenVariable = "BINDERCTL_HUB_TOKEN"

// hubHelp explains, in a command's help, how the Hub is reached.
const hubHelp = `The Hub is reached through the API server, as kubectl port-forward would, with
the token of the service binder from the Secret hub. Where that is not allowed,
name the Hub with --hub-url and give a token that may list users, in the
environment variable BINDERCTL_HUB_TOKEN or with --hub-token-file.`

func (f *hubFlags) add(cmd *cobra.Command) {
	f.cmd = cmd
	flags := cmd.Flags()
	flags.Var(&f.url, "hub-url", "`URL` of the Hub, if not by a tunnel through the API server, such as https://hub.example.org")
	flags.Var(&f.tokenFile, "hub-token-file", "`FILE` with a token for the Hub (default: $BINDERCTL_HUB_TOKEN, else the one in the Hub's Secret)")
	flags.Var(&f.secret, "hub-secret", "`NAME` of the Hub's Secret (default hub, or the one like it)")
	flags.Var(&f.tokenKey, "hub-token-key", "`KEY` of the token in the Hub's Secret (default hub.services.binder.apiToken, or another that is known)")
}

// options are what pkg/hub makes of the flags.
func (f *hubFlags) options(app *App) (hub.Options, error) {
	if err := f.url.check(); err != nil {
		return hub.Options{}, err
	}
	environment := app.Getenv(hubTokenVariable)
	if environment != "" && !f.cmd.Flags().Changed("hub-url") && leadsAway(app.typed) != "" {
		app.Term.Warn("$%s is not used, as the call leads to another place than the environment: --hub-token-file gives a token for its Hub", hubTokenVariable)
		environment = ""
	}
	token, err := f.token(environment)
	if f.url.inTheClear() {
		app.Term.Warn("the token goes to %s in the clear, where others on the way may read it: use https", f.url.String())
	}
	return hub.Options{URL: string(f.url), Token: token, Secret: string(f.secret), TokenKey: string(f.tokenKey)}, err
}

// leadsAway is the flag of a call by which it names another place than the
// environment does, or "".
func leadsAway(typed map[string]string) string {
	for _, flag := range []string{config.Profile, "kubeconfig", "context", "namespace"} {
		if _, named := typed[flag]; named {
			return "--" + flag
		}
	}
	return ""
}

// token is the one in a file that the call names; else that of the environment;
// else the one in a file that the settings name.
func (f *hubFlags) token(environment string) (string, error) {
	if f.tokenFile == "" || environment != "" && !f.cmd.Flags().Changed("hub-token-file") {
		return environment, checkToken(hubTokenVariable, environment)
	}
	text, err := os.ReadFile(string(f.tokenFile))
	if err != nil {
		return "", usageError{fmt.Errorf("read token: %w", err)}
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", usagef("read token: %s is empty", f.tokenFile)
	}
	return token, checkToken(string(f.tokenFile), token)
}

// checkToken refuses what is not a token, without repeating it.
func checkToken(from, token string) error {
	if strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return usagef("what is in %s is no token: it has blanks, line breaks or strange characters", from)
	}
	return nil
}

// given are the flags as they were given, for a command to type next.
func (f *hubFlags) given() []string {
	var words []string
	for _, name := range []string{"hub-url", "hub-token-file", "hub-secret", "hub-token-key"} {
		if flag := f.cmd.Flags().Lookup(name); flag.Changed {
			words = append(words, "--"+name, flag.Value.String())
		}
	}
	return words
}

// whileAsking shows that something is asked of the Hub: one that hangs is found
// out after many seconds.
func (app *App) whileAsking(label string, ask func()) {
	progress := app.Term.Start(label, 1)
	defer progress.Done()
	ask()
	progress.Step(1)
}

// hubNeeds are what reaching the Hub takes.
func hubNeeds() []need {
	return []need{
		{Resource: "secrets", Names: []string{"hub"}, Verbs: []string{"get"}, Why: "for the token of the Hub and how it was deployed; another name with --hub-secret"},
		{Resource: "pods/portforward", Verbs: []string{"create", "get"}, Why: "to reach its pod; get is what websockets take; not needed with --hub-url"},
	}
}

// hubURLFlag is the URL of a Hub. It is checked when it is used: a flag's own
// error repeats what was typed, which may hold a password.
type hubURLFlag string

func (f *hubURLFlag) String() string {
	parsed, err := url.Parse(string(*f))
	if err != nil {
		return ""
	}
	return parsed.Redacted()
}

func (f *hubURLFlag) Set(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	*f = hubURLFlag(text)
	return nil
}

func (f *hubURLFlag) check() error {
	parsed, err := url.Parse(string(*f))
	switch {
	case *f == "":
		return nil
	case err != nil:
		return usagef("--hub-url: it is no URL")
	case parsed.User != nil:
		return usagef("--hub-url: a Hub takes a token, not a user and a password")
	case parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Host == "":
		return usagef("--hub-url %q: want http or https and a host, such as https://hub.example.org", f.String())
	case parsed.RawQuery != "", parsed.Fragment != "":
		return usagef("--hub-url: want nothing behind the path")
	default:
		return nil
	}
}

// inTheClear reports whether what is sent there can be read on the way.
func (f *hubURLFlag) inTheClear() bool {
	parsed, err := url.Parse(string(*f))
	if err != nil || parsed.Scheme != "http" {
		return false
	}
	host := parsed.Hostname()
	return host != "localhost" && !net.ParseIP(host).IsLoopback()
}

func (f *hubURLFlag) Type() string { return "URL" }

// wordFlag is a text that is not empty.
type wordFlag string

func (f *wordFlag) String() string { return string(*f) }

func (f *wordFlag) Set(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	*f = wordFlag(text)
	return nil
}

func (f *wordFlag) Type() string { return "NAME" }
