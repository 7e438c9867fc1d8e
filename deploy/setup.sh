#!/usr/bin/env bash
# setup.sh run|check|test|netns: installs what that command needs. Each of the first three levels
# includes the one before; netns is run and what visits over bad networks need.
# A second run changes nothing and takes about a second.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

LEVEL="${1:-run}"
RUST_MIN=1.95
NODE_MIN=20.19
PYTHON_PINS=deploy/python-requirements.txt

at_least() { [[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n1)" == "$1" ]]; }
wants() { [[ " $* " == *" $LEVEL "* ]]; }

toolchains() {
    local rust node
    rust="$(rustc --version 2>/dev/null | cut -d' ' -f2 || true)"
    at_least "$RUST_MIN" "${rust:-0}" ||
        fail "Rust $RUST_MIN or newer is needed and ${rust:-none} was found; install it as https://www.rust-lang.org/tools/install says, then repeat the command."
    node="$(node --version 2>/dev/null | tr -d v || true)"
    at_least "$NODE_MIN" "${node:-0}" ||
        fail "Node.js $NODE_MIN or newer is needed and ${node:-none} was found; install it as https://nodejs.org says, then repeat the command."
    command -v npm >/dev/null || fail "npm is missing; install it with Node.js, then repeat the command."
    if wants check test; then
        { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1 ||
            fail "clippy and rustfmt are missing; run \`rustup component add clippy rustfmt\`, then repeat the command."
    fi
}

# Debian packages and why each is needed. The database is Debian's own PostgreSQL: Bedside starts
# a private cluster of it and never touches one that already runs.
packages() {
    echo gcc libc6-dev         # the cryptography crates compile C and assembly
    echo ca-certificates       # cargo and npm fetch over TLS
    echo postgresql util-linux # the database; setpriv ends it with the program
    if wants check test; then echo shellcheck; fi
    if wants test netns; then
        echo chromium fonts-liberation fonts-noto-color-emoji # the browser tests
    fi
    if wants netns; then echo iproute2 nftables openssl python3; fi
    if wants test; then
        echo firefox-esr                                      # the other browser that judges us
        echo python3 python3-venv                             # the LiveKit SDK that judges us
        echo coturn                                           # its client tools judge our TURN server
        echo pebble                                           # the ACME server that gives us certificates
    fi
}

missing_packages() {
    local name
    for name in $(packages); do
        dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done
}

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo -- "$@"; fi
}

can_be_root() { [[ $EUID -eq 0 ]] || command -v sudo >/dev/null; }

# Debian starts a server on port 5432 when the package is installed. This setting, written
# before the installation, prevents it; a choice already made on this machine is respected.
no_default_cluster() {
    local file=/etc/postgresql-common/createcluster.conf
    grep -qsE '^[[:space:]]*create_main_cluster' "$file" && return
    as_root mkdir -p "$(dirname "$file")"
    echo 'create_main_cluster = false' | as_root tee -a "$file" >/dev/null
}

# Debian starts a TURN server on port 3478 when the package is installed. Masked before the
# installation it never runs; one that was there before is left alone.
no_default_relay() {
    local unit=/etc/systemd/system/coturn.service
    [[ " $1 " == *" coturn "* && ! -e "$unit" && ! -L "$unit" ]] || return 0
    as_root mkdir -p "${unit%/*}"
    as_root ln -s /dev/null "$unit"
}

debian() {
    local missing
    missing="$(missing_packages | xargs)"
    [[ -n "$missing" ]] || return 0
    say "Installing Debian packages: $missing"
    can_be_root ||
        fail "installing packages needs root or sudo; as root run \`mkdir -p /etc/postgresql-common && echo create_main_cluster = false >>/etc/postgresql-common/createcluster.conf && apt-get install $missing\`, then repeat the command."
    note "This may take some minutes the first time."
    no_default_cluster
    no_default_relay "$missing"
    as_root apt-get update -qq ||
        fail "the package lists could not be refreshed; check the network and /etc/apt, then repeat the command."
    # shellcheck disable=SC2086 # a list of names
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 $missing ||
        fail "apt-get could not install $missing; its last lines say why."
}

# Elsewhere we look for the programs themselves and name what to install.
by_hand() {
    local lack=()
    command -v cc >/dev/null || lack+=("a C compiler (cc)")
    command -v setpriv >/dev/null || lack+=("setpriv (util-linux)")
    command -v pg_config >/dev/null || command -v postgres >/dev/null ||
        compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
        lack+=("PostgreSQL 15 or newer, server programs with contrib; do not start it")
    if wants check test; then
        command -v shellcheck >/dev/null || lack+=("shellcheck")
    fi
    if wants netns; then
        command -v ip >/dev/null && command -v tc >/dev/null || lack+=("iproute2 (ip and tc)")
        command -v nft >/dev/null || lack+=("nftables (nft)")
        command -v openssl >/dev/null || lack+=("openssl")
        [[ -x /usr/bin/python3 ]] || lack+=("Python 3 as /usr/bin/python3")
    fi
    if wants test netns; then
        [[ -x /usr/bin/chromium ]] || lack+=("Chromium as /usr/bin/chromium, with a Latin and an emoji font")
    fi
    if wants test; then
        [[ -x /usr/bin/firefox-esr ]] || lack+=("Firefox ESR as /usr/bin/firefox-esr")
        python3 -c 'import venv, ensurepip' 2>/dev/null || lack+=("Python 3.11 or newer with venv")
        command -v turnutils_uclient >/dev/null || lack+=("the client tools of coturn; do not start its server")
        command -v pebble >/dev/null && command -v pebble-challtestsrv >/dev/null ||
            lack+=("pebble, the ACME test server of Let's Encrypt, and pebble-challtestsrv")
    fi
    [[ ${#lack[@]} -eq 0 ]] && return
    printf '\nThis system is not Debian 12, so please install by hand:\n' >&2
    printf '  - %s\n' "${lack[@]}" >&2
    fail "install the programs listed above, then repeat the command."
}

# PostgreSQL refuses to run as root. When root starts Bedside, only the database changes to
# this user, which can log in nowhere and owns nothing else.
database_user() {
    [[ $EUID -eq 0 ]] || return 0
    getent passwd bedside >/dev/null && return
    say "Creating the system user bedside, as which the database runs when root starts Bedside"
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bedside ||
        fail "the user could not be created; run \`useradd --system --user-group bedside\` as root, then repeat the command."
}

python_venv() {
    local key
    key="python-$(digest "$PYTHON_PINS" <(command -v python3))"
    stamped "$key" && [[ -x target/venv/bin/python ]] && return
    say "Python packages for the foreign client (target/venv)"
    rm -rf target/venv
    # Debian's own Python: one found earlier on PATH may lack venv or be of another version.
    local python=/usr/bin/python3
    [[ -x "$python" ]] || python=python3
    "$python" -m venv target/venv ||
        fail "the Python environment could not be made; remove target/venv and repeat the command."
    target/venv/bin/python -m pip install --quiet --only-binary :all: -r "$PYTHON_PINS" ||
        fail "the Python packages could not be installed; check the network, then repeat the command."
    stamp "$key"
}

say "Set-up ($LEVEL): looking for what is missing"
toolchains
# shellcheck source=/dev/null
if [[ "$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}")" == "debian 12" ]]; then
    debian
else
    by_hand
fi
database_user
deploy/web.sh install
if wants test; then python_venv; fi
note "Everything is in place."
