#!/usr/bin/env bash
# bench.sh: measures a release server on this machine with bots of another WebRTC stack, beside the
# floor of the same machine. Figures are compared within one run, never with another machine's.
# Whatever is given is passed on: `deploy/bench.sh --full --json >report.json`.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

for program in bedside loadtests; do
    [[ -x target/release/$program ]] || fail "target/release/$program is missing; \`make build\` makes it."
done
exec target/release/loadtests media "$@"
