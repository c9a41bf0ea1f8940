package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// SeesAll is ErrRefused if the token may list only some users, or the servers of
// some: whoever it may not see is missing from a list without a word. Hubs before
// 2.0 know no such tokens, and say nothing of what a token may.
func (c *Client) SeesAll(ctx context.Context) error {
	var said struct{ Scopes []string }
	_, err := c.ask(ctx, http.MethodGet, "user", jsonType, patience, func(_ http.Header, body io.Reader) error {
		return json.NewDecoder(body).Decode(&said)
	})
	switch {
	case notFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("ask the Hub what the token may see: %w", err)
	}
	for _, scope := range []string{"list:users", "read:servers"} {
		part := slices.IndexFunc(said.Scopes, func(has string) bool { return strings.HasPrefix(has, scope+"!") })
		if part >= 0 && !slices.Contains(said.Scopes, scope) {
			return fmt.Errorf("%w for all users: its scope is %s", ErrRefused, said.Scopes[part])
		}
	}
	return nil
}
