// The official JavaScript implementation of nkeys as a partner: reads requests, one JSON value per line, and answers each with a line. Bytes are hexadecimal.
import { createInterface } from "node:readline";
import nkeys from "@nats-io/nkeys";

const { createPair, fromPublic, fromSeed } = nkeys;
const text = new TextEncoder();
const bytes = (hexadecimal) => new Uint8Array(Buffer.from(hexadecimal, "hex"));
const hex = (array) => Buffer.from(array).toString("hex");
const describe = (pair) => ({ seed: Buffer.from(pair.getSeed()).toString(), public: pair.getPublicKey() });

const operations = {
  create: ({ role }) => describe(createPair(role.charCodeAt(0) - 65 << 3)),
  read: ({ seed }) => describe(fromSeed(text.encode(seed))),
  sign: ({ seed, message }) => ({ signature: hex(fromSeed(text.encode(seed)).sign(bytes(message))) }),
  verify: ({ public: key, message, signature }) => ({ verified: fromPublic(key).verify(bytes(message), bytes(signature)) }),
  seal: ({ seed, recipient, nonce, message }) => ({ sealed: hex(fromSeed(text.encode(seed)).seal(bytes(message), recipient, nonce && bytes(nonce))) }),
  open: ({ seed, sender, sealed }) => {
    const message = fromSeed(text.encode(seed)).open(bytes(sealed), sender);
    return { message: message === null ? null : hex(message) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = operations[request.operation](request);
  } catch (error) {
    answer = { error: error.message };
  }

  console.log(JSON.stringify(answer));
}
