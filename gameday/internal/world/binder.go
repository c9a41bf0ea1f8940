package world

import (
	"slices"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binder"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// binderService is the Service by which BinderHub's Helm chart has it found, and
// the ports of the Service and of the pods.
const (
	binderService = "binder"
	binderPort    = 80
	binderPodPort = 8585
)

// HasBinder says whether the game day plays BinderHub.
func (w *World) HasBinder() bool { return w.scenario.Binder != nil }

// HasRedirector says whether it plays a federation's redirector too.
func (w *World) HasRedirector() bool { return w.HasBinder() && w.scenario.Binder.Redirector }

// BinderControlKey is the path by which only the game day's own commands reach
// the control of its BinderHub.
func (w *World) BinderControlKey() string { return w.secret("binder control") }

// makeBinder makes what there is of BinderHub besides its pods: the Service by
// which it is found.
func (w *World) makeBinder() error {
	if !w.HasBinder() || slices.ContainsFunc(w.scenario.Services, func(s scenario.Service) bool { return s.Name == binderService }) {
		return nil
	}
	w.created = append(w.created, makeService(w.scenario.Namespace, scenario.Service{
		Name: binderService, Selector: w.scenario.Component("binder").Labels, Port: binderPort, Target: binderPodPort,
	}))
	return nil
}

// Binder is how the game day's own BinderHub is set.
func (w *World) Binder() *binder.Config {
	described := w.scenario.Binder
	span := func(d *scenario.Duration) time.Duration { return time.Duration(*d) }
	config := &binder.Config{
		Namespace: w.scenario.Namespace, Release: w.scenario.Release, ImagePrefix: w.scenario.ImagePrefix,
		ControlKey: w.BinderControlKey(), HubToken: w.secret(binderTokenKey), ProxyToken: w.secret(proxyTokenKey), TokenSecret: w.secret("build token"),
		Keepalive: time.Duration(described.Keepalive), Linger: time.Duration(described.Linger),
		Retries: described.Retries, RetryDelay: time.Duration(described.RetryDelay), LaunchTimeout: time.Duration(described.LaunchTimeout),
		RateLimit: described.RateLimit, Quota: described.Quota, RepoQuota: described.RepoQuota,
		Capitalised: described.Capitalised, Pushing: !described.NoPushing, Lines: described.LogLines,
		Banned: described.Banned, Missing: described.Missing,
		Resolve: span(described.Resolve), Spread: time.Duration(described.Spread), Fetch: span(described.Fetch), Build: span(described.Build), Push: span(described.Push),
		Nodes:       binder.NodeTimes{Pull: span(described.Pull), SlowPull: time.Duration(described.SlowPull), Start: span(described.Start)},
		KernelStart: span(described.KernelStart), Faults: described.Faults, Jupyter: described.Jupyter,
	}
	for _, repo := range w.repos {
		config.Repos = append(config.Repos, repo.Repo)
	}
	return config
}
