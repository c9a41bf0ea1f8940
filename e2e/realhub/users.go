package realhub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// users answers for the servers of all users, whose pods run nothing: every
// path, so that the Hub finds each server ready as soon as its pod is.
type users struct {
	port   int
	server *http.Server
	ended  chan error
}

func serveUsers(ctx context.Context) (*users, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve users: %w", err)
	}
	u := &users{
		port: listener.Addr().(*net.TCPAddr).Port,
		server: &http.Server{
			ReadHeaderTimeout: 10 * time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(`{"version": "2.0.0"}`))
			}),
		},
		ended: make(chan error, 1),
	}
	go func() { u.ended <- u.server.Serve(listener) }()
	return u, nil
}

func (u *users) stop() error {
	err := u.server.Close()
	if ended := <-u.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
