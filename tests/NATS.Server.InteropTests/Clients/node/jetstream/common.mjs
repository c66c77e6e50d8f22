// What all scenarios of JetStream share: a connection, waiting, and printing without anything that differs between two runs.
import client from "@nats-io/transport-node";
import stream from "@nats-io/jetstream";

export const { createInbox, deferred, headers, nanos, nuid } = client;
export const { jetstream, jetstreamManager } = stream;

const url = `nats://127.0.0.1:${process.argv[3]}`;
const text = new TextEncoder();

export const open = (options = {}) => client.connect({ servers: url, reconnect: false, ...options });
export const bytes = (value) => text.encode(value);

// A connection with both halves of the JetStream client, closed at the end of the scenario.
export async function start(options = {}) {
  const nc = await open();
  const jsm = await jetstreamManager(nc, options);
  return { nc, jsm, js: jetstream(nc, options) };
}

// Fields that hold a time, a duration that passed, or an identity of the server's or the client's making.
const volatile = new Set([
  "created", "ts", "time", "timestamp", "first_ts", "last_ts", "last_active", "active", "leader_since", "mtime", "pause_remaining", "id", "start", "stop", "rtt", "ack_time",
  "client_id", "nuid", "_nats.ver", "_nats.created", "traffic_account", "raft_group", "peer", "timestampNanos", "inflight", "ver", "version", "host", "nonce", "server_id", "identity",
]);
const masks = new Map();
const identity = /\b[0-9A-Za-z]{22}\b/g;

// Prints a name of the server's or the client's making as what it stands for, from now on.
export function mask(name, as) {
  if (name) masks.set(name, `<${as}>`);
}

// Known names first: a name may be longer than an identity, or hold one.
function hide(value) {
  for (const [name, as] of masks) value = value.replaceAll(name, as);
  return value.replace(identity, (found) => (/\d/.test(found) && /[A-Z]/.test(found) ? "<identity>" : found));
}

export function canonical(value, key = "") {
  if (value === undefined || value === null) return value;
  if (volatile.has(key) && typeof value !== "object") return "<masked>";
  if (value instanceof Date) return "<time>";
  if (value instanceof Uint8Array) return hide(new TextDecoder().decode(value));
  if (typeof value === "string") return hide(value);
  if (typeof value === "bigint") return `${value}`;
  if (Array.isArray(value)) return value.map((item) => canonical(item));
  if (typeof value.keys === "function" && typeof value.values === "function" && typeof value.append === "function") return headersOf(value);
  if (typeof value === "object") {
    const result = {};
    for (const name of Object.keys(value).sort()) result[hide(name)] = canonical(value[name], name);
    return result;
  }
  return value;
}

// The headers of a message, sorted; those that hold a time are masked.
export function headersOf(from) {
  if (!from) return null;
  const result = {};
  if (from.code) result.status = `${from.code} ${from.description}`;
  for (const key of from.keys().sort()) {
    if (/time-stamp|schedule-next/i.test(key)) result[key] = "<time>";
    // The last token says which incarnation of the stream it was.
    else if (key === "Nats-Stream-Source") result[key] = from.get(key).replace(/ \S+$/, " <identity>");
    else result[key] = from.values(key).map(hide).join(", ");
  }
  return result;
}

export const print = (...values) => console.log(JSON.stringify(values.map((value) => canonical(value))));

export async function outcome(action) {
  try {
    return { value: await action() };
  } catch (error) {
    return { error: error.name, message: error.message, code: error.code, status: error.status, cause: error.cause?.message };
  }
}

// A message as a consumer delivered it.
export const delivered = (message) => ({
  subject: message.subject,
  data: message.data.length > 200 ? message.data.length : message.string(),
  headers: headersOf(message.headers),
  count: message.info.deliveryCount,
  stream: message.info.streamSequence,
  consumer: message.info.deliverySequence,
  pending: message.info.pending,
  redelivered: message.redelivered,
});

// A message as it is stored.
export const stored = (message) => message && { subject: message.subject, seq: message.seq, data: message.string(), headers: headersOf(message.header) };

export async function collect(iterator) {
  const all = [];
  for await (const item of iterator) all.push(item);
  return all;
}

export async function take(iterator, count) {
  const taken = [];
  if (count === 0) return taken;
  for await (const item of iterator) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

// Asks again until the answer satisfies: for what the server does by itself.
export async function until(ask, satisfies, what) {
  const end = Date.now() + 20000;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what} did not come: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Publishes count messages "1", "2", ... with the subjects of subjectOf, and waits for every acknowledgement.
export async function fill(js, count, subjectOf) {
  const acks = [];
  for (let i = 1; i <= count; i++) acks.push(js.publish(subjectOf(i), `${i}`));
  return await Promise.all(acks);
}

// One request to the API, answered with JSON: for what the client has no call.
export async function api(nc, subject, request) {
  const reply = await nc.request(`$JS.API.${subject}`, request === undefined ? undefined : JSON.stringify(request), { timeout: 5000 });
  return reply.json();
}

// A pull request as bytes; what came until the first status that ends it, or until count replies.
export async function pull(nc, stream, consumer, request, count = Infinity) {
  const inbox = createInbox();
  const sub = nc.subscribe(inbox);
  nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, typeof request === "string" ? request : JSON.stringify(request), { reply: inbox });
  return await replies(sub, count);
}

export async function replies(sub, count = Infinity) {
  const seen = [];
  for await (const message of sub) {
    if (message.headers?.code === 100) {
      if (!seen.some((item) => item.headers?.code === 100)) seen.push({ headers: message.headers });
    } else if (message.headers?.code && message.data.length === 0 && !message.reply) {
      seen.push({ headers: message.headers });
      break;
    } else seen.push({ subject: message.subject, data: message.string(), headers: message.headers });
    if (seen.length >= count) break;
  }
  return seen;
}
