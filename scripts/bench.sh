#!/usr/bin/env bash
# Measures binderctl beside kubectl, on game days of its own one after another,
# and prints the tables of docs/benchmarks.md. KUBECTL names the kubectl to
# measure. Words after the script's name choose: lists, drains, diagnoses, orphans, status, hub, launches.
set -euo pipefail
cd "$(dirname "$0")/.."

kubectl=${KUBECTL:-kubectl}
state=$(mktemp -d)
# Pods deleted here are nothing to note in the operator's own journal.
export XDG_STATE_HOME=$state XDG_CONFIG_HOME=$state
finish() {
	bin/gameday -q down --name bench >&2 || true
	rm -rf "$state"
}
trap finish EXIT

# on GAMEDAY… -- FLAG…: measures what the flags say on a game day of that kind.
on() {
	local up=()
	while [ "$1" != -- ]; do up+=("$1"); shift; done
	shift
	eval "$(bin/gameday -q up "${up[@]}" --name bench)"
	"$state/bench" -binderctl bin/binderctl -kubectl "$kubectl" "$@"
	bin/gameday -q down --name bench >&2
	echo
}

go build -o "$state/bench" ./bench
echo "$("$kubectl" version --client | head -1 | sed 's/.*: /kubectl /'), $(bin/binderctl version)"
for what in "${@:-lists drains diagnoses orphans status hub launches}"; do
	for one in $what; do
		case $one in
		lists) on scale --pods "${PODS:-20000}" --nodes "${NODES:-200}" -- -only start,lists,culls ;;
		drains) on bench/drain.yaml -- -only drains ;;
		diagnoses)
			for nodes in 500 2000 5000; do
				on scale --pods $((nodes * 10)) --nodes "$nodes" -- -only diagnoses
			done ;;
		status) on too-many-pods -- -only status ;;
		launches) on bench/launches.yaml -- -only launches ;;
		orphans) on bench/hub.yaml -- -only orphans ;;
		hub) "$state/bench" -binderctl bin/binderctl -only hub ;; # reads a file
		*) echo "there is nothing to measure called $one" >&2; exit 2 ;;
		esac
	done
done
