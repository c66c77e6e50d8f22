// Consumers: their management, the ways to take messages, acknowledging, redelivery.
import { api, collect, createInbox, deferred, delivered, fill, headersOf, mask, nanos, outcome, print, pull, replies, start, take, until } from "./common.mjs";

const prepared = async (count = 10, config = {}, subjectOf = (i) => `s.${i % 3}`) => {
  const all = await start();
  await all.jsm.streams.add({ name: "S", subjects: ["s.*"], ...config });
  await fill(all.js, count, subjectOf);
  return all;
};

const standing = ({ delivered: d, ack_floor, num_ack_pending, num_redelivered, num_waiting, num_pending }) => ({ delivered: d, ack_floor, num_ack_pending, num_redelivered, num_waiting, num_pending });

export default {
  async "consumer-manage"() {
    const { nc, jsm } = await prepared();
    print(await jsm.consumers.add("S", { durable_name: "a", ack_policy: "explicit" }));
    print(await jsm.consumers.add("S", { durable_name: "a", ack_policy: "explicit" }), await outcome(() => jsm.consumers.add("S", { durable_name: "a", ack_policy: "none" })));
    print(await jsm.consumers.add("S", {
      durable_name: "b", description: "all fields", ack_policy: "explicit", deliver_policy: "by_start_sequence", opt_start_seq: 4, ack_wait: nanos(5000), max_deliver: 5, filter_subjects: ["s.0", "s.1"],
      replay_policy: "instant", sample_freq: "50%", max_waiting: 7, max_ack_pending: 20, headers_only: true, max_batch: 30, max_expires: nanos(60000), max_bytes: 4096,
      inactive_threshold: nanos(600000), backoff: [nanos(1000), nanos(2000)], num_replicas: 1, mem_storage: true, metadata: { k: "v" },
    }));
    print(await jsm.consumers.add("S", { durable_name: "p", ack_policy: "all", deliver_subject: "out", deliver_group: "g", rate_limit_bps: 100000 }));
    print(await collect(jsm.consumers.list("S")));
    print(await jsm.consumers.update("S", "a", { description: "changed", max_ack_pending: 5, filter_subject: "s.1" }));
    print(await outcome(() => api(nc, "CONSUMER.CREATE.S.a", { stream_name: "S", action: "create", config: { durable_name: "a", name: "a", ack_policy: "explicit" } })));
    print(await outcome(() => api(nc, "CONSUMER.CREATE.S.z", { stream_name: "S", action: "update", config: { name: "z", ack_policy: "explicit" } })));
    for (const wrong of [{ filter_subject: "other" }, { backoff: [1, 2], max_deliver: 1 }, { deliver_policy: "by_start_sequence" }, { filter_subjects: ["s.*", "s.1"] }, { max_waiting: -5, durable_name: "w" },
      { deliver_subject: "s.1" }, { deliver_subject: "o", max_waiting: 3 }, { ack_wait: -1 }, { flow_control: true, deliver_subject: "o" }, { num_replicas: 3 }, { sample_freq: "x%" }]) {
      print(wrong, await outcome(() => jsm.consumers.add("S", { ack_policy: "explicit", durable_name: "w", ...wrong })));
    }
    print(await jsm.consumers.pause("S", "a", new Date("2099-01-01T00:00:00Z")), (await jsm.consumers.info("S", "a")).paused, await jsm.consumers.resume("S", "a"));
    print(await jsm.consumers.delete("S", "a"), await outcome(() => jsm.consumers.info("S", "a")), await outcome(() => jsm.consumers.delete("S", "a")), await outcome(() => jsm.consumers.info("NOBODY", "a")));
    print(await api(nc, "CONSUMER.NAMES.S", {}), (await jsm.streams.info("S")).state.consumer_count);
    await nc.close();
  },

  async "fetch"() {
    const { nc, jsm, js } = await prepared(20);
    await jsm.consumers.add("S", { durable_name: "f", ack_policy: "explicit" });
    const consumer = await js.consumers.get("S", "f");
    const first = await collect(await consumer.fetch({ max_messages: 5, expires: 5000 }));
    print(first.map(delivered));
    for (const message of first) message.ack();
    print((await collect(await consumer.fetch({ max_messages: 100, expires: 1000 }))).map((message) => [message.seq, message.info.pending]));
    print(standing(await consumer.info()), await collect(await consumer.fetch({ max_messages: 1, expires: 1000 })));
    await fill(js, 5, () => "s.9");
    print((await collect(await consumer.fetch({ max_bytes: 1000, expires: 1000 }))).map((message) => message.seq));
    await nc.close();
  },

  async "next"() {
    const { nc, jsm, js } = await prepared(3);
    await jsm.consumers.add("S", { durable_name: "n", ack_policy: "explicit" });
    const consumer = await js.consumers.get("S", "n");
    for (let i = 0; i < 3; i++) {
      const message = await consumer.next({ expires: 2000 });
      print(delivered(message), await message.ackAck());
    }
    print(await consumer.next({ expires: 1000 }), standing(await consumer.info()));
    const waiting = consumer.next({ expires: 5000 });
    await js.publish("s.late", "late");
    print(delivered(await waiting));
    await nc.close();
  },

  async "consume"() {
    const { nc, jsm, js } = await prepared(3000);
    await jsm.consumers.add("S", { durable_name: "c", ack_policy: "explicit", max_ack_pending: 100 });
    const consumer = await js.consumers.get("S", "c");
    const seen = [];
    for await (const message of await consumer.consume({ max_messages: 250 })) {
      seen.push(message.seq);
      message.ack();
      if (seen.length === 3000) break;
    }
    print(seen.every((seq, i) => seq === i + 1));
    print(standing(await until(() => jsm.consumers.info("S", "c"), (info) => info.num_ack_pending === 0 && info.num_waiting === 0, "all acknowledgements")));
    const live = deferred();
    const again = await consumer.consume({ callback: (message) => live.resolve(delivered(message)) });
    await js.publish("s.live", "live");
    print(await live);
    await again.close();
    await nc.close();
  },

  async "consume-bytes"() {
    const { nc, jsm, js } = await prepared(0);
    await fill(js, 200, () => "s.1");
    await jsm.consumers.add("S", { durable_name: "c", ack_policy: "none" });
    const messages = await (await js.consumers.get("S", "c")).consume({ max_bytes: 2048, expires: 2000 });
    print((await take(messages, 200)).every((message, i) => message.seq === i + 1));
    await nc.close();
  },

  async "ordered"() {
    const { nc, jsm, js } = await prepared(500);
    const all = await js.consumers.get("S");
    print((await take(await all.consume(), 500)).every((message, i) => message.seq === i + 1));
    const part = await js.consumers.get("S", { filter_subjects: ["s.1", "s.2"], opt_start_seq: 400, deliver_policy: "by_start_sequence" });
    print((await take(await part.consume(), 20)).map((message) => [message.seq, message.subject]));
    const last = await js.consumers.get("S", { deliver_policy: "last_per_subject", filter_subjects: "s.*" });
    print((await collect(await last.fetch({ max_messages: 3, expires: 2000 }))).map((message) => [message.seq, message.subject]));
    const restarted = await js.consumers.get("S", { headers_only: true });
    const messages = await restarted.consume({ max_messages: 50, expires: 2000, idle_heartbeat: 500 });
    const seen = [];
    for await (const message of messages) {
      seen.push([message.seq, message.data.length, message.headers?.get("Nats-Msg-Size")]);
      if (seen.length === 60) {
        const names = await collect(jsm.consumers.list("S"));
        for (const info of names) if (info.config.headers_only) await jsm.consumers.delete("S", info.name);
      }
      if (seen.length === 500) break;
    }
    print(seen.every(([seq], i) => seq === i + 1), seen[0], seen[499]);
    await nc.close();
  },

  async "deliver-policies"() {
    const { nc, jsm, js } = await prepared(10);
    const get = async (config, count) => {
      const info = await jsm.consumers.add("S", { ack_policy: "none", inactive_threshold: nanos(60000), ...config });
      mask(info.name, "consumer");
      const consumer = await js.consumers.get("S", info.name);
      print(config, info.num_pending, info.delivered, (await collect(await consumer.fetch({ max_messages: count, expires: 2000 }))).map((message) => [message.seq, message.subject, message.info.pending, message.info.deliverySequence]));
    };
    await get({ deliver_policy: "all" }, 10);
    await get({ deliver_policy: "last" }, 1);
    await get({ deliver_policy: "last", filter_subject: "s.1" }, 1);
    await get({ deliver_policy: "last_per_subject", filter_subject: "s.*" }, 3);
    await get({ deliver_policy: "last_per_subject", filter_subjects: ["s.1", "s.2"] }, 2);
    await get({ deliver_policy: "by_start_sequence", opt_start_seq: 7 }, 4);
    await get({ deliver_policy: "by_start_sequence", opt_start_seq: 7, filter_subject: "s.0" }, 1);
    await get({ deliver_policy: "by_start_time", opt_start_time: "2020-01-01T00:00:00Z" }, 10);
    const fresh = await jsm.consumers.add("S", { durable_name: "new", ack_policy: "none", deliver_policy: "new" });
    print(fresh.num_pending, fresh.delivered);
    await js.publish("s.1", "new");
    print((await collect(await (await js.consumers.get("S", "new")).fetch({ max_messages: 1, expires: 2000 }))).map(delivered));
    await nc.close();
  },

  async "ack-kinds"() {
    const { nc, jsm, js } = await prepared(8);
    await jsm.consumers.add("S", { durable_name: "k", ack_policy: "explicit", ack_wait: nanos(2000) });
    const consumer = await js.consumers.get("S", "k");
    const advisories = nc.subscribe("$JS.EVENT.ADVISORY.CONSUMER.*.S.k");
    const messages = await collect(await consumer.fetch({ max_messages: 8, expires: 5000 }));
    print(await messages[0].ackAck());
    messages[1].nak();
    messages[1] = await consumer.next({ expires: 2000 });
    print(delivered(messages[1]));
    messages[2].nak(300);
    messages[3].term("never again");
    messages[4].term();
    messages[5].working();
    await nc.flush();
    const again = await consumer.next({ expires: 5000 });
    print(delivered(again), await again.ackAck());
    for (const index of [1, 5, 6, 7]) print(messages[index].seq, await messages[index].ackAck());
    print(await outcome(async () => (await nc.request(messages[0].reply, "+ACK", { timeout: 300 })).string()));
    for (const message of await take(advisories, 4)) {
      const { type, stream, consumer_seq, stream_seq, deliveries, reason } = message.json();
      print(message.subject, type, stream, consumer_seq, stream_seq, deliveries, reason);
    }
    print(standing(await until(() => consumer.info(), (info) => info.num_ack_pending === 0, "all acknowledgements")));
    await nc.close();
  },

  async "ack-next"() {
    const { nc, jsm } = await prepared(6);
    await jsm.consumers.add("S", { durable_name: "n", ack_policy: "explicit" });
    const inbox = createInbox();
    const sub = nc.subscribe(inbox);
    nc.publish("$JS.API.CONSUMER.MSG.NEXT.S.n", "1", { reply: inbox });
    const [first] = await take(nc.subscribe("unused"), 0).then(() => take(sub, 1));
    const ask = createInbox();
    const answers = nc.subscribe(ask);
    nc.publish(first.reply, "+NXT", { reply: ask });
    const [second] = await take(answers, 1);
    print(first.string(), second.string());
    const many = createInbox();
    const rest = nc.subscribe(many);
    nc.publish(second.reply, '+NXT {"batch": 3, "no_wait": true}', { reply: many });
    print((await take(rest, 3)).map((message) => message.string()));
    print(standing(await jsm.consumers.info("S", "n")));
    await nc.close();
  },

  async "ack-all"() {
    const { nc, jsm, js } = await prepared(10);
    await jsm.consumers.add("S", { durable_name: "all", ack_policy: "all" });
    const consumer = await js.consumers.get("S", "all");
    const messages = await collect(await consumer.fetch({ max_messages: 10, expires: 5000 }));
    print(await messages[6].ackAck(), standing(await consumer.info()), await messages[9].ackAck(), standing(await consumer.info()));
    await nc.close();
  },

  async "redelivery"() {
    const { nc, jsm, js } = await prepared(3);
    await jsm.consumers.add("S", { durable_name: "r", ack_policy: "explicit", ack_wait: nanos(300), max_deliver: 3 });
    const advisories = nc.subscribe("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.r");
    const consumer = await js.consumers.get("S", "r");
    const seen = [];
    for await (const message of await consumer.consume({ expires: 2000 })) {
      seen.push([message.seq, message.info.deliveryCount, message.info.deliverySequence, message.redelivered]);
      if (seen.length === 9) break;
    }
    print(seen);
    print((await take(advisories, 3)).map((message) => message.json()).map(({ type, stream, consumer: name, stream_seq, deliveries }) => [type, stream, name, stream_seq, deliveries]).sort((a, b) => a[3] - b[3]));
    print(standing(await until(() => consumer.info(), (info) => info.num_waiting === 0, "the end of the request")));
    await nc.close();
  },

  async "backoff"() {
    const { nc, jsm, js } = await prepared(1);
    await jsm.consumers.add("S", { durable_name: "b", ack_policy: "explicit", backoff: [nanos(100), nanos(400), nanos(800)], max_deliver: 4 });
    const consumer = await js.consumers.get("S", "b");
    const seen = [];
    // Well below what is configured, since a message may have been on its way for long; well above what the wait before was.
    let before = 0;
    for await (const message of await consumer.consume({ expires: 5000 })) {
      const now = Date.now();
      seen.push([message.info.deliveryCount, before === 0 ? "first" : now - before >= [0, 50, 250, 550][message.info.deliveryCount - 1]]);
      before = now;
      if (seen.length === 4) break;
    }
    print(seen);
    await nc.close();
  },

  async "max-ack-pending"() {
    const { nc, jsm, js } = await prepared(10);
    await jsm.consumers.add("S", { durable_name: "m", ack_policy: "explicit", max_ack_pending: 3 });
    const consumer = await js.consumers.get("S", "m");
    const messages = await collect(await consumer.fetch({ max_messages: 10, expires: 1000 }));
    print(messages.map((message) => message.seq), standing(await consumer.info()));
    for (const message of messages) await message.ackAck();
    print((await collect(await consumer.fetch({ max_messages: 2, expires: 2000 }))).map((message) => message.seq));
    await nc.close();
  },

  async "ephemeral"() {
    const { nc, jsm } = await prepared(1);
    const info = await jsm.consumers.add("S", { ack_policy: "none", inactive_threshold: nanos(300) });
    mask(info.name, "ephemeral");
    print(info, info.name.length);
    const gone = await until(() => outcome(() => jsm.consumers.info("S", info.name)), (answer) => answer.error, "the end of the idle consumer");
    print(gone);
    await nc.close();
  },

  async "push"() {
    const { nc, jsm, js } = await prepared(50);
    await jsm.consumers.add("S", { durable_name: "p", ack_policy: "explicit", deliver_subject: createInbox(), idle_heartbeat: nanos(500), flow_control: true });
    const consumer = await js.consumers.getPushConsumer("S", "p");
    const seen = [];
    const messages = await consumer.consume();
    for await (const message of messages) {
      seen.push(message.seq);
      message.ack();
      if (seen.length === 50) break;
    }
    print(seen.every((seq, i) => seq === i + 1));
    print(standing(await until(() => jsm.consumers.info("S", "p"), (now) => now.num_ack_pending === 0, "all acknowledgements")));
    const ordered = await js.consumers.getPushConsumer("S");
    print((await take(await ordered.consume(), 50)).every((message, i) => message.seq === i + 1));
    await nc.close();
  },

  async "push-queue"() {
    const { nc, jsm, js } = await prepared(0);
    const subject = "deliver.here";
    const counts = [0, 0];
    const all = deferred();
    for (const i of [0, 1]) {
      nc.subscribe(subject, {
        queue: "g",
        callback: (_, message) => {
          counts[i]++;
          message.respond("+ACK");
          if (counts[0] + counts[1] === 200) all.resolve();
        },
      });
    }
    print((await jsm.consumers.add("S", { durable_name: "q", ack_policy: "explicit", deliver_subject: subject, deliver_group: "g" })).push_bound);
    await fill(js, 200, () => "s.1");
    await all;
    print(counts[0] + counts[1], counts.every((count) => count > 20));
    print(standing(await until(() => jsm.consumers.info("S", "q"), (now) => now.num_ack_pending === 0, "all acknowledgements")), (await jsm.consumers.info("S", "q")).push_bound);
    await nc.close();
  },

  async "push-waits-for-interest"() {
    const { nc, jsm } = await prepared(5);
    print((await jsm.consumers.add("S", { durable_name: "w", ack_policy: "none", deliver_subject: "out.w" })).push_bound, standing(await jsm.consumers.info("S", "w")));
    const sub = nc.subscribe("out.w");
    print((await take(sub, 5)).map((message) => message.string()));
    const beats = nc.subscribe("out.h");
    await jsm.consumers.add("S", { durable_name: "h", ack_policy: "none", deliver_policy: "new", deliver_subject: "out.h", idle_heartbeat: nanos(200) });
    const [beat] = await take(beats, 1);
    print(headersOf(beat.headers));
    await nc.close();
  },

  async "pull-statuses"() {
    const { nc, jsm } = await prepared(3);
    await jsm.consumers.add("S", { durable_name: "p", ack_policy: "explicit", max_waiting: 2, max_batch: 10, max_expires: nanos(5000), max_bytes: 2000 });
    print(await pull(nc, "S", "p", { batch: 5, no_wait: true }));
    print(await pull(nc, "S", "p", { batch: 1, no_wait: true }), await pull(nc, "S", "p", { batch: 2, expires: nanos(200) }), await pull(nc, "S", "p", { batch: 2, expires: nanos(700), idle_heartbeat: nanos(200) }));
    print(await pull(nc, "S", "p", { batch: 11 }), await pull(nc, "S", "p", { batch: 1, expires: nanos(9000) }), await pull(nc, "S", "p", { batch: 1, max_bytes: 9000 }), await pull(nc, "S", "p", { batch: 1, expires: nanos(1000), idle_heartbeat: nanos(900) }));
    print(await pull(nc, "S", "p", "{"), await pull(nc, "S", "p", { batch: -1, no_wait: true }), await pull(nc, "S", "p", { batch: 1, no_wait: true, group: "g" }));
    const ask = (request) => {
      const inbox = createInbox();
      const sub = nc.subscribe(inbox);
      nc.publish("$JS.API.CONSUMER.MSG.NEXT.S.p", JSON.stringify(request), { reply: inbox });
      return sub;
    };
    const waiting = [ask({ batch: 1, expires: nanos(5000) }), ask({ batch: 1, expires: nanos(5000) }), ask({ batch: 1, expires: nanos(5000) })];
    print(await replies(waiting[2]));
    await jsm.consumers.delete("S", "p");
    print(await replies(waiting[0]), await replies(waiting[1]));
    await jsm.consumers.add("S", { durable_name: "big", ack_policy: "none" });
    print(await pull(nc, "S", "big", { batch: 3, max_bytes: 10, no_wait: true }), await pull(nc, "S", "big", { batch: 10, max_bytes: 100, expires: nanos(300) }));
    await jsm.consumers.add("S", { durable_name: "push", ack_policy: "none", deliver_subject: "somewhere" });
    print(await pull(nc, "S", "push", { batch: 1, no_wait: true }));
    await nc.close();
  },

  async "priority-groups"() {
    const { nc, jsm } = await prepared(10);
    print((await jsm.consumers.add("S", { durable_name: "o", ack_policy: "explicit", priority_policy: "overflow", priority_groups: ["g"] })).config);
    print(await pull(nc, "S", "o", { batch: 1, no_wait: true }), await pull(nc, "S", "o", { batch: 1, no_wait: true, group: "other" }));
    print(await pull(nc, "S", "o", { batch: 1, expires: nanos(300), group: "g", min_pending: 100 }), await pull(nc, "S", "o", { batch: 1, expires: nanos(300), group: "g", min_pending: 5 }, 1));
    print(await pull(nc, "S", "o", { batch: 1, expires: nanos(300), group: "g", min_ack_pending: 1 }, 1), await pull(nc, "S", "o", { batch: 1, expires: nanos(300), group: "g", min_ack_pending: 50 }));
    await jsm.consumers.add("S", { durable_name: "p", ack_policy: "explicit", priority_policy: "pinned_client", priority_groups: ["g"], priority_timeout: nanos(60000) });
    const pinned = await pull(nc, "S", "p", { batch: 1, expires: nanos(1000), group: "g" }, 1);
    const id = pinned[0].headers.get("Nats-Pin-Id");
    mask(id, "pin");
    print(pinned, await pull(nc, "S", "p", { batch: 1, expires: nanos(300), group: "g" }), await pull(nc, "S", "p", { batch: 1, expires: nanos(1000), group: "g", id }, 1), await pull(nc, "S", "p", { batch: 1, expires: nanos(300), group: "g", id: "wrong" }));
    const info = await jsm.consumers.info("S", "p");
    print(info.priority_groups.map(({ group, pinned_client_id }) => [group, pinned_client_id === id]));
    print(await outcome(() => jsm.consumers.unpin("S", "p", "g")), await outcome(() => jsm.consumers.unpin("S", "p", "none")));
    const next = await pull(nc, "S", "p", { batch: 1, expires: nanos(1000), group: "g" }, 1);
    print(next[0].headers.get("Nats-Pin-Id") !== id, next[0].data);
    await jsm.consumers.add("S", { durable_name: "r", ack_policy: "explicit", deliver_policy: "new", priority_policy: "prioritized", priority_groups: ["g"] });
    const ask = (priority) => {
      const inbox = createInbox();
      const sub = nc.subscribe(inbox);
      nc.publish("$JS.API.CONSUMER.MSG.NEXT.S.r", JSON.stringify({ batch: 1, expires: nanos(2000), group: "g", priority }), { reply: inbox });
      return replies(sub, 1);
    };
    const waiting = [ask(3), ask(1), ask(0)];
    await nc.flush();
    for (let i = 0; i < 3; i++) nc.publish("s.1", `p${i}`);
    print(await Promise.all(waiting));
    await nc.close();
  },

  async "pause"() {
    const { nc, jsm, js } = await prepared(3);
    await jsm.consumers.add("S", { durable_name: "p", ack_policy: "explicit", pause_until: "2099-01-01T00:00:00Z" });
    const consumer = await js.consumers.get("S", "p");
    print((await consumer.info()).paused, await collect(await consumer.fetch({ max_messages: 3, expires: 1000 })));
    const waiting = consumer.next({ expires: 5000 });
    await nc.flush();
    print(await jsm.consumers.resume("S", "p"), delivered(await waiting));
    await nc.close();
  },

  async "headers-only"() {
    const { nc, jsm, js } = await prepared(3);
    await jsm.consumers.add("S", { durable_name: "h", ack_policy: "none", headers_only: true });
    print((await collect(await (await js.consumers.get("S", "h")).fetch({ max_messages: 3, expires: 2000 }))).map(delivered));
    await nc.close();
  },

  async "filters"() {
    const { nc, jsm, js } = await prepared(0);
    await fill(js, 100, (i) => `s.${i % 10}`);
    await jsm.consumers.add("S", { durable_name: "f", ack_policy: "explicit", filter_subjects: ["s.3", "s.7"] });
    const consumer = await js.consumers.get("S", "f");
    const fetched = await collect(await consumer.fetch({ max_messages: 6, expires: 2000 }));
    print(standing(await consumer.info()), fetched.map((message) => [message.seq, message.info.pending]));

    // With messages of the other filter pending the reference moves the floor of the consumer over them.
    for (const message of fetched) await message.ackAck();
    await jsm.streams.purge("S", { filter: "s.7" });
    print(standing(await consumer.info()));
    await jsm.streams.deleteMessage("S", 93);
    print(standing(await consumer.info()));
    await jsm.consumers.update("S", "f", { filter_subjects: ["s.3", "s.8"] });
    print(standing(await consumer.info()), (await collect(await consumer.fetch({ max_messages: 5, expires: 2000 }))).map((message) => message.seq));
    await nc.close();
  },

  async "samples"() {
    const { nc, jsm, js } = await prepared(2);
    await jsm.consumers.add("S", { durable_name: "a", ack_policy: "explicit", sample_freq: "100%" });
    const metrics = nc.subscribe("$JS.EVENT.METRIC.CONSUMER.ACK.S.a");
    for await (const message of await (await js.consumers.get("S", "a")).fetch({ max_messages: 2, expires: 2000 })) message.ack();
    for (const metric of await take(metrics, 2)) print(metric.json());
    await nc.close();
  },

  async "reset"() {
    const { nc, jsm, js } = await prepared(10);
    await jsm.consumers.add("S", { durable_name: "r", ack_policy: "explicit" });
    const consumer = await js.consumers.get("S", "r");
    for await (const message of await consumer.fetch({ max_messages: 5, expires: 2000 })) if (message.seq < 4) await message.ackAck();
    print(standing(await consumer.info()));
    const again = await jsm.consumers.reset("S", "r");
    print(again.reset_seq, standing(again), (await consumer.next({ expires: 2000 })).seq);
    const to = await jsm.consumers.reset("S", "r", 2);
    print(to.reset_seq, standing(to), (await consumer.next({ expires: 2000 })).seq, await outcome(() => nc.request("$JS.API.CONSUMER.RESET.S.none", "", { timeout: 300 })));
    await nc.close();
  },

  async "advisories"() {
    const { nc, jsm, js } = await start();
    const sub = nc.subscribe("$JS.EVENT.ADVISORY.>");
    await nc.flush();
    await jsm.streams.add({ name: "S", subjects: ["s.*"] });
    await jsm.streams.update("S", { max_msgs: 5 });
    await jsm.consumers.add("S", { durable_name: "c", ack_policy: "explicit" });
    await jsm.consumers.pause("S", "c", new Date("2099-01-01T00:00:00Z"));
    await jsm.consumers.delete("S", "c");
    await js.publish("s.1", "x");
    await jsm.streams.purge("S");
    await outcome(() => jsm.streams.add({ name: "T", subjects: ["s.*"] }));
    await jsm.streams.delete("S");
    await nc.flush();
    const all = (await take(sub, 13)).map((message) => [message.subject, message.json()]);
    // The audits of requests come from elsewhere in the server than what the requests led to: each in its own order.
    const isAudit = ([subject]) => subject.endsWith(".API");
    for (const [subject, body] of [...all.filter((each) => !isAudit(each)), ...all.filter(isAudit)]) {
      delete body.client;
      for (const field of ["request", "response"]) if (typeof body[field] === "string" && body[field].startsWith("{")) body[field] = JSON.parse(body[field]);
      print(subject, body);
    }
    await nc.close();
  },
};
