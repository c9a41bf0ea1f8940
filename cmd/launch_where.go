package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// binders are the BinderHubs that are launched from.
type binders struct {
	members []launchtest.Member
	client  *cluster.Client // nil if there is no cluster to ask
	gather  *launchtest.Gatherer
	own     bool // the BinderHub is the cluster's
	found   launchtest.Found
	usual   *http.Transport
}

func (b *binders) close() {
	b.usual.CloseIdleConnections()
	if b.found.Close != nil {
		_ = b.found.Close()
	}
}

// options are those that all launches share.
func (b *binders) options(app *App) launchtest.Options {
	options := launchtest.Options{
		Transport: b.usual, ServerTransport: b.usual, TrustHosts: slices.Clone(b.found.Trust),
		Agent: "binderctl/" + version(), Now: app.Now,
	}
	if b.found.Transport != nil {
		options.Transport = b.found.Transport
	}
	if b.gather != nil {
		options.Gather, options.Look = b.gather.Gather, b.gather.Look
	}
	return options
}

// findBinders finds the BinderHubs to launch from: the one that is named, the one
// that the link leads to, the configured one, the cluster's, or the public one;
// or some members of it.
func (app *App) findBinders(ctx context.Context, flags *binderFlags, linked string) (*binders, error) {
	if err := flags.url.check(); err != nil {
		return nil, err
	}
	b := &binders{usual: binderTransport()}
	address := string(flags.url.hubURLFlag)
	if linked != "" && !flags.cmd.Flags().Changed("binder-url") {
		address = linked
	}
	if err := app.clusterOf(ctx, b, address == "" && len(flags.members) == 0); err != nil {
		return nil, err
	}
	address = strings.TrimRight(cmp.Or(address, b.found.URL, publicBinder), "/")
	b.members = []launchtest.Member{{Name: "", URL: address}}
	if b.own {
		app.Term.Say("launching from the BinderHub %s", b.said())
	} else if len(flags.member) == 0 {
		app.Term.Say("launching from %s", b.said())
	}
	if len(flags.member) == 0 {
		return b, nil
	}
	members, err := flags.chosen(app.knownMembers(ctx, b, flags, address))
	if err != nil {
		return nil, usageError{fmt.Errorf("--member of %s: %w", address, err)}
	}
	b.members = members
	return b, nil
}

// clusterOf prepares to ask the cluster, if one is configured. It is needed only
// if it has to tell where the BinderHub is.
func (app *App) clusterOf(ctx context.Context, b *binders, needed bool) error {
	client, err := app.dial()
	if errors.Is(err, cluster.ErrNoConfig) {
		return nil
	}
	if err == nil && needed {
		err = app.settleNamespace(ctx, client)
	}
	if err != nil {
		if needed {
			return hintError{err, "to launch without the cluster name the BinderHub: --binder-url " + publicBinder}
		}
		return nil
	}
	if !needed {
		if client.Where.Namespace == "" { // it would have to be looked for, and may not be there
			return nil
		}
		b.ask(client, false)
		return nil
	}
	err = b.findIn(ctx, client)
	if errors.Is(err, launchtest.ErrNoBinder) && app.place != placeNamed {
		app.Term.Say("the cluster of context %s has no BinderHub", client.Where.Context)
		return nil
	}
	if err != nil && !cluster.Unreachable(err) {
		return hintError{err, "name the BinderHub of another place with --binder-url URL"}
	}
	return err
}

// findIn finds the BinderHub of the client's place.
func (b *binders) findIn(ctx context.Context, client *cluster.Client) error {
	found, err := launchtest.Find(ctx, client)
	if err != nil {
		return err
	}
	b.found = found
	b.ask(client, true)
	return nil
}

// ask has the cluster asked about launches that break; own says that the BinderHub
// is its own.
func (b *binders) ask(client *cluster.Client, own bool) {
	b.client, b.own, b.gather = client, own, launchtest.NewGatherer(client, own)
}

// knownMembers are the members of a federation: those that are named, else those
// that its redirector knows, and those of mybinder.org that are out of rotation.
func (app *App) knownMembers(ctx context.Context, b *binders, flags *binderFlags, address string) []launchtest.Member {
	if len(flags.members) > 0 {
		return flags.members
	}
	asked := b.options(app)
	asked.Binder = address
	members, err := launchtest.Members(ctx, asked)
	if err != nil {
		app.Term.Say("%s", err)
	}
	if parsed, err := url.Parse(address); err != nil || parsed.Hostname() != "mybinder.org" {
		return members
	}
	for _, member := range publicMembers() {
		if !slices.ContainsFunc(members, func(m launchtest.Member) bool { return m.Name == member.Name }) {
			if err == nil {
				app.Term.Say("%s is out of rotation at present", member.Name)
			}
			members = append(members, member)
		}
	}
	return members
}
