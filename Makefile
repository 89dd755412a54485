# `make test` passes the tests, and installs what they need into .tools/. docs/testing.md says what each shows and takes.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# cargo-lambda, cargo-deny and cargo-fuzz are subcommands of cargo; sam finds cargo-lambda the same way.
export PATH := $(CURDIR)/.tools/sam/bin:$(CURDIR)/.tools/fuzz/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

# With an example among what is built, cargo gives the dependencies the features that the tests ask for. Without it, most
# of them would be compiled a second time.
WITH_THEIR_FEATURES := --example filter_pattern_loss

# The command as the tests built it.
COMMAND := cargo build --locked --bin why5xx $(WITH_THEIR_FEATURES)

# Tests leave nothing in the work tree.
export PYTHONDONTWRITEBYTECODE := 1
PYTEST := -m pytest -p no:cacheprovider

.PHONY: help
help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

# Two lanes side by side: the first compiles on both cores, then its tests use little more than one; the second takes one.
CRATE := fmt clippy doc unit quick differential
TEMPLATE := tools lint commands deny advisories chain walkthrough

.PHONY: test
test: ## The tests: formatting, lints, docs, the crate, template, licences, the real chain
	@echo "Two parts run side by side. Each prints when it is done; the longest takes ten minutes."
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target IN_LANES=yes $(CRATE) $(TEMPLATE)

# Each target of a lane waits for the one before it.
ifdef IN_LANES
# The lanes are no business of a make that a step calls.
unexport MAKEFLAGS MAKELEVEL MFLAGS IN_LANES
clippy: fmt
doc: clippy
unit: doc
quick: unit
differential: quick
lint: tools
commands: lint
deny: commands
advisories: deny
chain: advisories
walkthrough: chain
endif

.PHONY: test-all
test-all: test fuzz-check report-test release-test deploy-test ## These, and what takes longer: fuzz targets by libFuzzer, the page in a browser, the release and its deploy folders

.PHONY: fast
fast: fmt ## What a change needs most, within two minutes: formatting, lints, the tests that are quick
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked --lib --bins --test it --no-run
	cargo test --locked --lib --bins
	cargo test --locked --test it -- $(addsuffix ::,$(QUICK))

# Subjects of the integration tests that take seconds: counts and texts, and nothing that takes more than some seconds.
QUICK := golden causes explain command own_rules inputs hostile healthy remedies dashboard docs readme wording upgrade html_file \
	filter_pattern strict_endpoint odd_batches centralised

.PHONY: tools
tools: ## Install the pinned tools into .tools/
	scripts/install-tools sam emulator awscli

.PHONY: fmt
fmt: ## Formatting
	cargo fmt --check

.PHONY: clippy
clippy: ## Lints
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --lib --bins --test quick -- -D warnings

.PHONY: doc
doc: ## The documentation builds without a warning
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items $(WITH_THEIR_FEATURES) --lib --bin why5xx-lambda

.PHONY: unit
unit: ## Tests of the crate and of its programs
	cargo test --locked

# The crate is not optimised here, which saves most of the time; its dependencies are those of `unit`.
.PHONY: quick
quick: ## Tests of the command without the client of CloudWatch
	CARGO_PROFILE_DEV_OPT_LEVEL=0 cargo test --locked --no-default-features --lib --bins --test quick

# As it stands in the README.
FIRST_COMMAND = $(shell grep -m 1 '^cargo run ' README.md)

.PHONY: first-command
first-command: ## The README's first command from nothing to its output, and whether all of why5xx prints the same
	rm -rf target/first-command && mkdir -p target
	time CARGO_TARGET_DIR=target/first-command $(FIRST_COMMAND) > target/first-command.txt
	cargo run --locked --quiet --bin why5xx -- replay events | diff target/first-command.txt -
	rm -rf target/first-command

.PHONY: lint
lint: tools ## The template: cfn-lint, sam validate, tests of our own
	cfn-lint template.yaml examples/without_why5xx.yaml
	sam validate --lint --region us-east-1
	.tools/sam/bin/python $(PYTEST) tests/template

.PHONY: commands
commands: tools ## Each command of the remedies and pages, parsed with the models of the AWS CLI
	.tools/awscli/bin/python $(PYTEST) -p no:logging tests/commands

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

# How the program is built that `make test` deploys: not optimised, in a third of the time. `make release-test`
# deploys the one that is released.
QUICKLY := SAM_BUILD_MODE=debug CARGO_PROFILE_DEV_OPT_LEVEL=0

.PHONY: chain
chain: tools ## Build, deploy to an emulator on 127.0.0.1, send log events, read the metrics back
	$(COMMAND)
	$(QUICKLY) .tools/emulator/bin/python $(PYTEST) -s tests/chain

.PHONY: walkthrough
walkthrough: tools ## Run the steps of docs/first-hour.md on the emulator, and compare what they print
	$(QUICKLY) scripts/with-emulator scripts/walkthrough

# The last step leaves a release in target/package, of each architecture that this machine can build for.
.PHONY: release-test
release-test: tools ## The chain with the optimised program; a release for both architectures, whose programs answer alike
	$(MAKE) chain QUICKLY=
	.tools/sam/bin/python scripts/package --possible
	$(MAKE) package-check

# What `release-test`, or `make package`, has left in target/package.
.PHONY: deploy-test
deploy-test: tools ## The release's Terraform module deployed to the emulator, its CDK construct synthesised under cdk-nag
	scripts/install-tools terraform
	.tools/emulator/bin/python $(PYTEST) -rs tests/deploy/test_terraform.py
	@if command -v npm >/dev/null; then \
		scripts/install-tools cdk && .tools/sam/bin/python $(PYTEST) tests/deploy/test_cdk.py; \
	else \
		echo "deploy-test: the CDK construct NOT CHECKED, there is no Node (apt-get install nodejs npm)"; \
	fi

.PHONY: report-test
report-test: ## The page of `replay --html` in headless Chromium, where that is installed
	@if command -v "$${CHROMIUM:-chromium}" >/dev/null; then \
		$(COMMAND) && python3 tests/report/test_report.py; \
	else \
		echo "report-test: NOT CHECKED, there is no Chromium (apt-get install chromium, or set CHROMIUM)"; \
	fi

.PHONY: picture
picture: ## Take docs/report.png and docs/dashboard.png again, in headless Chromium
	$(COMMAND)
	python3 tests/report/picture.py
	python3 tests/report/dashboard_picture.py

.PHONY: differential
differential: tools ## The decoder beside Python's gzip and json
	$(COMMAND)
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

.PHONY: soak
soak: ## 200,000 short invocations in one environment: memory and open files stay flat, counts exact
	WHY5XX_INVOCATIONS=200000 cargo test --locked --test it soak:: -- --nocapture

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
