// Reads tokens, one a line, with the official library, and prints what they say, one JSON value a line. An error becomes {"error": ...}.
import { createInterface } from "node:readline";
import jwt from "@nats-io/jwt";

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(jwt.decode(line)));
  } catch (problem) {
    console.log(JSON.stringify({ error: problem.message }));
  }
}
