#!/bin/sh
# Fuzzes one target: ./run.sh feedback|datagram|description|turn [seconds] [libFuzzer options…]
# FUZZ names the folder of other targets.
#
# Coverage feedback needs no nightly compiler: LLVM's pass is asked for directly. Unsafe code is
# denied throughout, so what is looked for is panics, overflows, endless work and memory, not
# memory errors, and no sanitizer is needed. What is found new is kept in corpus/, crashes in
# artifacts/; seeds/ holds what to begin with.
set -eu
cd "${FUZZ:-$(dirname "$0")}"
target=$1
seconds=${2:-60}
shift
[ $# -eq 0 ] || shift
host=$(rustc -vV | sed -n 's/^host: //p')
passes="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
passes="$passes -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
passes="$passes -Cllvm-args=-sanitizer-coverage-pc-table"
passes="$passes -Cllvm-args=-sanitizer-coverage-trace-compares"
# With --target the flags leave build scripts and macros alone.
RUSTFLAGS="--cfg fuzzing $passes -Ccodegen-units=4" \
    cargo build --release --target "$host" --bin "$target"
mkdir -p "corpus/$target" "artifacts/$target"
exec "${CARGO_TARGET_DIR:-target}/$host/release/$target" \
    -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 "$@" "corpus/$target" "seeds/$target"
