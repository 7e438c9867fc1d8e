#!/usr/bin/env bash
# web.sh install|build: the npm packages and the two builds of the web client, each only when
# its inputs changed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

install() {
    local key
    key="npm-$(digest web-client/package-lock.json <(node --version))"
    stamped "$key" && [[ -d web-client/node_modules ]] && return
    say "npm packages of the web client"
    (cd web-client && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error) ||
        fail "npm could not install the packages; check the network, then run \`npm ci\` in web-client."
    stamp "$key"
}

# Every file that a build reads; tests are not among them.
sources() {
    find web-client \( -name node_modules -o -name dist -o -name e2e -o -name test-results \
        -o -name playwright-report \) -prune -o -type f ! -name '*.test.ts' ! -name '*.test.tsx' -print0 |
        sort -z
}

build() {
    local key
    key="web-$(sources | xargs -0 sha256sum | sha256sum | cut -c1-16)"
    stamped "$key" && [[ -d web-client/dist ]] && return
    step "Web client (patient and staff)" npm --prefix web-client run build
    stamp "$key"
}

case "${1:-}" in
install | build) "$1" ;;
*) fail "say \`deploy/web.sh install\` or \`deploy/web.sh build\`." ;;
esac
