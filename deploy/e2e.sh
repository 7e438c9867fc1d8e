#!/usr/bin/env bash
# e2e.sh: the browser tests (Chromium and Firefox, and LiveKit's SDKs for Python and Node.js as
# foreign clients) against target/debug/bedside. BEDSIDE_BIN names another binary, which is then
# taken as it is.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

LOGS="${BEDSIDE_LOGS:-target/test-logs}"
mkdir -p "$LOGS"

deploy/setup.sh test
deploy/web.sh build
if [[ -z "${BEDSIDE_BIN:-}" ]]; then
    step "Server (debug)" cargo build --locked -p server
    export BEDSIDE_BIN="$ROOT/target/debug/bedside"
fi
export BEDSIDE_PYTHON="$ROOT/target/venv/bin/python"

LOG=$LOGS/playwright.log step "Browser tests" timeout 30m npm --prefix web-client run e2e
