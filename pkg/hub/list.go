package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is how many users a page has: the most that a Hub gives
// (JupyterHub's api_page_max_limit).
const pageSize = 200

// mostUsers is where a list that does not end is given up.
const mostUsers = 1_000_000

// page is one page of users.
type page struct {
	Items []user `json:"items"`
	Pages *struct {
		Total *int `json:"total"` // of all pages; nil if the Hub does not say
		Next  *struct {
			Offset int `json:"offset"`
		} `json:"next"`
	} `json:"_pagination"`

	plain bool // a list without pages, from a Hub before 2.0
}

// View asks for every server that the Hub believes in, page by page. It is
// complete, or the error is not nil (ErrIncomplete if pages contradict each
// other). While servers come and go, a page may miss one all the same: ask for
// one by name (Server) before believing that the Hub does not know it.
func (c *Client) View(ctx context.Context) (View, error) {
	view := View{Servers: map[Key]Server{}}
	var err error
	if view.Version, err = c.Version(ctx); err != nil {
		return View{}, err
	}
	seen, total := map[string]bool{}, 0
	for offset := 0; ; {
		got, err := c.users(ctx, offset)
		if err != nil {
			return View{}, fmt.Errorf("list the Hub's servers: %w", err)
		}
		for _, u := range got.Items {
			seen[u.Name] = true
		}
		if err := got.shrinks(total); err != nil {
			return View{}, err
		}
		total = got.total(total)
		known := len(view.Servers)
		if err := view.add(got.Items); err != nil {
			return View{}, err
		}
		next, more := got.next(offset, len(view.Servers) > known)
		switch {
		case !more && total > len(seen)+pageSize:
			return View{}, fmt.Errorf("list the Hub's servers: %w: it ended after %d of %d users", ErrIncomplete, len(seen), total)
		case !more:
			return view, nil
		case next <= offset, next > mostUsers:
			return View{}, fmt.Errorf("list the Hub's servers: %w: after user %d comes user %d", ErrIncomplete, offset, next)
		}
		offset = next
	}
}

// total is how many users there are on all pages, or what was known before.
func (p page) total(before int) int {
	if p.Pages == nil || p.Pages.Total == nil {
		return before
	}
	return *p.Pages.Total
}

// shrinks is an error if the list has lost more users since the page before than
// can have left meanwhile: those behind them have moved up, and were missed.
func (p page) shrinks(before int) error {
	if now := p.total(before); before-now > pageSize {
		return fmt.Errorf("list the Hub's servers: %w: of %d users there were only %d by the next page", ErrIncomplete, before, now)
	}
	return nil
}

// add takes in a page.
func (v *View) add(users []user) error {
	for _, u := range users {
		if !askable(u.Name) {
			continue
		}
		err := u.each(func(s Server) { v.Servers[s.Key] = s })
		if err != nil {
			return fmt.Errorf("read the Hub's user %s: %w", u.Name, err)
		}
	}
	return nil
}

// next is where the following page begins. A page may be short, or empty, though
// there are more. Hubs before 2.0 do not tell: they are asked until nothing new
// comes.
func (p page) next(offset int, news bool) (next int, more bool) {
	switch {
	case p.plain:
		return offset + pageSize, news
	case p.Pages.Next == nil:
		return 0, false
	default:
		return p.Pages.Next.Offset, true
	}
}

// users asks for a page of the users that have a server.
func (c *Client) users(ctx context.Context, offset int) (got page, err error) {
	query := url.Values{"state": {"active"}, "limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	_, err = c.ask(ctx, http.MethodGet, "users?"+query.Encode(), pagesType, patience, func(_ http.Header, body io.Reader) error {
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		if got.plain = bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("[")); got.plain {
			return json.Unmarshal(text, &got.Items)
		}
		if err := json.Unmarshal(text, &got); err != nil {
			return err
		}
		if got.Items == nil || got.Pages == nil {
			return fmt.Errorf("%w: the answer is neither a list nor a page of one", ErrIncomplete)
		}
		return nil
	})
	return got, err
}

// Server asks the Hub for one server. It is not known if the Hub has no such
// user, or the user no such server.
func (c *Client) Server(ctx context.Context, key Key) (found Server, known bool, err error) {
	var u user
	_, err = c.ask(ctx, http.MethodGet, userPath(key.User), jsonType, patience, func(_ http.Header, body io.Reader) error {
		return json.NewDecoder(body).Decode(&u)
	})
	if notFound(err) {
		return Server{}, false, nil
	}
	if err != nil {
		return Server{}, false, fmt.Errorf("ask the Hub for user %s: %w", key.User, err)
	}
	if u.Name != key.User {
		return Server{}, false, fmt.Errorf("ask the Hub for user %s: %w: the answer is about somebody else", key.User, ErrIncomplete)
	}
	err = u.each(func(s Server) {
		if s.Key == key {
			found, known = s, true
		}
	})
	if err != nil {
		return Server{}, false, fmt.Errorf("read the Hub's user %s: %w", key.User, err)
	}
	return found, known, nil
}

// notFound reports whether it was the Hub itself that knows no such thing, and
// not something in front of it that knows no Hub.
func notFound(err error) bool {
	answer, ok := errors.AsType[*AnswerError](err)
	return ok && answer.Code == http.StatusNotFound && answer.Message != "" && !errors.Is(err, ErrRefused)
}

// Version asks which JupyterHub it is. It takes no right, so that it also tells
// whether there is one.
func (c *Client) Version(ctx context.Context) (string, error) {
	var said struct{ Version string }
	_, err := c.ask(ctx, http.MethodGet, "", jsonType, greeting, func(_ http.Header, body io.Reader) error {
		return json.NewDecoder(body).Decode(&said)
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("ask for the Hub's version: %w", err)
	case said.Version == "":
		return "", fmt.Errorf("ask for the Hub's version: %s is not a JupyterHub's API", c.URL)
	}
	return said.Version, nil
}
