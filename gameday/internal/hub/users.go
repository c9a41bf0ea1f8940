package hub

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// How many users a page of the API has: by default and at most.
const (
	defaultPage = 50
	longestPage = 200
	pagination  = "application/jupyterhub-pagination+json"
)

func (l *life) whoAmI(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	who := l.caller(r)
	if who == "" {
		return 0, nil, refuse(http.StatusForbidden, "Forbidden")
	}
	return http.StatusOK, map[string]any{
		"kind": "service", "name": string(who), "admin": false,
		"token_id": "a1", "session_id": nil, "scopes": who.scopes(),
	}, nil
}

// listUsers is a page of users.
func (l *life) listUsers(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	query := r.URL.Query()
	state := query.Get("state")
	if !slices.Contains([]string{"", "active", "ready", "inactive"}, state) {
		return 0, nil, refuse(http.StatusBadRequest, "Unrecognized state filter: '%s'", state)
	}
	paged := strings.Contains(r.Header.Get("Accept"), pagination)
	offset, limit, err := page(query, paged)
	if err != nil {
		return 0, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.matching(state, strings.ToLower(query.Get("name_filter")))
	if err := order(found, query.Get("sort")); err != nil {
		return 0, nil, err
	}
	here := found[min(offset, len(found)):min(offset+limit, len(found))]
	items := []any{}
	for _, u := range here {
		// Who is ready is only known in memory: JupyterHub takes the others out of
		// the page, which is shorter then.
		if state != "ready" || u.ready {
			items = append(items, l.model(u, query.Get("include_stopped_servers") != ""))
		}
	}
	if !paged {
		if offset == 0 && len(found) > len(here) {
			l.log.Say(warning, "users:220", "Truncated user list in request that does not expect pagination. Processing %d of %d total users.", len(here), len(found))
		}
		return http.StatusOK, items, nil
	}
	var next any
	if offset+limit < len(found) {
		query.Set("offset", strconv.Itoa(offset+limit))
		query.Set("limit", strconv.Itoa(limit))
		// The Hub knows itself by the name that the request had for it.
		at := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}
		next = map[string]any{"offset": offset + limit, "limit": limit, "url": at.String()}
	}
	return http.StatusOK, map[string]any{
		"items":       items,
		"_pagination": map[string]any{"offset": offset, "limit": limit, "total": len(found), "next": next},
	}, nil
}

// matching are the users in a state and with a part of a name.
func (l *life) matching(state, name string) []*user {
	var found []*user
	for _, u := range l.users {
		has := u.Server != nil
		if (state == "active" || state == "ready") && !has || state == "inactive" && has {
			continue
		}
		if name == "" || strings.Contains(strings.ToLower(u.Name), name) {
			found = append(found, u)
		}
	}
	return found
}

// order sorts users, which come in the order of their ids.
func order(users []*user, by string) error {
	key, descending := strings.CutPrefix(by, "-")
	switch key {
	case "", "id":
	case "name":
		slices.SortStableFunc(users, func(a, b *user) int { return strings.Compare(a.Name, b.Name) })
	case "last_activity":
		slices.SortStableFunc(users, func(a, b *user) int {
			if a.LastActivity == nil || b.LastActivity == nil {
				return boolInt(a.LastActivity != nil) - boolInt(b.LastActivity != nil)
			}
			return a.LastActivity.Compare(*b.LastActivity)
		})
	default:
		return refuse(http.StatusBadRequest, "sort must be 'id', 'name', or 'last_activity', not '%s'", by)
	}
	if descending {
		slices.Reverse(users)
	}
	return nil
}

func boolInt(is bool) int {
	if is {
		return 1
	}
	return 0
}

// page reads which part of a list is asked for.
func page(query url.Values, paged bool) (offset, limit int, err error) {
	limit = longestPage
	if paged {
		limit = defaultPage
	}
	for key, value := range map[string]*int{"offset": &offset, "limit": &limit} {
		if query.Get(key) == "" {
			continue
		}
		number, err := strconv.Atoi(query.Get(key))
		if err != nil {
			return 0, 0, refuse(http.StatusBadRequest, "Invalid argument type, offset and limit must be integers")
		}
		*value = max(number, -number)
	}
	return offset, max(1, min(limit, longestPage)), nil
}

// find is the user of a request. The caller holds the lock.
func (l *life) find(r *http.Request) (*user, error) {
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	u, ok := l.byName[r.PathValue("name")]
	if !ok {
		return nil, refuse(http.StatusNotFound, "Not Found")
	}
	return u, nil
}

func (l *life) getUser(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u, err := l.find(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, l.model(u, r.URL.Query().Get("include_stopped_servers") != ""), nil
}

func (l *life) createUser(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	name := r.PathValue("name")
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ctx.Err(); err != nil {
		return 0, nil, err
	}
	if l.hasLocked(UserFails) {
		return 0, nil, refuse(http.StatusInternalServerError, "Internal Server Error")
	}
	if _, ok := l.byName[name]; ok {
		return 0, nil, refuse(http.StatusConflict, "User %s already exists", name)
	}
	return http.StatusCreated, l.model(l.newUser(name), false), nil
}

func (l *life) createUsers(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var asked struct {
		Names []string `json:"usernames"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.Names) == 0 {
		return 0, nil, refuse(http.StatusBadRequest, "Must specify at least one user to create")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ctx.Err(); err != nil {
		return 0, nil, err
	}
	created := []any{}
	for _, name := range asked.Names {
		if _, ok := l.byName[name]; !ok {
			created = append(created, l.model(l.newUser(name), false))
		}
	}
	if len(created) == 0 {
		return 0, nil, refuse(http.StatusConflict, "All %d users already exist", len(asked.Names))
	}
	return http.StatusCreated, created, nil
}

// newUser makes a user. The caller holds the lock.
func (l *life) newUser(name string) *user {
	l.log.Say(info, "roles:281", "Adding role user for User: %s", name)
	kept := &hubdb.User{Name: name, Created: l.now()}
	l.content.Users = append(l.content.Users, kept)
	l.keep()
	return l.add(kept)
}

func (l *life) deleteUser(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	l.mu.Lock()
	u, err := l.find(r)
	if err != nil {
		l.mu.Unlock()
		return 0, nil, err
	}
	stopping := refuse(http.StatusBadRequest, "%s's server is in the process of stopping, please wait.", u.Name)
	if u.Server != nil && u.Server.Pending == pendingStop {
		l.mu.Unlock()
		return 0, nil, stopping
	}
	if u.ready {
		over := l.beginStop(u)
		l.mu.Unlock()
		if !l.awaitStop(r, u, over) {
			return 0, nil, stopping
		}
		l.mu.Lock()
	}
	defer l.mu.Unlock()
	if u.spawn != nil {
		u.spawn.cancel()
	}
	u.Server = nil
	delete(l.byName, u.Name)
	l.users = slices.DeleteFunc(l.users, func(other *user) bool { return other == u })
	l.content.Users = slices.DeleteFunc(l.content.Users, func(other *hubdb.User) bool { return other == u.User })
	l.keep()
	return http.StatusNoContent, nil, nil
}

// options reads the body of a request to start a server.
func options(r *http.Request) (map[string]any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) == 0 {
		return map[string]any{}, nil //nolint:nilerr // who hung up gets no answer anyway
	}
	var parsed map[string]any
	if err := json.Unmarshal(body, &parsed); err != nil {
		return nil, refuse(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	return parsed, nil
}
