package cmd

import (
	"slices"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

// bookForLaunch is the runbook for how a launch broke. What is wrong with the
// repository, the request or the refusal alone has none. A server that is given up
// although its pod runs is one that the Hub does not see.
func bookForLaunch(f launchtest.Failures, seen *launchtest.Evidence) string {
	switch f.Cause {
	case launchtest.Unreachable, launchtest.BadGateway, launchtest.NoHub, launchtest.NoRoute:
		return bookProxyDown
	case launchtest.SpawnRefused:
		return bookRestartHub
	case launchtest.Overlooked:
		return bookHubBlind
	case launchtest.SpawnSlow, launchtest.SpawnFailed:
		return bookForSpawn(seen)
	case launchtest.StageTooLong, launchtest.LaunchTooLong:
		return bookForHang(f.Stage, seen)
	case launchtest.TotalQuota, launchtest.NoNode:
		return bookClusterFull
	case launchtest.RepoQuota:
		return bookSpike
	case launchtest.NoImage, launchtest.PodFailed, launchtest.ServerSilent, launchtest.RefError:
		return bookSickNode
	case launchtest.StillThere, launchtest.ShutdownFailed:
		return bookStuck
	default:
		return ""
	}
}

// bookForHang is the runbook for where a launch hangs.
func bookForHang(stage launchtest.Stage, seen *launchtest.Evidence) string {
	switch stage {
	case launchtest.HubUser, launchtest.Spawn, launchtest.Start, launchtest.Route:
		return bookForSpawn(seen)
	case launchtest.Schedule:
		return bookClusterFull
	case launchtest.Pull, launchtest.ServerUp:
		return bookSickNode
	default:
		return ""
	}
}

func bookForSpawn(seen *launchtest.Evidence) string {
	if seen != nil && slices.ContainsFunc(seen.Containers, func(c cluster.Container) bool { return !c.Ready }) {
		return bookSickNode
	}
	return bookHubBlind
}

// bookForLate is the runbook for pods that should have come up, by what most of
// them wait for.
func bookForLate(l *checkup.Lately) string {
	switch {
	case l.Unseen*2 > l.Late:
		return bookHubBlind
	case l.Unplaced*2 > l.Late:
		return bookClusterFull
	default:
		return bookSickNode
	}
}
