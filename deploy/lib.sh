# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
STAMPS="$ROOT/target/.setup"
cd "$ROOT" || exit 1

BOLD='' PLAIN=''
if [[ -t 1 ]]; then BOLD=$'\033[1m' PLAIN=$'\033[0m'; fi

say() { printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"; }
note() { printf '   %s\n' "$*"; }

# One sentence that says what to do, then the end.
fail() {
    printf '\nStopped: %s\n' "$*" >&2
    exit 1
}

# How to run a failed command alone; a function of the script cannot be.
# shellcheck disable=SC2016 # the backticks are for the reader
repeat() { declare -F "$1" >/dev/null || printf ', and `%s` repeats it alone' "$*"; }

# step TITLE COMMAND…: runs it and shows how long it took. With LOG=file the output is kept too.
step() {
    local title="$1" started=$SECONDS
    shift
    say "$title"
    if [[ -n "${LOG:-}" ]]; then
        "$@" 2>&1 | tee "$LOG"
    else
        "$@"
    fi || fail "\"$title\" failed; the lines above say why$(repeat "$@")."
    note "($((SECONDS - started)) s)"
}

# digest FILE…: one word that changes when the content of a file does.
digest() { cat -- "$@" | sha256sum | cut -c1-16; }

# A stamp says "this was done for exactly this content".
stamped() { [[ -e "$STAMPS/$1" ]]; }
stamp() {
    mkdir -p "$STAMPS"
    rm -f "$STAMPS/${1%-*}"-*
    touch "$STAMPS/$1"
}
