#!/usr/bin/env bash
# bench.sh: measures a release server on this machine with bots of another WebRTC stack. Figures are
# compared within one run, never with another machine's.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

SERVER=
DATA="$(mktemp -d --tmpdir=/var/tmp)"
chmod 711 "$DATA" # the database's user passes through
leave() {
    if [[ -n "$SERVER" ]]; then
        kill -TERM "$SERVER" 2>/dev/null || true
        wait "$SERVER" || true
    fi
    rm -rf "$DATA"
}
trap leave EXIT

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); });'
}

# Waits until the server answers on /readyz, or has ended, or a minute has passed.
ready() {
    local deadline=$((SECONDS + 60))
    until node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "$URL/readyz"; do
        kill -0 "$SERVER" 2>/dev/null || fail "the server ended at once; $ROOT/target/bench.log says why."
        [[ $SECONDS -lt $deadline ]] || fail "the server was not ready in a minute; $ROOT/target/bench.log says why."
    done
}

PORT="$(free_port)"
URL="http://127.0.0.1:$PORT"
target/release/bedside up --http "127.0.0.1:$PORT" --media-port 0 --data-dir "$DATA/data" >target/bench.log 2>&1 &
SERVER=$!
ready

media() {
    target/release/loadtests media --url "ws://127.0.0.1:$PORT" \
        --media-key-file "$DATA/data/keys/media.key" --server-pid "$SERVER" "$@"
}

step "One sender, 1 viewer" media --subscribers 1
step "One sender, 10 viewers" media --subscribers 10
step "One sender, 50 viewers" media --subscribers 50
step "Twenty visits of two" media --rooms 20 --publishers 2 --subscribers 0 --mutual
