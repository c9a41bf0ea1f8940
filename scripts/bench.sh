#!/usr/bin/env bash
# Measures binderctl beside kubectl on a game day of its own and prints the
# table of docs/benchmarks.md. KUBECTL names the kubectl to measure.
set -euo pipefail
cd "$(dirname "$0")/.."

pods=${PODS:-20000} nodes=${NODES:-200}
kubectl=${KUBECTL:-kubectl}

state=$(mktemp -d)
# Pods deleted here are nothing to note in the operator's own journal.
export XDG_STATE_HOME=$state XDG_CONFIG_HOME=$state
finish() {
	bin/gameday down --name bench >&2 || true
	rm -rf "$state"
}
trap finish EXIT

eval "$(bin/gameday up scale --name bench --pods "$pods" --nodes "$nodes")"
echo "$("$kubectl" version --client | head -1 | sed 's/.*: /kubectl /'), $(bin/binderctl version)"
go run ./bench -binderctl bin/binderctl -kubectl "$kubectl" "$@"
