#!/usr/bin/env bash
# profile.sh: where the CPU time of the media threads goes under a scenario of bots.
#   deploy/profile.sh [SCENARIO] [further options of `loadtests media`]
# perf samples the media thread of a release server while bots load it: what the machine really
# spends, kernel included. (Valgrind cannot run the program: it fails in its start-up code.)
# The report goes to target/profile/, its head to the terminal.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

SCENARIO="${1:-1-50}"
shift $(($# > 1 ? 1 : $#))
OUT="$ROOT/target/profile"
SERVER="$ROOT/target/release/bedside"
BOTS="$ROOT/target/release/loadtests"
mkdir -p "$OUT"
for program in "$SERVER" "$BOTS"; do
    [[ -x $program ]] || fail "$program is missing; \`make build\` makes it."
done

command -v perf >/dev/null || fail "perf is missing; \`apt-get install linux-perf\` brings it."

# What `loadtests` starts in place of the server: the server with a recorder beside it, so that the
# process measured is the server itself.
WRAPPER="$OUT/wrapper.sh"
cat >"$WRAPPER" <<EOF
#!/usr/bin/env bash
(
    until TID=\$(grep -lx sfu-0 /proc/\$\$/task/*/comm 2>/dev/null | head -1 | cut -d/ -f5) && [[ -n \$TID ]]; do sleep 0.2; done
    # Skips joining; the steady phase follows.
    sleep 8
    exec perf record -q -e "\${EVENT:-cpu-clock}" -F 1999 --call-graph fp -t "\$TID" -o "$OUT/perf.data" -- sleep 6 2>"$OUT/perf.log"
) </dev/null >/dev/null 2>&1 &
exec "$SERVER" "\$@"
EOF
chmod +x "$WRAPPER"
rm -f "$OUT/perf.data"

SECONDS_MEASURED=12
step "Load ($SCENARIO)" "$BOTS" media --server "$WRAPPER" --scenario "$SCENARIO" --io gso --estimation on \
    --seconds "$SECONDS_MEASURED" "$@"

[[ -s "$OUT/perf.data" ]] || fail "perf recorded nothing; $OUT/perf.log says why."
perf report -i "$OUT/perf.data" --no-children --stdio -g none --percent-limit 0.4 >"$OUT/perf.txt" 2>/dev/null
note "Functions by own time (all of them in $OUT/perf.txt; callers: perf report -i $OUT/perf.data):"
grep -v '^#' "$OUT/perf.txt" | grep -v '^$' | head -60
