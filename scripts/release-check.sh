#!/usr/bin/env bash
# Builds what a release has for this machine's system alone, packages and all,
# and looks into it. `make snapshot` does it for every system.
set -euo pipefail
cd "$(dirname "$0")/.."

# Go leaves the version out in a second worktree of a repository.
stamp='v[0-9]'
[ -d .git ] || stamp=devel
releaser=${RELEASER:?name goreleaser}
dist=.cache/dist config=.cache/goreleaser.yaml
system=$(go env GOOS) machine=$(go env GOARCH)

"$releaser" check
# The same configuration, but for what it is built for and where.
sed -e "s/^    goos: .*/    goos: [$system]/" -e "s/^    goarch: .*/    goarch: [$machine]/" \
	-e 's|\.\./tools/sbom|../../tools/sbom|' .goreleaser.yaml >"$config"
echo "dist: $dist" >>"$config"
"$releaser" release --config "$config" --snapshot --clean --skip=docker

fail() { echo "FAIL: release-check: $*" >&2; exit 1; }
has() { grep -qE "$2" <<<"$1" || fail "no $2 in $3"; }

cd "$dist"
sha256sum --quiet -c checksums.txt
archive=$(ls binderctl_*_"${system}_${machine}".tar.gz)
inside=$(tar tzf "$archive")
for wanted in LICENSE README.md NOTICES binderctl man/binderctl-pods-cull.1.gz completions/_binderctl completions/binderctl.ps1; do
	has "$inside" "^$wanted\$" "$archive"
done
has "$(tar xzOf "$archive" NOTICES)" 'k8s.io/client-go@' NOTICES
tar xzf "$archive" binderctl
has "$(./binderctl version)" "^binderctl $stamp" 'what it says of its version'

# krew: the archive's name, its sum, and the program in it.
manifest=$(cat krew/binder.yaml)
has "$manifest" "/$archive\$" krew/binder.yaml
has "$manifest" "sha256: $(sha256sum "$archive" | cut -d' ' -f1)" krew/binder.yaml
has "$manifest" 'bin: binderctl$' krew/binder.yaml

[ "$system" = linux ] || exit 0
ls ./*.rpm >/dev/null
if command -v dpkg-deb >/dev/null; then
	inside=$(dpkg-deb -c ./*.deb)
	for wanted in '/usr/bin/binderctl' '/usr/bin/kubectl-binder -> binderctl' '/usr/bin/kubectl_complete-binder' \
		'/usr/share/man/man1/binderctl.1.gz' '/usr/share/bash-completion/completions/binderctl' \
		'/usr/share/zsh/vendor-completions/_binderctl' '/usr/share/doc/binderctl/NOTICES'; do
		has "$inside" "$wanted\$" "$(ls ./*.deb)"
	done
fi
echo "release-check: $(ls -1 ./*.tar.gz ./*.deb ./*.rpm ./*.cdx.json | wc -l) packages and their sums are as they should be"
