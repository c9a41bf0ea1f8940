#!/usr/bin/env bash
# Takes the pictures of the README anew, each from a game day: docs/pictures.
# Needs Python 3 and, for that of the page, Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.cache/pictures/bin/python
if [ ! -x $python ]; then
	python3 -m venv .cache/pictures
	$python -m pip install --quiet --disable-pip-version-check pyte==0.8.2 wcwidth==0.9.4
fi

state=$(mktemp -d)
# What is done here is nothing to note in the operator's own journal.
export XDG_STATE_HOME=$state XDG_CONFIG_HOME=$state TERM=xterm-256color LANG=C.UTF-8
unset NO_COLOR COLUMNS
began=
finish() {
	[ -z "$began" ] || bin/gameday down --name "$began" >&2 || true
	rm -rf "$state"
}
trap finish EXIT

begin() {
	[ -z "$began" ] || bin/gameday down --name "$began" >&2
	began=$1
	eval "$(bin/gameday up "$1")"
}
picture() { $python scripts/pictures.py "docs/pictures/$1.svg" "${@:2}"; }

mkdir -p docs/pictures

begin too-many-pods
picture status -- bin/binderctl status
picture pods-cull --until 'Type prod' -- bin/binderctl pods cull --older-than 4h --repo ipython/ipython-in-depth=1h
bin/binderctl status --html "$state/page.html" >/dev/null || [ $? -eq 3 ]
for look in light:1 dark:0; do
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$state/chromium" \
		--blink-settings=preferredColorScheme="${look#*:}" --window-size=900,1000 \
		--screenshot="docs/pictures/page-${look%:*}.png" "file://$state/page.html" 2>/dev/null
done

begin hub-504
picture runbook-run --until '\[r\]un, ' -- bin/binderctl runbook run restart-hub

begin healthy
picture launch-test -- bin/binderctl launch test binder-examples/requirements
