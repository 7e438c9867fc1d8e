#!/bin/sh
# Fuzzes signalling: ./run.sh signal [seconds] [libFuzzer options…]
set -eu
cd "$(dirname "$0")"
FUZZ=$(pwd) exec ../../sfu/core/fuzz/run.sh "$@"
