#!/usr/bin/env bash
# Puts promtool (of Debian's package prometheus), which judges the metrics in the tests, into a folder without installing it, and prints its path.
# usage: scripts/get-promtool.sh [DIR]      DIR: where to keep it (default: artifacts/prometheus)
# A promtool on PATH serves too. Without apt (or without a network) it prints nothing and ends with status 1: the test that needs it then skips itself
# and says so.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$root/artifacts/prometheus}
binary=$dir/usr/bin/promtool

if [[ -n ${PROMTOOL:-} && -x ${PROMTOOL:-} ]]; then echo "$PROMTOOL"; exit 0; fi
if [[ -x $binary ]]; then echo "$binary"; exit 0; fi
if command -v promtool; then exit 0; fi

command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "promtool: no apt on this machine" >&2; exit 1; }
sources=/etc/apt/sources.list.d/debian.sources
[[ -r $sources ]] || { echo "promtool: no $sources" >&2; exit 1; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$dir" "$work"/lists/partial "$work"/cache/archives/partial "$work"/debs
# The first stanza of the machine's own sources: its own release has the package.
awk -v RS= 'NR==1' "$sources" > "$work"/machine.sources
apt=(apt-get -qq -o Dir::Etc::sourcelist="$work"/machine.sources -o Dir::Etc::sourceparts=/dev/null
     -o Dir::State::lists="$work"/lists -o Dir::Cache="$work"/cache -o APT::Sandbox::User=root)
"${apt[@]}" update >&2
(cd "$work"/debs && "${apt[@]}" download prometheus >&2 && dpkg --fsys-tarfile prometheus_*.deb | tar -x -C "$dir" ./usr/bin/promtool)
[[ -x $binary ]] || { echo "promtool: the package holds none" >&2; exit 1; }
echo "$binary"
