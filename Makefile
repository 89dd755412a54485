# `make test` passes all the tests, and installs what they need into .tools/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# cargo-lambda, cargo-deny and cargo-fuzz are subcommands of cargo; sam finds cargo-lambda the same way.
export PATH := $(CURDIR)/.tools/sam/bin:$(CURDIR)/.tools/fuzz/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

# Tests leave nothing in the work tree.
export PYTHONDONTWRITEBYTECODE := 1
PYTEST := -m pytest -p no:cacheprovider

.PHONY: help
help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

.PHONY: test
test: fmt clippy doc unit lint deny advisories differential fuzz-check chain walkthrough ## All tests: formatting, lints, docs, unit tests, template, licences, fuzz targets, the real chain

.PHONY: fast
fast: fmt clippy unit ## What a change needs most: formatting, lints, unit tests

.PHONY: tools
tools: ## Install the pinned tools into .tools/
	scripts/install-tools sam emulator

.PHONY: fmt
fmt: ## Formatting
	cargo fmt --check

.PHONY: clippy
clippy: ## Lints
	cargo clippy --locked --all-targets -- -D warnings

.PHONY: doc
doc: ## The documentation builds without a warning
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

.PHONY: unit
unit: ## Tests of the crate and of its programs
	cargo test --locked

.PHONY: lint
lint: tools ## The template: cfn-lint, sam validate, tests of our own
	cfn-lint template.yaml examples/without_why5xx.yaml
	sam validate --lint --region us-east-1
	.tools/sam/bin/python $(PYTEST) tests/template

.PHONY: deny
deny: tools ## Licences, duplicate crates and sources of the dependencies
	cargo fetch --locked
	cargo deny --offline --locked check licenses bans sources

.PHONY: advisories
advisories: tools ## Known vulnerabilities, where the advisory database can be fetched
	@if timeout 60 cargo deny fetch db >/dev/null 2>&1; then \
		cargo deny --offline --locked check advisories; \
	else \
		echo "advisories: NOT CHECKED, the advisory database cannot be fetched from here"; \
	fi

.PHONY: chain
chain: tools ## Build, deploy to an emulator on 127.0.0.1, send log events, read the metrics back
	.tools/emulator/bin/python $(PYTEST) -s tests/chain

.PHONY: walkthrough
walkthrough: tools ## Run the steps of docs/first-hour.md on the emulator, and compare what they print
	scripts/with-emulator scripts/walkthrough

.PHONY: report-test
report-test: ## The page of `replay --html` in headless Chromium, where that is installed
	@if command -v "$${CHROMIUM:-chromium}" >/dev/null; then \
		cargo build --locked --bin why5xx && python3 tests/report/test_report.py; \
	else \
		echo "report-test: NOT CHECKED, there is no Chromium (apt-get install chromium, or set CHROMIUM)"; \
	fi

.PHONY: picture
picture: ## Take docs/report.png anew, in headless Chromium
	cargo build --locked --bin why5xx
	python3 tests/report/picture.py

.PHONY: differential
differential: tools ## The decoder beside Python's gzip and json
	.tools/sam/bin/python $(PYTEST) tests/differential

# How long each target runs, and which ones: all of them where none is named.
FUZZ_SECONDS ?= 20
FUZZ_TARGETS ?=

.PHONY: fuzz-tools
fuzz-tools:
	scripts/install-tools fuzz

.PHONY: fuzz
fuzz: fuzz-tools ## Fuzz each target for a while, in bounded memory (docs/fuzzing.md)
	scripts/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

.PHONY: fuzz-check
fuzz-check: fuzz-tools ## Each fuzz target over its kept inputs and some thousand others
	scripts/fuzz check

.PHONY: bench
bench: ## What a batch costs, beside the floor and the usual programs
	cargo bench --locked --bench batch

# This machine's, in Lambda's words.
ARCHITECTURE := $(subst aarch64,arm64,$(shell uname -m))
BASELINES := benches/baselines/target/release
FUNCTIONS := target/lambda/$(ARCHITECTURE)/why5xx-lambda/bootstrap $(BASELINES)/bare $(BASELINES)/usual

.PHONY: functions
functions: tools
	ARCHITECTURES=$(ARCHITECTURE) .tools/sam/bin/python scripts/package --programs
	cd benches/baselines && cargo build --locked --release -p bare && cargo build --locked --release -p usual

.PHONY: bench-function
bench-function: functions ## Start, first publish over TLS, memory and size of the function, beside a bare and a usual one
	.tools/sam/bin/python benches/function.py $(FUNCTIONS)

.PHONY: figures
figures: functions ## Measure, keep the figures in benches/figures, write docs/cost.md and the function's in docs/performance.md
	cargo bench --locked --bench batch -- --figures
	.tools/sam/bin/python benches/function.py --keep $(FUNCTIONS)
	scripts/cost --write

.PHONY: callgrind
callgrind: ## Instructions of a batch by valgrind, held to their bounds
	scripts/install-valgrind
	cargo bench --locked --bench batch -- --instructions

.PHONY: build
build: tools ## The function for the template's default architecture, as `sam deploy` takes it
	sam build

.PHONY: package
package: tools ## A release in target/package: zips for ARCHITECTURES (all), the template without transforms, checksums
	.tools/sam/bin/python scripts/package

.PHONY: package-check
package-check: tools ## What `make package` built: all programs answer, and alike; arm64 under qemu, where that is installed
	.tools/sam/bin/python $(PYTEST) -rs tests/package

.PHONY: clean
clean: ## Remove what was built, not the tools
	rm -rf target .aws-sam benches/baselines/target
