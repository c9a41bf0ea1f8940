#!/usr/bin/env bash
# Brings up the incident of 2018-07-08 on a real control plane on this machine
# and mends it before the reader's eyes. Nothing is left running.
set -euo pipefail
cd "$(dirname "$0")/.."

state=$(mktemp -d)
# Pods deleted in the demo are nothing to note in the operator's own journal.
export XDG_STATE_HOME=$state XDG_CONFIG_HOME=$state
finish() {
	bin/gameday down --name too-many-pods >&2 || true
	rm -rf "$state"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR-}" ] || say() { printf '\n%s\n' "$*"; }
run() {
	say "\$ binderctl $*"
	bin/binderctl "$@"
}

say "# 2018-07-08: the Hub lost sight of its pods, and the cluster is full."
eval "$(bin/gameday up too-many-pods)"

run pods list --group-by repo
run pods list --phase Pending --group-by age
run pods cull --older-than 4h --repo ipython/ipython-in-depth=1h --dry-run -o name | (head -7; echo …; cat >/dev/null)
run pods cull --older-than 4h --repo ipython/ipython-in-depth=1h --yes
say "# What is left; those who waited find a place:"
bin/binderctl pods list -q --phase Pending -o name | wc -l | sed 's/^/pending: /'
run pods list --group-by repo
