#!/usr/bin/env bash
# usage: build.sh [RID]
# Publishes the Release executable for this machine, or for the runtime identifier given, to artifacts/bin/nats-server:
# one file, self-contained, trimmed, compiled ahead of time. Where the runtime packs of the platform cannot be had,
# one file that needs the .NET runtime installed.
set -euo pipefail
cd "$(dirname "$0")"

this_rid() {
  local system machine
  case "$(uname -s)" in
    Linux) system=linux; if ldd /bin/ls 2>/dev/null | grep -q musl; then system=linux-musl; fi ;;
    Darwin) system=osx ;;
    MINGW* | MSYS* | CYGWIN*) system=win ;;
    *) echo "build.sh: unknown system $(uname -s); give the runtime identifier" >&2; exit 1 ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    armv7* | armv6*) machine=arm ;;
    *) machine=$(uname -m) ;;
  esac
  echo "$system-$machine"
}

rid=${1:-$(this_rid)}
project=src/NATS.Server.Host
output=artifacts/publish/NATS.Server.Host/release_$rid
file=nats-server
[[ $rid == win-* ]] && file=nats-server.exe

publish() {
  rm -rf "$output"
  dotnet publish "$project" --configuration Release --runtime "$rid" --output "$output" --verbosity quiet --nologo "$@"
}

echo "build.sh: publishing $project for $rid, self-contained"
if dotnet restore "$project" --runtime "$rid" -p:_IsPublishing=true --verbosity quiet --nologo; then
  publish
else
  echo "build.sh: the runtime packs for $rid do not restore; publishing a file that needs the .NET runtime installed"
  publish -p:NatsFrameworkDependent=true
fi

mkdir -p artifacts/bin
# A running server keeps the file it was started from.
cp "$output/$file" "artifacts/bin/.$file.new"
mv -f "artifacts/bin/.$file.new" "artifacts/bin/$file"
echo "build.sh: artifacts/bin/$file ($(du -h "artifacts/bin/$file" | cut -f1), $("artifacts/bin/$file" --version 2>/dev/null || echo "built for another platform"))"
