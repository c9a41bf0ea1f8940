package hub

import "context"

// View asks for every server that the Hub believes in, page by page. It is
// complete, or the error is not nil (ErrIncomplete if pages contradict each
// other). While servers come and go, a page may miss one all the same: ask for
// one by name (Server) before believing that the Hub does not know it.
func (c *Client) View(ctx context.Context) (View, error) {
	panic("to be written")
}

// Server asks the Hub for one server. It is not known if the Hub has no such
// user, or the user no such server.
func (c *Client) Server(ctx context.Context, key Key) (server Server, known bool, err error) {
	panic("to be written")
}
