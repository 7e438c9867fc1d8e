#!/usr/bin/env bash
# clean-room.sh [TARGET…]: tries `make TARGET` (default: test) for the last commit on a new Debian
# 12 that has nothing but make, Rust and Node.js; a second target shows what a second run costs.
# Needs root and debootstrap.
#
# The room is a folder with its own mount and process namespaces: when the trial ends, however it
# ends, its mounts and processes are gone with it, and the folder is removed. Rust and Node.js are
# the host's, as are the settings that say which package mirrors are used.
#   CLEAN_ROOM_KEEP=1     leave the folder for a look
#   CLEAN_ROOM_MINUTES=n  give up after n minutes (default 90)
set -euo pipefail
source "$(dirname "$0")/lib.sh"

TARGETS=("${@:-test}")
MINUTES="${CLEAN_ROOM_MINUTES:-90}"

[[ $EUID -eq 0 ]] || fail "a clean room needs root; run it as root or with sudo."
command -v debootstrap >/dev/null || fail "debootstrap is missing; run \`apt-get install debootstrap\` first."

ROOM="$(mktemp -d --tmpdir=/var/tmp)"
leave() {
    if [[ -n "${CLEAN_ROOM_KEEP:-}" ]]; then
        note "The room is left in $ROOM"
    else
        rm -rf --one-file-system "$ROOM"
    fi
}
trap leave EXIT

# The first archive that apt knows here for Debian 12 itself.
mirror() {
    # shellcheck disable=SC2016 # apt expands these itself
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "bookworm" && $3 == "main" { print $1; exit }'
}

debian() {
    local url
    url="$(mirror)"
    [[ -n "$url" ]] || fail "apt has no archive of Debian 12 (bookworm) configured here; run \`apt-get update\` first."
    debootstrap --variant=minbase --include=make,ca-certificates bookworm "$ROOM" "$url" >"$ROOM.log" 2>&1 ||
        fail "debootstrap failed; $ROOM.log says why."
    rm -f "$ROOM.log"
    chmod 755 "$ROOM" # it becomes the root folder of users other than root, too
    rm -rf "$ROOM/etc/apt/sources.list" "$ROOM/etc/apt/sources.list.d"
    mkdir -p "$ROOM/etc/apt/sources.list.d"
    cp -a /etc/apt/sources.list.d/debian.sources "$ROOM/etc/apt/sources.list.d/" 2>/dev/null ||
        cp -a /etc/apt/sources.list "$ROOM/etc/apt/"
    cp -L /etc/resolv.conf /etc/hosts "$ROOM/etc/"
}

toolchains() {
    mkdir -p "$ROOM/opt/rust" "$ROOM/usr/local/lib/node_modules"
    cp -a "$(rustc --print sysroot)/bin" "$(rustc --print sysroot)/lib" "$ROOM/opt/rust/"
    cp -L "$(node -p process.execPath)" "$ROOM/usr/local/bin/node"
    cp -aL "$(npm root --global)/npm" "$ROOM/usr/local/lib/node_modules/"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$ROOM/usr/local/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$ROOM/usr/local/bin/npx"
}

# Environment of the trial, one NAME=VALUE a line: nothing of the host but where packages come from.
ENVIRONMENT=(HOME=/root USER=root LANG=C.UTF-8 TERM=dumb PATH=/opt/rust/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

mirrors() {
    local name value file
    for name in SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS PIP_CERT; do
        value="${!name:-}"
        [[ -e "$value" ]] || continue
        mkdir -p "$ROOM/opt/certificates/$name"
        cp -rL "$value" "$ROOM/opt/certificates/$name/"
        ENVIRONMENT+=("$name=/opt/certificates/$name/$(basename "$value")")
    done
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [[ -z "${!name:-}" ]] || ENVIRONMENT+=("$name=${!name}")
    done
    value="$(npm config get registry 2>/dev/null || true)"
    [[ -z "$value" ]] || ENVIRONMENT+=("npm_config_registry=$value")
    value="$(python3 -m pip config get global.index-url 2>/dev/null || true)"
    [[ -z "$value" ]] || ENVIRONMENT+=("PIP_INDEX_URL=$value")
    for file in /etc/apt/apt.conf.d/*proxy*; do
        [[ ! -f "$file" ]] || cp -L "$file" "$ROOM/etc/apt/apt.conf.d/"
    done
}

enter() {
    # Inside the namespaces: the room, the target ($1 here), then the environment.
    # shellcheck disable=SC2016 # expanded by the inner shell
    timeout --signal=INT --kill-after=30 "${MINUTES}m" \
        unshare --mount --pid --fork --kill-child bash -euc '
            room="$1" target="$2"
            shift 2
            mount --rbind /dev "$room/dev"
            mount -t proc proc "$room/proc"
            mount -t sysfs -o ro sysfs "$room/sys"
            chroot "$room" /usr/bin/env -i "$@" make -C /src "$target"
        ' room "$ROOM" "$1" "${ENVIRONMENT[@]}" </dev/null
}

step "A new Debian 12 in $ROOM" debian
step "Rust and Node.js, copied from this machine" toolchains
mirrors
git -c safe.directory='*' clone --quiet --no-hardlinks "$ROOT" "$ROOM/src"
for target in "${TARGETS[@]}"; do
    step "make $target at $(git -C "$ROOM/src" rev-parse --short HEAD)" enter "$target"
done
