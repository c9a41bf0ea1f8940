package launchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Member is one BinderHub of a federation.
type Member struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// lookup is how long it may take to learn what a BinderHub says of itself.
const lookup = 10 * time.Second

// errNotSaid means that a BinderHub does not say what was asked: an older one, or
// something else that answers.
var errNotSaid = errors.New("it does not say")

// Members reads from a federation's redirector which members it sends launches
// to at present. A member that is unwell is not among them.
func Members(ctx context.Context, opts Options) ([]Member, error) {
	var said struct {
		Hosts map[string]struct {
			URL string `json:"url"`
		} `json:"active_hosts"`
	}
	if err := get(ctx, &opts, "active_hosts", &said); err != nil {
		return nil, fmt.Errorf("read the members of %s: %w", withoutSecrets(opts.Binder), err)
	}
	var members []Member
	for name, host := range said.Hosts {
		if host.URL != "" {
			members = append(members, Member{name, host.URL})
		}
	}
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return members, nil
}

// Providers reads from where a BinderHub launches repositories, as the first part
// of what it is asked: "gh", "zenodo". BinderHubs before 2024 do not say.
func Providers(ctx context.Context, opts Options) ([]string, error) {
	var said []struct {
		ID string `json:"id"`
	}
	if err := get(ctx, &opts, "api/repoproviders", &said); err != nil {
		return nil, fmt.Errorf("read what %s launches from: %w", withoutSecrets(opts.Binder), err)
	}
	var ids []string
	for _, provider := range said {
		ids = append(ids, provider.ID)
	}
	return ids, nil
}

// get reads one of the things that a BinderHub says of itself.
func get(ctx context.Context, opts *Options, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(opts.Binder, "/")+"/"+path, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", opts.Agent)
	response, err := (&http.Client{Transport: opts.Transport}).Do(request)
	if err != nil {
		return errors.New(plain(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: the answer was %d %s", errNotSaid, response.StatusCode, http.StatusText(response.StatusCode))
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostAnswer)).Decode(into); err != nil {
		return errNotSaid
	}
	return nil
}
