package hublog

import (
	"regexp"
	"slices"
)

// pod is how a pod is named: "pod/NAME" below KubeSpawner 1.0, and "pod
// NAMESPACE/NAME" since.
const pod = `(?:pod/|pod )\s?(?P<who>[^\s'"]+)`

// known are the patterns, the gravest first.
func known() []pattern {
	return slices.Concat(graveOnes(), launchTroubles(), otherTroubles(), notices(), bindersOwn())
}

// Known lists the signatures that are looked for, the gravest first.
func Known() []Signature {
	patterns := known()
	list := make([]Signature, len(patterns))
	for i := range patterns {
		list[i] = patterns[i].Signature
	}
	return list
}

// a makes a pattern; the anchors are texts one of which each such line has.
func a(id ID, grade Grade, what, means, expression string, anchors ...string) pattern {
	return pattern{Signature{id, what, means, grade}, anchors, regexp.MustCompile(expression)}
}

func graveOnes() []pattern {
	return []pattern{
		a(ReflectorDead, Grave, "reflector gave up",
			"KubeSpawner has stopped watching its pods and goes on blind until the Hub restarts",
			`Watching (?P<kind>\w+) never recovered, giving up`, "never recovered, giving up"),
		a(ReflectorHalt, Grave, "Hub halts",
			"KubeSpawner cannot watch its pods and ends the Hub so that it starts anew",
			`(?:reflector failed|Reflector with key .+ failed|(?P<kind>\S+) reflector failed), halting Hub`, "halting Hub"),
		a(ReflectorFailed, Grave, "reflector did not start",
			"KubeSpawner could not even begin to watch its pods: no server will start",
			`Reflector (?:for (?P<kind>\S+)|with key .+?) failed to start\.`, " failed to start."),
		a(ReflectorMissed, Grave, "pod unseen by reflector",
			"a pod was made and KubeSpawner never saw it: its watch is, or was, dead",
			`Pod (?P<who>\S+) never showed up in reflector`, "never showed up in reflector"),
		a(Abort, Grave, "Hub gave up and exited",
			"so many launches failed in a row that the Hub ended itself; it looks like a crash loop",
			`Aborting due to (?P<n>\d+) consecutive spawn failures`, "Aborting due to "),
		a(StopLost, Grave, "pod lost at its stop",
			"a pod did not go in time and the Hub forgot it: each is probably an orphan",
			`Pod (?P<who>\S+) did not disappear, restarting pod reflector`, "did not disappear, restarting"),
	}
}

func launchTroubles() []pattern {
	return []pattern{
		a(SpawnsFailed, Trouble, "failed in a row",
			"at the limit the Hub exits; one success starts the count anew",
			`(?P<n>\d+) consecutive spawns failed\.\s+Hub will exit if failure count reaches (?P<max>\d+)`, "consecutive spawns failed"),
		a(StartTimeout, Trouble, "start timed out",
			"slow image, full cluster, or a Hub that no longer sees its pods",
			`(?P<who>\S+)'s server failed to start in (?P<secs>\d+) seconds, giving up`, "'s server failed to start in "),
		a(PodStartTimeout, Trouble, "pod start timed out",
			"KubeSpawner waited for the pod in vain; it may be running all the same",
			pod+` did not start in (?P<secs>\d+) seconds!`, " did not start in "),
		a(StopTimeout, Trouble, "pod stop timed out",
			"the stop failed and the pod is no longer looked after: probably an orphan",
			pod+` did not disappear in (?P<secs>\d+) seconds!`, " did not disappear in "),
		a(CleanupFailed, Trouble, "cleaning up failed",
			"a server that failed to start may have left its pod behind: probably an orphan",
			`Failed to cleanup (?P<who>\S+?)(?:'s server that failed to start| which appeared to stop while the Hub was down)`, "Failed to cleanup "),
		a(AlreadyGone, Trouble, "pod to delete not found",
			"now and then harmless; many mean that the Hub does not see its pods and leaves them running",
			`No pod (?P<who>\S+) to delete\. Assuming already deleted`, "to delete. Assuming already deleted"),
		a(HTTPTimeout, Trouble, "server never answered",
			"the pod runs but its notebook server was not reached: a broken image, or the network",
			`(?P<who>\S+)'s server never showed up at \S+ after (?P<secs>\d+) seconds`, "'s server never showed up at "),
		a(Unhandled, Trouble, "launch error",
			"the launch failed for another reason, which the lines after it tell",
			`Unhandled error (?:starting|waiting for) (?P<who>\S+)'s server`, "Unhandled error "),
		a(KubernetesSlow, Trouble, "Kubernetes API slow",
			"KubeSpawner could not create or delete a pod in time",
			`Could not (?:create|delete) pod (?P<who>\S+)`, "Could not create pod ", "Could not delete pod "),
	}
}

func otherTroubles() []pattern {
	return []pattern{
		a(ReflectorError, Trouble, "watch of pods fails",
			"the API server was away; after some 50 s KubeSpawner gives up",
			`Error when watching (?P<kind>\w+), retrying in (?P<secs>[\d.]+)s`, "Error when watching "),
		a(StillStopping, Trouble, "still stopping",
			"a server has been stopping for long: many mean stops that never end",
			`(?P<who>[^\s:]+)'s server is in the process of stopping, please wait`, "is in the process of stopping, please wait"),
		a(StillPending, Trouble, "server pending",
			"now and then harmless; many for one user mean a server that is stuck",
			`(?P<who>\S+) is pending (?P<kind>spawn|stop|check)`, " is pending "),
		a(SlowStop, Trouble, "slow to stop",
			"the pod took longer to go than a request may take; harmless unless it never goes",
			`User (?P<who>[^\s:]+):\S* server is slow to stop \(timeout=(?P<secs>\d+)\)`, " is slow to "),
		a(SlowStart, Trouble, "slow to start",
			"a server took longer than a request may take",
			`User (?P<who>\S+) is slow to (?P<kind>start|become responsive|be added to the proxy) \(timeout=(?P<secs>\d+)\)`, " is slow to "),
		a(ProxyFailed, Trouble, "not added to the proxy",
			"the server runs and nobody can reach it: look at the proxy",
			`Failed to add (?P<who>\S+) to proxy!`, "Failed to add "),
		a(Throttled, Trouble, "launches throttled",
			"more launches at once than the Hub allows (hub.concurrentSpawnLimit); they are told to come again",
			`(?P<n>\d+) pending spawns, throttling`, " pending spawns, throttling"),
		a(Full, Trouble, "Hub is full",
			"as many servers as hub.activeServerLimit allows",
			`(?P<n>\d+) servers active, no space available`, " servers active, no space available"),
		a(EventLoop, Trouble, "event loop held up",
			"the Hub did nothing else for so long: too much work, or too little CPU",
			`Event loop was unresponsive for(?: at least)? (?P<secs>[\d.]+)s!`, "Event loop was unresponsive for"),
		a(NotAnswering, Trouble, "server not answering",
			"the Hub did not reach a server and shuts it down",
			`(?P<who>\S+) does not appear to be running at \S+, shutting it down`, " does not appear to be running at "),
		a(TruncatedList, Trouble, "user list cut short",
			"somebody reads the Hub's users without pages and is told of some only",
			`Truncated user list in request that does not expect pagination`, "Truncated user list"),
		a(CullSkipped, Trouble, "culler skipped one",
			"the culler leaves it alone; again and again for one server means that it is stuck",
			`Not culling server (?P<who>\S+) with pending (?P<kind>\w+)`, "Not culling server "),
		a(CullFailed, Trouble, "culler failed",
			"the culler could not deal with a server or a list",
			`Error processing (?P<who>\S+)`, "Error processing "),
	}
}

func notices() []pattern {
	return []pattern{
		a(CullSlow, Notice, "culled, slow to stop", "the culler does not wait for it",
			`Server (?P<who>\S+) is slow to stop$`, " is slow to "),
		a(StoppedByItself, Notice, "server vanished", "its pod ended, or was deleted, without the Hub",
			`User (?P<who>\S+) server stopped,? with exit code: (?P<n>\S+)`, " server stopped"),
		a(LostWhileDown, Notice, "gone meanwhile", "the Hub started and did not find its pod",
			`(?P<who>\S+) appears to have stopped while the Hub was down`, " appears to have stopped while the Hub was down"),
		a(MissingRoute, Notice, "route added again", "the proxy had lost it, as it does when it restarts",
			`Adding missing route for \S+`, "Adding missing route for "),
		a(StaleRoute, Notice, "stale route removed", "the proxy led to a server that was gone",
			`Deleting stale route \S+`, "Deleting stale route "),
		a(ReflectorTimeout, Notice, "watch opened again", "nothing happened for a while",
			`Read timeout watching (?P<kind>\w+), reconnecting`, "Read timeout watching "),
		a(ReflectorEnded, Notice, "watch ended", "harmless where another has begun",
			`(?P<kind>pods|events) watcher (?:finished|stopped)`, " watcher finished", " watcher stopped"),
		a(ReflectorBegan, Notice, "watch began", "KubeSpawner sees its pods from here on",
			`watching for (?P<kind>\w+) with (?:label|field) selector`, "watching for "),
		a(HubStarted, Notice, "Hub started", "", `JupyterHub is now running`, "JupyterHub is now running"),
		a(HubVersion, Notice, "Hub begins to start", "", `Running JupyterHub version (?P<kind>[\w.+-]+)`, "Running JupyterHub version "),
		a(SpawnersRead, Notice, "servers read", "", `Initialized (?P<n>\d+) spawners in (?P<secs>[\d.]+) seconds`, "Initialized "),
		a(StillRunning, Notice, "server taken over", "", `(?P<who>\S+) still running`, " still running"),
		a(Started, Notice, "server started", "", `User (?P<who>\S+) took (?P<secs>[\d.]+) seconds to start`, " seconds to start"),
		a(Culled, Notice, "culled", "", `Culling (?:server|user) (?P<who>\S+) \((?:age: |inactive for )`, "Culling "),
	}
}

// bindersOwn are BinderHub's, whose log may be given too.
func bindersOwn() []pattern {
	return []pattern{
		a(BinderToHub, Trouble, "BinderHub: no Hub", "the Hub does not answer, or refuses",
			`Error (?:accessing Hub API|creating user (?P<who>\S+):)`, "Error accessing Hub API", "Error creating user "),
		a(BinderRetries, Trouble, "BinderHub launches again", "a launch failed and is tried once more",
			`Retrying launch of (?P<who>\S+) after error`, "Retrying launch of "),
		a(BinderFull, Trouble, "BinderHub is full", "as many user pods as its quota allows",
			`BinderHub is full: (?P<n>\d+)/(?P<max>\d+)`, "BinderHub is full: "),
		a(RepoQuota, Notice, "repo over its quota", "more servers of one repository than its quota allows",
			`(?P<who>\S+) has exceeded quota: (?P<n>\d+)/(?P<max>\d+)`, " has exceeded quota: "),
		a(BinderUnhealthy, Trouble, "BinderHub unhealthy", "what it says it needs does not answer",
			`Unhealthy services: .+`, "Unhealthy services: "),
		a(GitHubLimit, Trouble, "GitHub refuses BinderHub", "its limit on requests is used up: no reference resolves",
			`GitHub Rate limit \((?P<n>\d+)\) exceeded`, "GitHub Rate limit ("),
	}
}
