#!/usr/bin/env bash
# Writes the C# of JetStream's error catalogue anew from src/NATS.Server.Core/JetStream/Errors/ApiErrors.tsv.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/NATS.Server.UnitTests -v q -nologo
NATS_GENERATE=1 artifacts/bin/NATS.Server.UnitTests/debug/NATS.Server.UnitTests --filter-method "*The_generated_code_is_what_the_data_gives"
