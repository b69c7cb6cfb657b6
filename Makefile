# Targets for people and for CI. "make" alone prints this list.
.DEFAULT_GOAL := help
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c

GO        ?= go
BIN       := bin
# Tools are run from the Go module proxy at fixed versions; none of them is in
# the product's go.mod.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SQLC        := github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
FUZZTIME  ?= 30s
SITE      := examples/private-bucket-site
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.PHONY: demo
demo: build ## run the whole story: server, pretend Google, private bucket, website
	./$(BIN)/rockpool demo $(DEMOFLAGS)

.PHONY: build
build: site ## build bin/rockpool, with the demo website inside
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/rockpool ./cmd/rockpool

.PHONY: site
site: internal/demo/site/index.html ## build the example website (needs Node)

internal/demo/site/index.html: $(wildcard $(SITE)/*.* $(SITE)/src/*) $(SITE)/package-lock.json
	cd $(SITE) && npm ci --no-audit --no-fund && npm run build
	mkdir -p internal/demo/site && cp -r $(SITE)/dist/. internal/demo/site/
	touch $@

.PHONY: test
test: lint check-gen unit race build conformance ## everything that repeats; installs the clients it needs

.PHONY: unit
unit: ## go test ./... (no network, about a minute)
	$(GO) test ./...

.PHONY: race
race: ## the packages with goroutines, under the race detector
	$(GO) test -race -short $$(scripts/race-packages)

.PHONY: fuzz
fuzz: ## search: every fuzz target for FUZZTIME (default 30s) each; its finds become test data
	scripts/fuzz $(FUZZTIME)

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; if [ -n "$$unformatted" ]; then echo "gofmt needed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) run $(STATICCHECK) ./...

.PHONY: gen
gen: ## generate the wire shapes from the service models
	cd cmd/wiregen && $(GO) run . -out ../../internal/wire

.PHONY: check-gen
check-gen: ## fail when generated wire shapes and models disagree
	cd cmd/wiregen && $(GO) run . -check -out ../../internal/wire

.PHONY: sqlc
sqlc: ## generate the query packages from SQL (builds sqlc first: minutes)
	cd internal/store/sqlite && CGO_ENABLED=0 $(GO) run $(SQLC) generate

.PHONY: bench
bench: ## the budgets of the design as ratios to a floor measured in the same run
	scripts/bench

.PHONY: mutate
mutate: ## break the policy engine place by place: its tests must notice (20 minutes)
	scripts/mutate-policy

.PHONY: conformance
conformance: build ## real clients: AWS CLI, boto3, SDKs for Go and JavaScript, a browser
	conformance/run

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) $(SITE)/dist $(SITE)/node_modules conformance/js/node_modules
	find internal/demo/site -mindepth 1 ! -name placeholder.html -delete
