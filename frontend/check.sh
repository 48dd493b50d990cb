#!/bin/sh
# The editor that is committed is the one that its sources make, byte for byte.
set -eu
cd "$(dirname "$0")"

status=0
./with-node.sh true || status=$?
if [ "$status" -eq 69 ]; then
  echo "Skipped: the editor is not rebuilt and compared, for lack of Node 20 or newer."
  exit 0
fi
./with-node.sh npm ci --ignore-scripts --silent
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
mkdir "$made/licences"
./with-node.sh node build.mjs "$made"
cmp "$made/dist/editor.js" ../static/dist/editor.js \
  && cmp "$made/licences/editor.txt" ../static/licences/editor.txt || {
  echo "static/dist/editor.js is not what frontend/src makes. Run: make editor" >&2
  exit 1
}
