// Publishing: acknowledgements, message ids, expectations, rollup, batches.
import stream from "@nats-io/jetstream";
import internal from "@nats-io/jetstream/internal";
import { bytes, collect, deferred, fill, headers, mask, nanos, open, outcome, print, start, stored, until } from "./common.mjs";

export default {
  async "publish"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "P", subjects: ["p.*"] });
    for (let i = 0; i < 3; i++) print(await js.publish("p.a", `${i}`));
    const acks = await fill(js, 2000, (i) => `p.${i % 7}`);
    print(acks.every((ack, i) => ack.seq === i + 4 && ack.stream === "P" && !ack.duplicate), (await jsm.streams.info("P")).state.messages);
    print(await js.publish("p.empty"), await js.publish("p.large", bytes("x".repeat(500000))));
    print((await jsm.streams.getMessage("P", { last_by_subj: "p.large" })).data.length);
    print(await outcome(() => js.publish("nobody.listens", "x", { timeout: 1000, retries: 1 })));
    const sub = nc.subscribe("p.seen");
    const seen = deferred();
    (async () => {
      for await (const message of sub) seen.resolve(message.string());
    })();
    await js.publish("p.seen", "core sees it too");
    print(await seen);
    await nc.close();
  },

  async "publish-many-publishers"() {
    const { nc, jsm } = await start();
    await jsm.streams.add({ name: "P", subjects: ["p.*"] });
    const publishers = [];
    for (let i = 0; i < 8; i++) publishers.push(await open());
    const acks = (await Promise.all(publishers.map((each, i) => fill(stream.jetstream(each), 250, () => `p.${i}`)))).flat();
    print(new Set(acks.map((ack) => ack.seq)).size, (await jsm.streams.info("P", { subjects_filter: ">" })).state);
    for (const each of publishers) await each.close();
    await nc.close();
  },

  async "message-ids"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "P", subjects: ["p"], duplicate_window: nanos(60000) });
    print(await js.publish("p", "1", { msgID: "a" }), await js.publish("p", "2", { msgID: "a" }), await js.publish("p", "3", { msgID: "b" }), await js.publish("p", "4", { msgID: "a" }));
    print(await js.publish("p", "5", { expect: { lastMsgID: "b" } }), await outcome(() => js.publish("p", "6", { expect: { lastMsgID: "zzz" } })));
    print((await jsm.streams.info("P")).state.messages, stored(await jsm.streams.getMessage("P", { seq: 1 })));
    await jsm.streams.purge("P");
    print(await js.publish("p", "7", { msgID: "a" }));
    await jsm.streams.add({ name: "Q", subjects: ["q"], duplicate_window: nanos(100) });
    print(await js.publish("q", "1", { msgID: "a" }));
    const again = await until(() => js.publish("q", "2", { msgID: "a" }), (ack) => !ack.duplicate, "the end of the window");
    print(again);
    await nc.close();
  },

  async "expectations"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "P", subjects: ["p.>"] });
    const put = (subject, expect) => outcome(() => js.publish(subject, "x", { expect }));
    print(await put("p.a", { streamName: "P" }), await put("p.a", { streamName: "Q" }));
    print(await put("p.a", { lastSequence: 1 }), await put("p.a", { lastSequence: 1 }), await put("p.b", { lastSequence: 0 }));
    print(await put("p.b", { lastSubjectSequence: 0 }), await put("p.b", { lastSubjectSequence: 0 }), await put("p.b", { lastSubjectSequence: 3 }), await put("p.a", { lastSubjectSequence: 9 }));
    print(await put("p.c.1", { lastSubjectSequence: 4, lastSubjectSequenceSubject: "p.b" }), await put("p.c.2", { lastSubjectSequence: 5, lastSubjectSequenceSubject: "p.c.*" }));
    const raw = async (pairs) => {
      const sent = headers();
      for (const [key, value] of pairs) sent.set(key, value);
      return await outcome(async () => (await nc.request("p.raw", "x", { headers: sent, timeout: 5000 })).json());
    };
    print(await raw([["Nats-Expected-Last-Subject-Sequence-Subject", "p.b"]]), await raw([["Nats-Expected-Last-Sequence", "x"]]), await raw([["Nats-Expected-Last-Subject-Sequence", "x"]]));
    print(await raw([["Nats-Rollup", "sub"]]), await raw([["Nats-Stream-Source", "x 1 p >"]]), await raw([["Nats-Incr", "1"]]), await raw([["Nats-Batch-Id", "b"], ["Nats-Batch-Sequence", "1"]]));
    print(await raw([["Nats-Schedule", "@every 1s"], ["Nats-Schedule-Target", "p.t"]]), await raw([["Nats-TTL", "5s"]]), await raw([["Nats-Required-Api-Level", "99"]]));
    print((await jsm.streams.info("P")).state);
    await nc.close();
  },

  async "rollup"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "P", subjects: ["p.*"], allow_rollup_hdrs: true });
    await fill(js, 9, (i) => `p.${i % 3}`);
    const roll = async (subject, value) => {
      const sent = headers();
      sent.set("Nats-Rollup", value);
      return await outcome(() => js.publish(subject, "rolled", { headers: sent }));
    };
    print(await roll("p.1", "sub"), (await jsm.streams.info("P", { subjects_filter: ">" })).state);
    print(await roll("p.2", "other"), await roll("p.0", "all"), (await jsm.streams.info("P", { subjects_filter: ">" })).state);
    await nc.close();
  },

  async "no-ack"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "P", subjects: ["p"], no_ack: true });
    nc.publish("p", "1");
    nc.publish("p", "2");
    await nc.flush();
    print((await until(() => jsm.streams.info("P"), (info) => info.state.messages === 2, "the messages")).state);
    print(await outcome(() => js.publish("p", "3", { timeout: 300 })));
    await nc.close();
  },

  async "atomic-batch"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "B", subjects: ["b.*"], allow_atomic: true });
    const batch = await js.startBatch("b.1", "one");
    mask(batch.id, "batch");
    batch.add("b.2", "two");
    await batch.add("b.3", "three", { ack: true });
    print((await jsm.streams.info("B")).state.messages);
    print(await batch.commit("b.4", "four"), (await jsm.streams.info("B", { subjects_filter: ">" })).state);
    print(stored(await jsm.streams.getMessage("B", { seq: 4 })));
    const raw = async (id, sequence, more = {}, data = "x") => {
      const sent = headers();
      sent.set("Nats-Batch-Id", id);
      sent.set("Nats-Batch-Sequence", `${sequence}`);
      for (const key of Object.keys(more)) sent.set(key, more[key]);
      return await outcome(async () => {
        const reply = await nc.request("b.raw", data, { headers: sent, timeout: 5000 });
        return reply.data.length ? reply.json() : "";
      });
    };
    print(await raw("one", 1), await raw("one", 3, { "Nats-Batch-Commit": "1" }), await raw("two", 2), await raw("three", "x"), await raw("x".repeat(65), 1));
    print(await raw("four", 1), await raw("four", 2, { "Nats-Batch-Commit": "nonsense" }), await raw("five", 1, { "Nats-Batch-Commit": "1" }), await raw("six", 1), await raw("six", 2), await raw("six", 3, { "Nats-Batch-Commit": "eob" }));
    print(await raw("seven", 1, { "Nats-Expected-Last-Sequence": "99" }), await raw("seven", 2, { "Nats-Batch-Commit": "1" }));
    print(await raw("eight", 1, { "Nats-Expected-Last-Msg-Id": "a" }), await raw("nine", 1, { "Nats-Msg-Id": "a" }), await raw("nine", 2, { "Nats-Batch-Commit": "1" }));
    print((await jsm.streams.info("B", { subjects_filter: ">" })).state);
    await jsm.streams.add({ name: "C", subjects: ["c"] });
    const sent = headers();
    sent.set("Nats-Batch-Id", "x");
    sent.set("Nats-Batch-Sequence", "1");
    print((await nc.request("c", "x", { headers: sent, timeout: 5000 })).json());
    await nc.close();
  },

  async "fast-batch"() {
    const { nc, jsm } = await start();
    await jsm.streams.add({ name: "F", subjects: ["f.*"], allow_batched: true });
    const ingest = await internal.startFastIngest(nc, "f.0", "0", { allowGaps: false, ackInterval: 10 });
    mask(ingest.batch, "batch");
    for (let i = 1; i < 100; i++) await ingest.add(`f.${i % 5}`, `${i}`);
    print(await ingest.last("f.last", "last"), (await jsm.streams.info("F", { subjects_filter: ">" })).state);
    const second = await internal.startFastIngest(nc, "f.0", "0", { allowGaps: true, ackInterval: 10 });
    mask(second.batch, "batch");
    for (let i = 1; i < 10; i++) await second.add("f.x", `${i}`);
    print(await second.end(), (await jsm.streams.info("F")).state);
    await nc.close();
  },

  // The test ends the server when it reads "restart" and starts another on the same port and store.
  async "restart"() {
    const nc = await open({ reconnect: true, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const jsm = await stream.jetstreamManager(nc);
    const js = stream.jetstream(nc);
    const reconnected = deferred();
    (async () => {
      for await (const status of nc.status()) if (status.type === "reconnect") reconnected.resolve();
    })();
    await jsm.streams.add({ name: "R", subjects: ["r.*"], metadata: { kept: "yes" } });
    await jsm.consumers.add("R", { durable_name: "d", ack_policy: "explicit", ack_wait: nanos(60000) });
    await fill(js, 10, (i) => `r.${i % 2}`);
    await js.publish("r.id", "once", { msgID: "once" });
    for await (const message of await (await js.consumers.get("R", "d")).fetch({ max_messages: 4, expires: 5000 })) if (message.seq !== 2) await message.ackAck();
    console.log('"restart"');
    await reconnected;
    const info = await until(() => outcome(() => jsm.streams.info("R", { subjects_filter: ">" })), (answer) => answer.value, "the stream after the restart");
    print(info.value.state, info.value.config.metadata);
    const consumer = await jsm.consumers.info("R", "d");
    print(consumer.delivered, consumer.ack_floor, consumer.num_ack_pending, consumer.num_pending, consumer.config);
    print(await js.publish("r.id", "twice", { msgID: "once" }));
    const rest = await (await js.consumers.get("R", "d")).fetch({ max_messages: 7, expires: 5000 });
    print((await collect(rest)).map((message) => [message.seq, message.string()]));
    await nc.close();
  },
};
