#!/usr/bin/env bash
# profile.sh: where the CPU time of the media threads goes under a scenario of bots.
#   deploy/profile.sh [perf|callgrind] [SCENARIO] [further options of `loadtests media`]
# perf samples a release server while bots load it: what the machine really spends, kernel included.
# callgrind counts instructions of the program alone: slower, but exact and without kernel rights.
# The report goes to target/profile/, its head to the terminal.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

TOOL="${1:-perf}" SCENARIO="${2:-1-50}"
shift $(($# > 2 ? 2 : $#))
OUT="$ROOT/target/profile"
SERVER="$ROOT/target/release/bedside"
BOTS="$ROOT/target/release/loadtests"
mkdir -p "$OUT"
for program in "$SERVER" "$BOTS"; do
    [[ -x $program ]] || fail "$program is missing; \`make build\` makes it."
done

# What `loadtests` starts in place of the server: the server under the tool.
WRAPPER="$OUT/wrapper-$TOOL.sh"
case "$TOOL" in
perf)
    command -v perf >/dev/null || fail "perf is missing; \`apt-get install linux-perf\` brings it."
    # The recorder runs beside, so that the process measured is the server itself.
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
    ;;
callgrind)
    command -v valgrind >/dev/null || fail "valgrind is missing; \`apt-get install valgrind\` brings it."
    cat >"$WRAPPER" <<EOF
#!/usr/bin/env bash
exec valgrind --tool=callgrind --separate-threads=yes --callgrind-out-file="$OUT/callgrind.%p" "$SERVER" "\$@"
EOF
    ;;
*) fail "\"$TOOL\" is neither perf nor callgrind." ;;
esac
chmod +x "$WRAPPER"
rm -f "$OUT"/perf.data "$OUT"/callgrind.*

SECONDS_MEASURED=12
step "Load ($SCENARIO)" "$BOTS" media --server "$WRAPPER" --scenario "$SCENARIO" --io gso --estimation on \
    --seconds "$SECONDS_MEASURED" "$@"

case "$TOOL" in
perf)
    [[ -s "$OUT/perf.data" ]] || fail "perf recorded nothing; $OUT/perf.log says why."
    perf report -i "$OUT/perf.data" --no-children --stdio -g none --percent-limit 0.4 >"$OUT/perf.txt" 2>/dev/null
    note "Functions by own time (all of them in $OUT/perf.txt; callers: perf report -i $OUT/perf.data):"
    grep -v '^#' "$OUT/perf.txt" | grep -v '^$' | head -60
    ;;
callgrind)
    # The media thread is the one that forwards: the file with the most instructions in sfu_core.
    for part in "$OUT"/callgrind.*; do
        callgrind_annotate --threshold=99 "$part" >"$part.txt" 2>/dev/null || true
    done
    FOUND="$(grep -c sfu_core "$OUT"/callgrind.*.txt | sort -t: -k2 -n | tail -1 | cut -d: -f1)"
    note "Functions by own instructions ($FOUND):"
    head -80 "$FOUND"
    ;;
esac
