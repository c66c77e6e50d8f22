#!/usr/bin/env bash
# Measures this server against the reference nats-server (Go) in one run and prints a Markdown table; see docs/BENCHMARKS.md.
# usage: ./bench.sh [--quick] [--cases a,b] [--rounds N] [--seconds S] [--strict] [--ours PATH] [--ours-args "..."] [--log FILE]
#        ./bench.sh store [--quick] [--cases a,b] [--rounds N] [--directory DIR]     the message store by itself
#        ./bench.sh scale [--streams N] [--consumers N] [--subjects N]               10,000 streams, 100,000 consumers, 10 million subjects, both servers
#        ./bench.sh scrape [--connections N] [--streams N] [--rounds N] [--seconds S]  what looking at 10,000 connections and 10,000 streams costs, both servers
#        ./bench.sh soak [--seconds S] [--address IP:PORT [--pid N] [--monitor HOST:PORT]]   mixed load for an hour, on ours or on a server that runs
# Builds the server if it is missing or older than its source. About 7 minutes; --quick 2. Every run's figures go to artifacts/bench/runs.log.
set -euo pipefail
root=$(cd "$(dirname "$0")" && pwd)
cd "$root"

if [[ ${1:-} == store ]]; then
  shift
  echo "Building the measurements of the store" >&2
  dotnet build bench/NATS.Server.StoreBench -c Release -v q -nologo >&2
  reference=()
  if path=$(scripts/get-nats-server.sh); then reference=(--reference "$path"); else echo "No reference nats-server on this machine: measuring ours alone" >&2; fi
  exec artifacts/bin/NATS.Server.StoreBench/release/NATS.Server.StoreBench ${reference[@]+"${reference[@]}"} "$@"
fi

command=pairs
if [[ ${1:-} == scale || ${1:-} == scrape || ${1:-} == soak ]]; then command=$1; shift; fi
ours=$root/artifacts/bin/nats-server
log=$root/artifacts/bench/runs.log
pass=()
while (($#)); do
  case $1 in
    --ours) ours=$(realpath "$2"); given=1; shift 2 ;;
    --log) log=$(realpath -m "$2"); shift 2 ;;
    *) pass+=("$1"); shift ;;
  esac
done

if [[ -z ${given:-} ]]; then
  if [[ ! -x $ours ]] || [[ -n $(find src build.sh Directory.Build.props Directory.Packages.props global.json -newer "$ours" -type f -print -quit) ]]; then
    echo "Building the server" >&2
    ./build.sh >&2
  fi
fi
[[ -x $ours ]] || { echo "no server at $ours" >&2; exit 1; }

echo "Building the load generator" >&2
dotnet build bench/NATS.Server.Bench -c Release -v q -nologo >&2

reference=()
if path=$(scripts/get-nats-server.sh); then
  reference=(--reference "$path")
else
  echo "No reference nats-server on this machine: measuring ours alone" >&2
fi

generator=artifacts/bin/NATS.Server.Bench/release/nats-loadgen
case $command in
  scale | scrape) exec "$generator" "$command" --ours "$ours" ${reference[@]+"${reference[@]}"} ${pass[@]+"${pass[@]}"} ;;
  soak)
    if [[ " ${pass[*]-} " == *" --address "* ]]; then exec "$generator" soak "${pass[@]}"; fi
    exec "$generator" soak --server "$ours" ${pass[@]+"${pass[@]}"} ;;
esac

mkdir -p "$(dirname "$log")"
exec "$generator" pairs --ours "$ours" ${reference[@]+"${reference[@]}"} --log "$log" ${pass[@]+"${pass[@]}"}
