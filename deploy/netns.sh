#!/usr/bin/env bash
# netns.sh [PLAYWRIGHT OPTIONS]: whole visits over bad networks, measured. Three network namespaces,
# made here and removed at the end: the server's with the clinician's browser, a router's, and the
# patient's with a browser of its own. The specs of web-client/e2e/netns cut, narrow and delay what
# passes the router; nothing outside the namespaces is touched. BEDSIDE_BIN names another server
# binary; `deploy/netns.sh -g "UDP blocked"` runs one scenario.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

[[ $EUID -eq 0 ]] || fail "network namespaces need root; repeat the command as root."
deploy/setup.sh netns
deploy/web.sh build
if [[ -z "${BEDSIDE_BIN:-}" ]]; then
    step "Server (debug)" cargo build --locked -p server
    export BEDSIDE_BIN="$ROOT/target/debug/bedside"
fi

LOGS="${BEDSIDE_LOGS:-$ROOT/target/test-logs}"
mkdir -p "$LOGS"
TMP="$(mktemp -d)"
export NETNS_SERVER="bedside-server-$$" NETNS_ROUTER="bedside-router-$$" NETNS_PATIENT="bedside-patient-$$"

remove() {
    local name pids
    for name in "$NETNS_PATIENT" "$NETNS_ROUTER" "$NETNS_SERVER"; do
        # Nothing of ours may outlive its network, whatever ended the run.
        pids="$(ip netns pids "$name" 2>/dev/null || true)"
        # shellcheck disable=SC2086 # a list of numbers
        [[ -z "$pids" ]] || kill -KILL $pids 2>/dev/null || true
        ip netns delete "$name" 2>/dev/null || true
    done
    rm -rf "$TMP"
}
trap remove EXIT
trap 'exit 130' INT TERM

# link NAMESPACE PREFIX DEVICE: a cable from the namespace (PREFIX.1 on eth0) to the router (PREFIX.254).
link() {
    ip -n "$1" link add eth0 type veth peer name "$3" netns "$NETNS_ROUTER"
    ip -n "$1" address add "$2.1/24" dev eth0
    ip -n "$NETNS_ROUTER" address add "$2.254/24" dev "$3"
    ip -n "$NETNS_ROUTER" link set "$3" up
    ip -n "$1" link set lo up
    ip -n "$1" link set eth0 up
    ip -n "$1" route add default via "$2.254"
}

say "Network namespaces"
for name in "$NETNS_SERVER" "$NETNS_ROUTER" "$NETNS_PATIENT"; do ip netns add "$name"; done
link "$NETNS_SERVER" 10.99.0 server
link "$NETNS_PATIENT" 10.98.0 patient
ip netns exec "$NETNS_ROUTER" sysctl -qw net.ipv4.ip_forward=1 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0

# Trusted by what runs here and by nobody else. The name is for TURN over TLS: certificates name no addresses.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bedside.test \
    -addext subjectAltName=DNS:bedside.test,IP:10.99.0.1 -keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
export NETNS_CERT="$TMP/cert.pem" NETNS_KEY="$TMP/key.pem" NODE_EXTRA_CA_CERTS="$TMP/cert.pem"

# Playwright drives the patient's browser through pipes, which know no namespace.
cat >"$TMP/patient-chromium" <<END
#!/bin/sh
exec ip netns exec $NETNS_PATIENT ${CHROMIUM_BIN:-/usr/bin/chromium} "\$@"
END
chmod +x "$TMP/patient-chromium"
export NETNS_PATIENT_CHROMIUM="$TMP/patient-chromium"

LOG="$LOGS/netns.log" step "Visits over bad networks" \
    ip netns exec "$NETNS_SERVER" npm --prefix web-client run --silent e2e:netns -- "$@"
