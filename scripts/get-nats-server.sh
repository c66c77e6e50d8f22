#!/usr/bin/env bash
# Puts the reference nats-server (Go), the oracle of the interoperability tests, into a folder without installing it, and prints its path.
# usage: scripts/get-nats-server.sh [DIR]      DIR: where to keep it (default: artifacts/reference)
# A nats-server 2.15 on PATH that is not ours serves too. Without apt (or without a network) it prints nothing and ends with status 1:
# tests that need it then skip themselves and say so.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$root/artifacts/reference}
binary=$dir/usr/sbin/nats-server

is_reference() { # a 2.15 server whose --version is the reference's, and which is not a build of this project
  [[ -x $1 ]] && [[ $("$1" --version 2>/dev/null) == "nats-server: v2.15."* ]] && ! grep -qa 'NATS.Server.Core' "$1"
}

if [[ -n ${NATS_REFERENCE:-} ]] && is_reference "$NATS_REFERENCE"; then echo "$NATS_REFERENCE"; exit 0; fi
if is_reference "$binary"; then echo "$binary"; exit 0; fi
if on_path=$(command -v nats-server) && is_reference "$on_path"; then echo "$on_path"; exit 0; fi

command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "reference nats-server: no apt on this machine" >&2; exit 1; }
sources=/etc/apt/sources.list.d/debian.sources
[[ -r $sources ]] || { echo "reference nats-server: no $sources" >&2; exit 1; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$dir" "$work"/lists/partial "$work"/cache/archives/partial "$work"/debs
# The first stanza of the machine's own sources, with the suite that carries 2.15.
awk -v RS= 'NR==1' "$sources" | sed -E "s/^Suites:.*/Suites: sid/" > "$work"/reference.sources
apt=(apt-get -qq -o Dir::Etc::sourcelist="$work"/reference.sources -o Dir::Etc::sourceparts=/dev/null
     -o Dir::State::lists="$work"/lists -o Dir::Cache="$work"/cache -o APT::Sandbox::User=root)
"${apt[@]}" update >&2
(cd "$work"/debs && "${apt[@]}" download nats-server >&2 && dpkg -x nats-server_*.deb "$dir")
is_reference "$binary" || { echo "reference nats-server: the package holds no 2.15" >&2; exit 1; }
echo "$binary"
