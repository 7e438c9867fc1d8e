#!/usr/bin/env bash
# bench.sh: runs the load scenarios against a release server on this machine. Figures are
# compared in one run, never with another machine's (docs/benchmarks).
set -euo pipefail
source "$(dirname "$0")/lib.sh"

for scenario in media chat api visit; do
    step "Scenario $scenario" target/release/loadtests "$scenario"
done
