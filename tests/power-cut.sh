#!/usr/bin/env bash
# Cuts the power of a disk while a process stores messages on it, and looks whether every acknowledged message is there afterwards.
# usage: tests/power-cut.sh [ROUNDS]      default 10; needs root, loop devices and ext4
# The disk is an image under a loop device. A copy of the image, taken while the process runs, is what the device holds without anything that only the
# system's memory has: the power cut. Each round goes on with the copy of the round before.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-10}
configuration=${CONFIGURATION:-Release}
[[ $(id -u) == 0 ]] || { echo "needs root for loop mounts"; exit 2; }
dotnet build tests/NATS.Server.StoreWriter -c "$configuration" -v q -nologo
writer=artifacts/bin/NATS.Server.StoreWriter/$(echo "$configuration" | tr '[:upper:]' '[:lower:]')/NATS.Server.StoreWriter

work=$(mktemp -d "${POWER_CUT_DIR:-${TMPDIR:-/tmp}}/power-cut.XXXXXX")
pid=
cleanup() {
  [[ -n $pid ]] && kill -9 "$pid" 2>/dev/null || true
  umount "$work/disk" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
mkdir "$work/disk"
truncate -s 2G "$work/image"
mkfs.ext4 -q "$work/image"
: > "$work/acknowledged"

failed=0
for ((round = 1; round <= rounds; round++)); do
  mount -o loop "$work/image" "$work/disk"
  : > "$work/lines"
  "$writer" write "$work/disk" > "$work/lines" &
  pid=$!
  sleep "$((RANDOM % 3 + 1)).$((RANDOM % 1000))"
  kill -0 "$pid" 2>/dev/null || { echo "round $round: the process ended by itself"; exit 1; }

  # What is told before the copy begins has to be in it.
  told=$(stat -c %s "$work/lines")
  cp --sparse=always "$work/image" "$work/cut"
  kill -9 "$pid"; wait "$pid" 2>/dev/null || true; pid=
  head -c "$told" "$work/lines" >> "$work/acknowledged"
  umount "$work/disk"
  mv "$work/cut" "$work/image"

  mount -o loop "$work/image" "$work/disk"
  echo -n "round $round: "
  "$writer" check "$work/disk" "$work/acknowledged" || failed=$((failed + 1))
  umount "$work/disk"

  # A line that the copy cut in two would join the next one.
  sed -i -n '/ \.$/p' "$work/acknowledged"
done
echo "$rounds power cuts, $failed with losses"
exit $((failed > 0))
