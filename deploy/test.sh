#!/usr/bin/env bash
# test.sh: every test there is, on a machine that may have nothing but Rust and Node.js.
# Each runner's output is kept in target/test-logs and summed up at the end. The limits of time only
# end a run that hangs.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

LOGS=target/test-logs
rm -rf "$LOGS"
mkdir -p "$LOGS"

deploy/setup.sh test
deploy/check.sh
# One build for tests and programs: the same features, so that nothing is compiled twice.
step "Build (tests and programs)" cargo build --workspace --lib --bins --tests --locked
LOG=$LOGS/cargo.log step "Rust tests" timeout 20m cargo test --workspace --locked --no-fail-fast
LOG=$LOGS/vitest.log step "Web client: unit tests" timeout 5m npm --prefix web-client test
BEDSIDE_BIN="$ROOT/target/debug/bedside" BEDSIDE_LOGS="$LOGS" deploy/e2e.sh

say "All tests passed in $((SECONDS / 60)) min $((SECONDS % 60)) s"
deploy/summary.sh "$LOGS"
