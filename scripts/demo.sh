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
	# 3 is an answer: what was looked at is not well.
	bin/binderctl "$@" || [ $? -eq 3 ]
}

say "# 2018-07-08: launches fail, and the cluster is full."
eval "$(bin/gameday up too-many-pods)"

run hub status
run pods list --group-by repo
run pods cull --older-than 4h --repo ipython/ipython-in-depth=1h --dry-run -o name | (head -7; echo …; cat >/dev/null)
run pods cull --older-than 4h --repo ipython/ipython-in-depth=1h --yes
say "# What is left waits no more:"
bin/binderctl pods list -q --phase Pending -o name | wc -l | sed 's/^/pending: /'
run hub restart --yes --reason 'blind since 18:30'
run hub status
say "# The game day has its own opinion:"
bin/gameday status --name too-many-pods
