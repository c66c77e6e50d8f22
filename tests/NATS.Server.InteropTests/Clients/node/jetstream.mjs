// What a program does with the official JavaScript client and JetStream: node jetstream.mjs SCENARIO PORT prints what it saw, one JSON value per line.
// Run against the reference and against our server; both outputs must be equal. Nothing that differs between two runs is printed.
import accounts from "./jetstream/accounts.mjs";
import consumers from "./jetstream/consumers.mjs";
import objects from "./jetstream/objects.mjs";
import publish from "./jetstream/publish.mjs";
import streams from "./jetstream/streams.mjs";
import values from "./jetstream/values.mjs";

const scenarios = { ...streams, ...publish, ...consumers, ...values, ...objects, ...accounts };

if (process.argv[2] === "list") {
  for (const name of Object.keys(scenarios)) console.log(name);
} else {
  const run = scenarios[process.argv[2]];
  if (!run) throw new Error(`no scenario ${process.argv[2]}`);
  await run();
  console.log('"end"');
}

process.exit(0);
