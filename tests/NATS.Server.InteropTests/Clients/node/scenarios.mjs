// What a program does with the official JavaScript client: node scenarios.mjs SCENARIO PORT prints what it saw, one JSON value per line.
// Run against the reference and against our server; both outputs must be equal. Nothing that differs between two runs is printed.
import client from "@nats-io/transport-node";

const { connect, createInbox, deferred, headers, nkeyAuthenticator } = client;

const [, , scenario, port] = process.argv;
const url = `nats://127.0.0.1:${port}`;
const text = new TextEncoder();
const print = (value) => console.log(JSON.stringify(value));
// With TLS the test tells the files of the authority and, for servers that verify clients, of a certificate.
const { TLS_CA: caFile, TLS_CERT: certFile, TLS_KEY: keyFile, TLS_FIRST: first } = process.env;
const tls = caFile ? { tls: { caFile, ...(certFile && { certFile, keyFile }), ...(first && { handshakeFirst: true }) } } : {};
const open = (options = {}) => connect({ servers: url, reconnect: false, ...tls, ...options });

// The next messages of a subscription, in order.
async function take(subscription, count) {
  const taken = [];
  for await (const message of subscription) {
    taken.push(message);
    if (taken.length === count) break;
  }
  return taken;
}

const seen = (message) => ({ subject: message.subject, data: message.string(), reply: message.reply ?? "", sid: message.sid });

// What kind of error it is, and its text where that comes from the server.
async function outcome(action) {
  try {
    return { value: await action() };
  } catch (error) {
    return { error: error.name, message: error.message, cause: error.cause?.message };
  }
}

const scenarios = {
  async "publish-subscribe"() {
    const nc = await open();
    const sub = nc.subscribe("foo.*");
    nc.publish("foo.bar", "one");
    nc.publish("foo.bar", "two", { reply: "back" });
    nc.publish("bar", "three");
    nc.publish("foo.baz");
    print((await take(sub, 3)).map(seen));
    await nc.close();
  },

  async "two-connections"() {
    const a = await open();
    const b = await open();
    const sub = a.subscribe(">");
    await a.flush();
    for (let i = 0; i < 1000; i++) b.publish(`n.${i}`, `${i}`);
    const messages = await take(sub, 1000);
    print(messages.every((message, i) => message.subject === `n.${i}` && message.string() === `${i}`));
    await a.close();
    await b.close();
  },

  async "binary-payload"() {
    const nc = await open();
    const sub = nc.subscribe("bytes");
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    nc.publish("bytes", bytes);
    const [message] = await take(sub, 1);
    print(Array.from(message.data));
    await nc.close();
  },

  async "large-payload"() {
    const nc = await open();
    const sub = nc.subscribe("large");
    const bytes = new Uint8Array(1024 * 1024).map((_, i) => i * 7);
    for (let i = 0; i < 5; i++) nc.publish("large", bytes);
    const messages = await take(sub, 5);
    print(messages.map((message) => message.data.length));
    print(messages.every((message) => message.data.every((byte, i) => byte === bytes[i])));
    await nc.close();
  },

  async "nkey"() {
    // The seeds of 32 ones and of 32 twos.
    const nc = await open({ authenticator: nkeyAuthenticator(text.encode("SUAACAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAN7EY")) });
    const sub = nc.subscribe("a");
    nc.publish("a", "x");
    print((await take(sub, 1)).map(seen));
    await nc.close();
    print(await outcome(() => open({ authenticator: nkeyAuthenticator(text.encode("SUAAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAT6EE")) })));
    print(await outcome(() => open()));
  },

  async "queue-group"() {
    const members = [await open(), await open(), await open()];
    const counts = [0, 0, 0];
    const all = deferred();
    members.forEach((nc, i) => {
      nc.subscribe("work", {
        queue: "workers",
        callback: () => {
          counts[i]++;
          if (counts[0] + counts[1] + counts[2] === 300) all.resolve();
        },
      });
    });
    for (const nc of members) await nc.flush();
    const publisher = await open();
    for (let i = 0; i < 300; i++) publisher.publish("work", `${i}`);
    await publisher.flush();
    await all;
    for (const nc of members) await nc.flush();
    print(counts[0] + counts[1] + counts[2]);
    print(counts.every((count) => count > 30));
    for (const nc of [...members, publisher]) await nc.close();
  },

  async "request"() {
    const nc = await open();
    nc.subscribe("svc.*", { callback: (_, message) => message.respond(`${message.subject}: ${message.string()}`) });
    for (let i = 0; i < 20; i++) print((await nc.request(`svc.${i}`, `q${i}`, { timeout: 5000 })).string());
    print((await nc.request("svc.own", "q", { timeout: 5000, noMux: true })).string());
    await nc.close();
  },

  async "request-many"() {
    const nc = await open();
    for (let i = 0; i < 4; i++) nc.subscribe("all", { callback: (_, message) => message.respond(`${i}`) });
    await nc.flush();
    const replies = [];
    const iterator = await nc.requestMany("all", "q", { strategy: "count", maxMessages: 4, maxWait: 5000 });
    for await (const reply of iterator) replies.push(reply.string());
    print(replies.sort());
    nc.subscribe("stream", {
      callback: (_, message) => {
        for (const part of ["a", "b", "c", ""]) message.respond(part);
      },
    });
    const parts = [];
    for await (const part of await nc.requestMany("stream", "q", { strategy: "sentinel", maxWait: 5000 })) parts.push(part.string());
    print(parts);
    await nc.close();
  },

  async "no-responders"() {
    const nc = await open();
    print(await outcome(() => nc.request("nobody.there", "q", { timeout: 5000 })));
    print(await outcome(() => nc.request("nobody.there", "q", { timeout: 5000, noMux: true })));
    await nc.close();
  },

  async "headers"() {
    const nc = await open();
    const sub = nc.subscribe("h");
    const sent = headers();
    sent.set("Key", "value");
    sent.append("Multi", "1");
    sent.append("Multi", "2");
    sent.set("Empty", "");
    sent.set("Spaced", "a b  c");
    nc.publish("h", "payload", { headers: sent });
    nc.publish("h", undefined, { headers: headers(100, "Working") });
    nc.publish("h", "no headers");
    for (const message of await take(sub, 3)) {
      const h = message.headers;
      print([message.string(), h ? h.keys().map((key) => [key, h.values(key)]) : null, h?.code ?? 0, h?.description ?? ""]);
    }
    await nc.close();
  },

  async "unsubscribe-after-max"() {
    const nc = await open();
    const sub = nc.subscribe("m", { max: 3 });
    for (let i = 0; i < 10; i++) nc.publish("m", `${i}`);
    const got = [];
    for await (const message of sub) got.push(message.string());
    print(got);
    const other = nc.subscribe("m");
    nc.publish("m", "a");
    nc.publish("m", "b");
    await nc.flush();
    other.unsubscribe(2);
    nc.publish("m", "c");
    const rest = [];
    for await (const message of other) rest.push(message.string());
    print(rest);
    await nc.close();
  },

  async "drain"() {
    const nc = await open();
    const sub = nc.subscribe("d");
    for (let i = 0; i < 50; i++) nc.publish("d", `${i}`);
    const drained = sub.drain();
    let count = 0;
    for await (const _ of sub) count++;
    await drained;
    print(count);
    nc.subscribe("e");
    await nc.drain();
    print(nc.isClosed());
    print(await outcome(async () => nc.publish("e")));
  },

  async "no-echo"() {
    const nc = await open({ noEcho: true });
    const other = await open();
    const sub = nc.subscribe("x");
    await nc.flush();
    nc.publish("x", "own");
    await nc.flush();
    other.publish("x", "other");
    print((await take(sub, 1)).map(seen));
    await nc.close();
    await other.close();
  },

  async "server-info"() {
    const nc = await open({ name: "me" });
    const { headers: hasHeaders, max_payload, proto, auth_required, tls_required, jetstream, connect_urls, client_ip, host } = nc.info;
    print({ hasHeaders, max_payload, proto, auth_required, tls_required, jetstream, connect_urls, client_ip, host });
    print((await nc.rtt()) >= 0);
    print(nc.stats().inMsgs);
    await nc.close();
  },

  async "max-payload"() {
    const nc = await open();
    print(await outcome(async () => nc.publish("x", text.encode("x".repeat(nc.info.max_payload + 1)))));
    print(nc.isClosed());
    nc.publish("x", "still works");
    await nc.flush();
    await nc.close();
  },

  async "user-password"() {
    const nc = await open({ user: "a", pass: "secret" });
    await nc.flush();
    print("connected");
    await nc.close();
    print(await outcome(() => open({ user: "a", pass: "wrong" })));
    print(await outcome(() => open({ user: "b", pass: "secret" })));
    print(await outcome(() => open()));
  },

  async "token"() {
    const nc = await open({ token: "tok" });
    await nc.flush();
    print("connected");
    await nc.close();
    print(await outcome(() => open({ token: "other" })));
  },

  async "permissions"() {
    const nc = await open({ user: "a", pass: "a" });
    const errors = [];
    let seenTwo = deferred();
    (async () => {
      for await (const status of nc.status()) {
        if (status.type !== "error") continue;
        errors.push({ name: status.error.name, message: status.error.message, operation: status.error.operation, subject: status.error.subject, queue: status.error.queue });
        if (errors.length === 3) seenTwo.resolve();
      }
    })();
    nc.publish("forbidden", "x");
    await nc.flush();
    const refused = nc.subscribe("forbidden");
    const refusedQueue = nc.subscribe("forbidden", { queue: "q" });
    const ended = [outcome(() => take(refused, 1)), outcome(() => take(refusedQueue, 1))];
    await nc.flush();
    await seenTwo;
    print(errors);
    for (const end of ended) print(await end);
    const sub = nc.subscribe("allowed.*");
    nc.publish("allowed.1", "x");
    print((await take(sub, 1)).map((message) => message.subject));
    await nc.close();
  },

  async "allow-responses"() {
    const service = await open({ user: "service", pass: "s" });
    service.subscribe("q", { callback: (_, message) => message.respond("answer") });
    await service.flush();
    const nc = await open({ user: "a", pass: "a" });
    for (let i = 0; i < 5; i++) print((await nc.request("q", "", { timeout: 5000 })).string());
    await nc.close();
    await service.close();
  },

  // The test ends the server when it reads "restart" and starts another on the same port.
  async "reconnect"() {
    const nc = await open({ reconnect: true, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const sub = nc.subscribe("r");
    const reconnected = deferred();
    const events = [];
    (async () => {
      for await (const status of nc.status()) {
        if (status.type === "disconnect" || status.type === "reconnect") events.push(status.type);
        if (status.type === "reconnect") reconnected.resolve();
      }
    })();
    nc.publish("r", "before");
    print((await take(sub, 1)).map((message) => message.string()));
    const again = nc.subscribe("again");
    await nc.flush();
    print("restart");
    await reconnected;
    print(events);
    nc.publish("again", "after");
    print((await take(again, 1)).map((message) => message.string()));
    await nc.close();
  },

  // The test sends the server the lame duck signal when it reads "lame duck".
  async "lame-duck"() {
    const nc = await open();
    const told = deferred();
    (async () => {
      for await (const status of nc.status()) {
        if (status.type === "ldm") told.resolve();
      }
    })();
    await nc.flush();
    print("lame duck");
    await told;
    print("told");
    nc.publish("x", "still served");
    await nc.flush();
    await nc.close();
  },

  async "many-subscriptions"() {
    const nc = await open();
    const got = new Map();
    const all = deferred();
    let total = 0;
    for (let i = 0; i < 500; i++) {
      nc.subscribe(`s.${i}.*`, {
        callback: (_, message) => {
          got.set(message.subject, (got.get(message.subject) ?? 0) + 1);
          if (++total === 1000) all.resolve();
        },
      });
    }
    nc.subscribe("s.*.x", { callback: () => { if (++total === 1000) all.resolve(); } });
    for (let i = 0; i < 500; i++) nc.publish(`s.${i}.x`);
    await all;
    print([total, got.size]);
    await nc.close();
  },

  // The discovery convention of services: several answer one request, each on its own subjects.
  async "service-discovery"() {
    const nc = await open();
    for (const name of ["one", "two"]) {
      for (const subject of ["$SRV.PING", `$SRV.PING.${name}`]) {
        nc.subscribe(subject, { callback: (_, message) => message.respond(JSON.stringify({ name })) });
      }
      nc.subscribe(`${name}.echo`, { queue: "q", callback: (_, message) => message.respond(message.data) });
    }
    await nc.flush();
    const names = [];
    for await (const reply of await nc.requestMany("$SRV.PING", "", { strategy: "count", maxMessages: 2, maxWait: 5000 })) names.push(reply.json().name);
    print(names.sort());
    print((await nc.request("$SRV.PING.two", "", { timeout: 5000 })).json());
    print((await nc.request("one.echo", "hello", { timeout: 5000 })).string());
    await nc.close();
  },

  async "inbox-prefix"() {
    const nc = await open({ inboxPrefix: "_MY.BOX" });
    nc.subscribe("q", { callback: (_, message) => message.respond(String(message.reply?.startsWith("_MY.BOX."))) });
    print((await nc.request("q", "", { timeout: 5000 })).string());
    print(createInbox("x").startsWith("x."));
    await nc.close();
  },
};

const run = scenarios[scenario];
if (!run) throw new Error(`no scenario ${scenario}`);
await run();
print("end");
process.exit(0);
