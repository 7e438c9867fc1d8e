#!/usr/bin/env bash
# step.sh TITLE COMMAND…: runs one step of the Makefile with a title and a time.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
step "$@"
