// Command binderctl helps operate a BinderHub. This file is all of it that
// touches the process: its streams, signals, clock and exit code.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"github.com/binderctl/binderctl/cmd"
	"github.com/binderctl/binderctl/cmd/internal/ui"
)

func main() {
	os.Exit(run())
}

func run() int {
	// The first Ctrl-C ends the context, and what was begun is finished and
	// reported; the second kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	// A reader that has gone, such as head, makes a write fail instead of
	// killing the program between a change and its journal entry.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	// client-go logs what a command is going to tell in its own words.
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))

	return cmd.Run(ctx, &cmd.App{
		Term: ui.NewTerminal(ui.Streams{
			In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		}),
		Name:   cmd.CalledAs(os.Args[0]),
		Now:    time.Now,
		Getenv: os.Getenv,
		Login:  login(),
		Host:   host(),
	}, os.Args[1:])
}

// login is who runs this, or "" if the system does not say.
func login() string {
	operator, err := user.Current()
	if err != nil {
		return ""
	}
	return operator.Username
}

// host is this machine's name, or "" if the system does not say.
func host() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
