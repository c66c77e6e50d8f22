// Accounts: their limits, their separation, and the domain of the server.
import { bytes, collect, jetstream, jetstreamManager, open, outcome, print } from "./common.mjs";

const enter = async (user, options = {}) => {
  const nc = await open({ user, pass: user });
  return { nc, jsm: await jetstreamManager(nc, options), js: jetstream(nc, options) };
};

export default {
  async "account-limits"() {
    const { nc, jsm, js } = await enter("a");
    print(await jsm.getAccountInfo());
    print(await outcome(() => jsm.streams.add({ name: "LARGE", subjects: ["large"], max_bytes: 30 << 20 })), await outcome(() => jsm.streams.add({ name: "LARGE", subjects: ["large"], max_bytes: 11 << 20, storage: "memory" })));
    await jsm.streams.add({ name: "ONE", subjects: ["one"], storage: "memory" });
    await jsm.streams.add({ name: "TWO", subjects: ["two"], max_bytes: 1 << 20 });
    print(await outcome(() => jsm.streams.add({ name: "THREE", subjects: ["three"] })));
    for (let i = 0; i < 4; i++) print((await outcome(() => jsm.consumers.add("ONE", { durable_name: `c${i}`, ack_policy: "explicit" }))).error ?? "created");
    print(await outcome(() => jsm.consumers.add("ONE", { durable_name: "c4", ack_policy: "explicit" })));
    for (let i = 1; i <= 12; i++) {
      const done = await outcome(() => js.publish("one", bytes("x".repeat(1000000))));
      if (done.error) {
        print(i, done);
        break;
      }
    }
    const { memory, storage, streams, consumers, reserved_storage } = await jsm.getAccountInfo();
    print({ memory, storage, streams, consumers, reserved_storage });
    await nc.close();
  },

  async "account-separation"() {
    const a = await enter("a");
    const b = await enter("b");
    await a.jsm.streams.add({ name: "S", subjects: ["s.*"] });
    await b.jsm.streams.add({ name: "S", subjects: ["s.*"] });
    print(await a.js.publish("s.1", "of a"), await b.js.publish("s.1", "of b"), await b.js.publish("s.2", "of b"));
    print((await a.jsm.streams.getMessage("S", { last_by_subj: "s.1" })).string(), (await b.jsm.streams.info("S")).state.messages);
    await a.jsm.streams.delete("S");
    print(await collect(a.jsm.streams.names()), await collect(b.jsm.streams.names()));
    print(await outcome(() => enter("c")));
    await a.nc.close();
    await b.nc.close();
  },

  async "domain"() {
    const { nc, jsm, js } = await enter("b", { domain: "hub" });
    print(nc.info.domain, (await jsm.getAccountInfo()).domain);
    await jsm.streams.add({ name: "S", subjects: ["s"] });
    print(await js.publish("s", "x"));
    await jsm.consumers.add("S", { durable_name: "c", ack_policy: "explicit" });
    const message = await (await js.consumers.get("S", "c")).next({ expires: 2000 });
    print(message.info.domain, message.info.stream, await message.ackAck());
    print(await outcome(() => enter("b", { domain: "elsewhere" })));
    await nc.close();
  },
};
