# The commands of Bedside. Anything longer than a line lives in deploy/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build run test check e2e netns scan bench server web

help: ## list these commands
	@sed -nE 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install what building and running needs (twice is harmless)
	@deploy/setup.sh run

build: setup web server ## build the release binaries and the web client
	@deploy/step.sh "Load generators (release)" cargo build --release --locked -p loadtests

run: setup web server ## start the demo on http://localhost:8080
	@exec target/release/bedside up --demo

test: ## set up and run every test, the browser ones included
	@deploy/test.sh

check: ## format, lints, tidy rules, licences, shell scripts, web client types
	@deploy/check.sh

e2e: ## only the browser tests and the foreign clients
	@deploy/e2e.sh

netns: ## visits over bad networks in network namespaces, measured; needs root
	@deploy/netns.sh

scan: ## schemathesis, sqlmap and wapiti against a demo server of their own; some 40 minutes
	@deploy/scan.sh

bench: build ## measure the server on this machine
	@deploy/bench.sh

web:
	@deploy/web.sh build

server: web
	@deploy/step.sh "Server (release)" cargo build --release --locked -p server
