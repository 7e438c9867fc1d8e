#!/usr/bin/env bash
# scan.sh: tries a demo server of its own, on loopback, with schemathesis, sqlmap and wapiti; about
# 40 minutes. SCAN="sqlmap wapiti" leaves one out. BEDSIDE_BIN names another binary.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

BIN="${BEDSIDE_BIN:-$ROOT/target/debug/bedside}"
LOGS="$ROOT/target/scan-logs"
TOOLS="$ROOT/target/scan-tools"
[[ -x "$BIN" ]] || fail "$BIN is missing; \`cargo build -p server\` makes it."

# Each scanner in a folder of its own: their dependencies disagree.
tools() {
    local stamp pin tool
    stamp="scan-$(digest deploy/scan/requirements.txt)"
    stamped "$stamp" && return
    while read -r pin; do
        tool="$TOOLS/${pin%%==*}"
        python3 -m venv "$tool" && "$tool/bin/pip" install --quiet "$pin" || return
    done <deploy/scan/requirements.txt
    stamp "$stamp"
}

deploy/setup.sh test
rm -rf "$LOGS"
mkdir -p "$LOGS"
step "Scanners" tools

DATA="$(mktemp -d --tmpdir=/var/tmp)"
chmod 755 "$DATA" # the database may run as another user
"$BIN" up --demo --http 127.0.0.1:0 --data-dir "$DATA" --media-port 0 --media-tcp-port 0 --turn-port 0 \
    >"$LOGS/server.log" 2>&1 &
SERVER=$!
leave() {
    kill "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
    rm -rf --one-file-system "$DATA"
}
trap leave EXIT

# The line comes when everything else runs.
address() { grep -oE 'Serving on http://[0-9a-z.:]+' "$LOGS/server.log" | cut -d' ' -f3; }
until [[ -n "$(address)" ]]; do
    kill -0 "$SERVER" 2>/dev/null || fail "the server did not start; $LOGS/server.log says why."
    sleep 0.5
done
grep '^demo ' "$LOGS/server.log" >"$LOGS/accounts"

step "Scans of $(address)" python3 -u deploy/scan/scan.py "$(address)" "$LOGS/accounts" "$TOOLS" "$LOGS"
! grep -E 'panicked|"level":"ERROR"| ERROR ' "$LOGS/server.log" || fail "the server met an error of its own; $LOGS/server.log has it."
