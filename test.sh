#!/usr/bin/env bash
# Sets up what the tests need and runs all of them. The last line is 'N passed, N failed, N skipped'; the exit code says whether all passed.
# usage: ./test.sh [SUITE...]      SUITE: part of a suite's name, for example Unit; default: all
# What this machine cannot have (the reference server, npm, a C compiler, the C client) is said once here; the tests that need it skip themselves.
# CONFIGURATION=Release builds and tests without debug assertions.
set -uo pipefail
cd "$(dirname "$0")"
exec </dev/null
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
configuration=${CONFIGURATION:-Debug}
output=$(echo "$configuration" | tr '[:upper:]' '[:lower:]')
suites=(NATS.Server.UnitTests NATS.Server.ServerTests NATS.Server.InteropTests)
suite_seconds=900
fuzz_seconds=15
passed=0 failed=0 skipped=0

say() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
wanted() { # no arguments: everything
  [[ $# -eq 1 ]] && return 0
  local suite=$1; shift
  for part; do [[ $suite == *"$part"* ]] && return 0; done
  return 1
}
finish() {
  say "done"
  echo "$passed passed, $failed failed, $skipped skipped"
  exit $((failed > 0))
}

say "build ($configuration)"
if ! dotnet build NatsServer.slnx -c "$configuration" -v q; then
  echo "the build failed"
  failed=1
  finish
fi

if wanted NATS.Server.InteropTests "$@"; then
  say "reference server"
  if path=$(timeout 240 scripts/get-nats-server.sh); then
    export NATS_REFERENCE=$path
    echo "$path ($("$path" --version))"
  else
    echo "not available: tests against it are skipped"
  fi

  say "JavaScript client"
  clients=tests/NATS.Server.InteropTests/Clients/node
  if ! command -v npm >/dev/null; then
    echo "no npm: tests of the JavaScript client are skipped"
  elif ! timeout 180 npm ci --prefix "$clients" --no-audit --no-fund --loglevel=error; then
    echo "npm ci failed: tests of the JavaScript client are skipped"
  fi

  say "C client"
  have_c_client() { command -v gcc >/dev/null && echo '#include <nats/nats.h>' | gcc -fsyntax-only -x c - 2>/dev/null; }
  if ! have_c_client && command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
    (timeout 120 apt-get -qq -o APT::Sandbox::User=root update && DEBIAN_FRONTEND=noninteractive timeout 180 apt-get -qq -o APT::Sandbox::User=root install -y --no-install-recommends gcc libc6-dev libnats-dev) >/dev/null 2>&1
  fi
  have_c_client && echo "available" || echo "no C compiler or no libnats: tests of the C client are skipped"
fi

number() { sed -nE "s/^ *$1: ([0-9]+)$/\1/p" "$2" | tail -1; }
for suite in "${suites[@]}"; do
  wanted "$suite" "$@" || continue
  say "$suite"
  log=$(mktemp)
  timeout --kill-after=10 $suite_seconds "artifacts/bin/$suite/$output/$suite" --no-progress --timeout "$((suite_seconds - 10))s" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  total=$(number total "$log")
  succeeded=$(number succeeded "$log"); wrong=$(number failed "$log"); left=$(number skipped "$log")
  rm -f "$log"
  if [[ -z $total ]]; then
    echo "$suite ended with status $status and no summary (124: over its $suite_seconds seconds)"
    failed=$((failed + 1))
    continue
  fi
  passed=$((passed + succeeded)); failed=$((failed + wrong)); skipped=$((skipped + left))
  # 8: no test ran. Anything else that is not 0 without a failed test is a failure of the run itself.
  if [[ $status -ne 0 && $wrong -eq 0 ]]; then failed=$((failed + 1)); echo "$suite ended with status $status"; fi
done

if wanted NATS.Server.Fuzz "$@"; then
  say "NATS.Server.Fuzz, smoke run"
  if timeout --kill-after=10 $((fuzz_seconds * 8)) "artifacts/bin/NATS.Server.Fuzz/$output/NATS.Server.Fuzz" --seconds "$fuzz_seconds"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
fi

finish
