#!/usr/bin/env bash
# check.sh: everything that judges the code without running the product, the quick things first.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

deploy/setup.sh check
step "Format" cargo fmt --all --check
step "Shell scripts" shellcheck --external-sources --source-path=SCRIPTDIR deploy/*.sh .ci/run
step "Tidy rules and dependency policy" cargo test --locked --quiet -p xtask
if cargo deny --version >/dev/null 2>&1; then
    step "cargo deny" cargo deny --locked check bans licenses sources
fi
step "Generated API types are fresh" cargo xtask generate --check
step "Web client: types, lints, edges" npm --prefix web-client run --silent check
deploy/web.sh build # the server embeds it, so it must exist before the server compiles
step "Lints (clippy, warnings are errors)" cargo clippy --workspace --all-targets --locked -- -D warnings
