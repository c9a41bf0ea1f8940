# What one can do here. `make` alone prints this as an index: each target that
# has a ## comment, under its ##@ group.

SHELL := bash
.DEFAULT_GOAL := help
# The steps of `make test` read better, and share two cores better, in turn.
.NOTPARALLEL:

# One set of build flags for building, vetting, linting and testing, so that the
# heavy half (Kubernetes itself, in gameday/) is compiled once, not once a use.
# Only the race detector needs cgo; see test-unit. The game day is tested without
# it, Kubernetes would have to be compiled a second time, and without go test's
# own vet, which looks at all of Kubernetes: make vet has done that.
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)
export CGO_ENABLED := 0
STRIP := -ldflags "-s -w"

TOOLS     := $(CURDIR)/.cache/bin
LINT      := $(TOOLS)/golangci-lint
RELEASER  := $(TOOLS)/goreleaser
KUBECTL   := $(TOOLS)/kubectl

# The modules with code of ours. tools/lint and tools/release only name a
# version: nothing in them can come out of step with its go.mod, and tidying
# them downloads what the tools' own tests want.
MODULES := . gameday tools/kubectl

# The real JupyterHub, which make test-hub runs on a game day.
HUB := $(CURDIR)/.cache/hub

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

##@ Use it

.PHONY: build demo
build: ## build bin/binderctl, bin/gameday and bin/gameday-kwok (first time: minutes)
	go build $(STRIP) -o bin/binderctl ./cmd/binderctl
	cd gameday && go build $(STRIP) -o ../bin/gameday ./cmd/gameday
	cd gameday && go build $(STRIP) -o ../bin/gameday-kwok ./cmd/gameday-kwok

demo: build ## live through an incident on a cluster of its own, on this machine
	scripts/demo.sh

##@ Check it

.PHONY: test test-unit test-gameday test-hub soak lint vet tidy-check bench
test: lint vet tidy-check test-unit test-gameday test-hub release-check ## everything below but bench and soak

test-unit: ## unit tests and command scripts of both modules, ours under the race detector
	@race= code=0; \
	if CGO_ENABLED=1 go build -race runtime/race runtime/cgo 2>/dev/null; then \
	  race=-race; \
	else \
	  echo 'NOTE: no working C compiler here, so these tests run WITHOUT the race detector'; \
	fi; \
	echo "go test $$race, all but e2e"; \
	CGO_ENABLED=$${race:+1} go test $$race $$(go list ./... | grep -v '/e2e$$') || code=1; \
	echo "go test, all but e2e (gameday)"; \
	(cd gameday && go test -vet=off $$(go list ./... | grep -v '/e2e$$')) || code=1; \
	exit $$code

test-gameday: build browser ## end to end: the incidents, from symptom to recovery, on a real control plane
	@code=0; \
	(cd gameday && go test -vet=off -count=1 -timeout=20m ./e2e/...) || code=1; \
	go test -count=1 -timeout=25m -skip='^TestRealHub' ./e2e || code=1; \
	command -v $(BROWSERS) >/dev/null || echo 'NOTE: TestStatusPage was NOT RUN: there is no Chromium'; \
	exit $$code

test-hub: build $(HUB)/installed ## the real JupyterHub and KubeSpawner, on a game day
	go test -count=1 -timeout=15m -run='^TestRealHub' ./e2e

soak: build $(HUB)/installed ## ten minutes of launches and stops on the real JupyterHub: is any pod taken for an orphan?
	BINDERCTL_SOAK=10m go test -count=1 -timeout=20m -v -run='^TestRealHubSoak$$' ./e2e

# The page that `binderctl status --html` writes is looked at in a real browser. That
# a test was skipped go test says to nobody, where all others pass.
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
.PHONY: browser
browser: ## a headless Chromium for the tests of the page (installed if this is root on Debian)
	@if command -v $(BROWSERS) >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'installing chromium'; \
	  apt-get update -q >/dev/null && apt-get install -q -y --no-install-recommends chromium >/dev/null || \
	    echo 'NOTE: no Chromium could be installed: in CI the test of the page fails, elsewhere it is not run'; \
	else \
	  echo 'NOTE: there is no Chromium: apt-get install chromium; in CI the test of the page fails, elsewhere it is not run'; \
	fi

# Files that change while the linter reads them are reported as a failed import.
lint: $(LINT) ## linters, formatting and the rules on who may import whom
	@code=0; for m in . gameday; do \
	  echo "golangci-lint run ($$m)"; (cd $$m && $(LINT) run ./...) || code=1; \
	done; exit $$code

vet: ## go vet in each module
	go vet ./...
	cd gameday && go vet ./...
	cd tools/kubectl && go vet ./...

tidy-check: ## is go.mod what the code needs?
	@for m in $(MODULES); do echo "go mod tidy -diff ($$m)"; (cd $$m && go mod tidy -diff) || exit 1; done

bench: build $(KUBECTL) ## binderctl beside kubectl on one API server: the ratios
	KUBECTL=$(KUBECTL) scripts/bench.sh

##@ Keep it

.PHONY: fmt generate docs pictures tidy release-check snapshot tools clean
fmt: $(LINT) ## format the code as lint wants it
	$(LINT) fmt
	cd gameday && $(LINT) fmt

generate: ## write the roles in deploy/rbac anew from what the commands need
	go test ./cmd -run TestRoles -update

docs: ## write docs/commands anew from the help of the commands
	go run ./tools/docs markdown docs/commands

pictures: build ## take the pictures of the README anew, from game days
	scripts/pictures.sh

tidy: ## make go.mod what the code needs
	@for m in $(MODULES); do echo "go mod tidy ($$m)"; (cd $$m && go mod tidy) || exit 1; done

# The releaser tells the commit's time, which everything is dated with, only in a
# checkout that has a remote: one is named for it alone.
release-check snapshot: export GIT_CONFIG_COUNT := 1
release-check snapshot: export GIT_CONFIG_KEY_0 := remote.origin.url
release-check snapshot: export GIT_CONFIG_VALUE_0 := https://github.com/binderctl/binderctl

release-check: $(RELEASER) ## build what a release has, for this system alone, and look into it
	RELEASER=$(RELEASER) scripts/release-check.sh

# Images are built where an engine answers.
snapshot: $(RELEASER) ## build everything a release has, for every system, into dist; publish nothing
	@skip=; docker buildx inspect >/dev/null 2>&1 && docker info >/dev/null 2>&1 || \
	  { echo 'NOTE: no container engine answers here, so no images are built'; skip=--skip=docker; }; \
	$(RELEASER) release --snapshot --clean $$skip

tools: $(LINT) $(RELEASER) $(KUBECTL) ## build the pinned tools into .cache/bin

clean: ## remove what was built (the tools stay: rm -r .cache)
	rm -rf bin dist .cache/dist

# The tools, each from a module of its own, built anew when its go.mod changes
# or Go does: a linter built by an older Go refuses newer code. (go build leaves
# an up-to-date file's time alone, hence touch.)
$(LINT): tools/lint/go.mod tools/lint/go.sum .cache/go-version
	@echo 'building golangci-lint (first time: minutes)'
	@cd tools/lint && go build $(STRIP) -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

$(RELEASER): tools/release/go.mod tools/release/go.sum .cache/go-version
	@echo 'building goreleaser (first time: minutes)'
	@cd tools/release && go build $(STRIP) -o $@ github.com/goreleaser/goreleaser/v2
	@touch $@

# kubectl learns its version from the linker; v0.N of the library is v1.N of kubectl.
$(KUBECTL): tools/kubectl/go.mod tools/kubectl/go.sum tools/kubectl/main.go .cache/go-version
	@echo 'building kubectl (first time: minutes)'
	@cd tools/kubectl && version=$$(go list -m -f '{{.Version}}' k8s.io/kubectl) && \
	  go build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$${version/v0./v1.}" -o $@ .
	@touch $@

# Everything is pinned, what is needed by what is needed too; pip adds nothing.
$(HUB)/installed: e2e/realhub/requirements.txt e2e/realhub/package.json e2e/realhub/package-lock.json
	@echo 'installing JupyterHub'
	@rm -rf $(HUB) && mkdir -p $(HUB)
	@python3 -m venv $(HUB)/venv
	@$(HUB)/venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@cp e2e/realhub/package.json e2e/realhub/package-lock.json $(HUB)
	@cd $(HUB) && npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: FORCE
.cache/go-version: FORCE
	@mkdir -p $(@D); go env GOVERSION | cmp -s - $@ || go env GOVERSION > $@
