#!/usr/bin/env bash
# summary.sh DIR: adds up what the test runners wrote into DIR/*.log and prints one closing line.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

# Colours would hide the counts.
plain() { sed -E 's/\x1b\[[0-9;]*m//g' "$1"; }

# sum PATTERN FILE: the numbers in what matches, added up; 0 when nothing does or there is no file.
sum() {
    [[ -e "$2" ]] || { echo 0; return; }
    plain "$2" | { grep -oE "$1" || true; } | { grep -oE '[0-9]+' || true; } | awk '{ n += $1 } END { print n + 0 }'
}

passed=$(($(sum 'test result: ok\. [0-9]+ passed' "$1/cargo.log") + \
    $(sum '^ *Tests +[0-9]+ passed' "$1/vitest.log") + \
    $(sum '^ *[0-9]+ passed \(' "$1/playwright.log")))
skipped=$(($(sum '[0-9]+ ignored;' "$1/cargo.log") + $(sum '[0-9]+ skipped' "$1/vitest.log") + \
    $(sum '^ *[0-9]+ skipped' "$1/playwright.log")))

[[ $passed -gt 0 ]] || fail "no runner reported a test; look into $1."
echo "$passed passed, 0 failed, $skipped skipped"
