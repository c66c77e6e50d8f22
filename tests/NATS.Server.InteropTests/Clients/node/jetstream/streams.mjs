// Streams: their management, limits, retention, copies, and what the server does to messages on their way in.
import { bytes, collect, fill, headers, nanos, outcome, print, start, stored, take, until, api } from "./common.mjs";

const messagesOf = async (jsm, name) => {
  const { state } = await jsm.streams.info(name);
  const all = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage(name, { seq });
    if (message) all.push(stored(message));
  }
  return all;
};

export default {
  async "stream-manage"() {
    const { nc, jsm } = await start();
    print(await jsm.streams.add({ name: "A" }));
    print(await jsm.streams.add({ name: "A" }));
    print(await outcome(() => jsm.streams.add({ name: "A", subjects: ["other"] })));
    print(await jsm.streams.add({ name: "B", subjects: ["b.>"], description: "second", storage: "memory", max_msgs: 10, metadata: { k: "v" } }));
    print(await outcome(() => jsm.streams.add({ name: "C", subjects: ["b.x"] })));
    print(await outcome(() => jsm.streams.add({ name: "C", subjects: ["c", "c"] })));
    print(await outcome(() => jsm.streams.add({ name: "C", num_replicas: 3 })));
    print(await outcome(() => jsm.streams.add({ name: "C", mirror: { name: "A" }, subjects: ["x"] })));
    print(await outcome(() => jsm.streams.add({ name: "C", max_age: 1 })));
    print(await collect(jsm.streams.names()), await collect(jsm.streams.names("b.q")), await jsm.streams.find("b.q"), await outcome(() => jsm.streams.find("nobody")));
    print((await collect(jsm.streams.list())).map((info) => info.config));
    print(await jsm.streams.update("B", { description: "changed", max_msgs: 5, subjects: ["b.>", "bb"] }));
    print(await outcome(() => jsm.streams.update("B", { storage: "file" })));
    print(await outcome(() => jsm.streams.update("B", { retention: "workqueue" })));
    print(await outcome(() => jsm.streams.update("nobody", { max_msgs: 1 })));
    print(await jsm.streams.delete("B"), await outcome(() => jsm.streams.info("B")), await outcome(() => jsm.streams.delete("B")));
    print(await jsm.getAccountInfo());
    await nc.close();
  },

  async "stream-all-fields"() {
    const { nc, jsm } = await start();
    print(await jsm.streams.add({
      name: "ALL", subjects: ["all.*", "more.>"], retention: "limits", discard: "new", discard_new_per_subject: true, max_msgs: 100, max_msgs_per_subject: 10, max_bytes: 1 << 20,
      max_age: nanos(3600000), max_msg_size: 1000, max_consumers: 7, storage: "file", compression: "s2", duplicate_window: nanos(1000), allow_rollup_hdrs: true, allow_direct: true,
      deny_delete: false, consumer_limits: { inactive_threshold: nanos(60000), max_ack_pending: 50 }, republish: { src: "all.*", dest: "copy.{{wildcard(1)}}", headers_only: true },
      subject_transform: { src: "more.>", dest: "less.>" }, metadata: { team: "a" }, first_seq: 100, allow_msg_ttl: true, subject_delete_marker_ttl: nanos(5000), allow_atomic: true, allow_batched: true,
    }));
    print(await jsm.streams.info("ALL", { deleted_details: true, subjects_filter: ">" }));
    await nc.close();
  },

  async "stream-pages"() {
    const { nc, jsm } = await start();
    for (let i = 0; i < 300; i++) await jsm.streams.add({ name: `S${`${i}`.padStart(3, "0")}`, subjects: [`s.${i}`], storage: "memory" });
    const lister = jsm.streams.list();
    print((await lister.next()).length, (await lister.next()).length);
    print((await collect(jsm.streams.names())).length);
    const page = await api(nc, "STREAM.NAMES", { offset: 290 });
    print(page);
    print({ ...(await api(nc, "STREAM.LIST", { offset: 256 })), streams: undefined });
    await nc.close();
  },

  async "stream-messages"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "M", subjects: ["m.*"] });
    const sent = headers();
    sent.set("Key", "value");
    await fill(js, 10, (i) => `m.${i % 3}`);
    await js.publish("m.h", "with headers", { headers: sent });
    print(stored(await jsm.streams.getMessage("M", { seq: 3 })), stored(await jsm.streams.getMessage("M", { last_by_subj: "m.1" })), stored(await jsm.streams.getMessage("M", { seq: 4, next_by_subj: "m.0" })));
    print(stored(await jsm.streams.getMessage("M", { last_by_subj: "m.h" })), await outcome(() => jsm.streams.getMessage("M", { seq: 99 })), await outcome(() => jsm.streams.getMessage("M", { last_by_subj: "m.none" })));
    print(await jsm.streams.deleteMessage("M", 2), await jsm.streams.deleteMessage("M", 5, false), await outcome(() => jsm.streams.deleteMessage("M", 5)), await outcome(() => jsm.streams.getMessage("M", { seq: 2 })));
    print((await jsm.streams.info("M", { deleted_details: true, subjects_filter: "m.*" })).state);
    print((await jsm.streams.info("M", { subjects_filter: "m.h" })).state.subjects);
    print(await jsm.streams.purge("M", { filter: "m.1" }), (await jsm.streams.info("M", { deleted_details: true })).state);
    print(await jsm.streams.purge("M", { seq: 6 }), await jsm.streams.purge("M", { keep: 2 }), (await jsm.streams.info("M", { deleted_details: true })).state);
    print(await outcome(() => api(nc, "STREAM.PURGE.M", { seq: 3, keep: 2 })));
    print(await jsm.streams.purge("M"), (await jsm.streams.info("M")).state);
    print(await js.publish("m.1", "after"));
    await nc.close();
  },

  async "stream-limits"() {
    const { nc, jsm, js } = await start();
    const state = async (name) => (await jsm.streams.info(name)).state;
    await jsm.streams.add({ name: "OLD", subjects: ["old.*"], max_msgs: 5 });
    await fill(js, 9, (i) => `old.${i}`);
    print(await state("OLD"));
    await jsm.streams.add({ name: "NEW", subjects: ["new.*"], max_msgs: 3, discard: "new" });
    for (let i = 0; i < 5; i++) print(await outcome(() => js.publish(`new.${i}`, "x")));
    await jsm.streams.add({ name: "SUBJECT", subjects: ["subject.*"], max_msgs_per_subject: 2 });
    await fill(js, 12, (i) => `subject.${i % 3}`);
    print(await state("SUBJECT"), await messagesOf(jsm, "SUBJECT"));
    await jsm.streams.add({ name: "NEWSUBJECT", subjects: ["newsubject.*"], max_msgs_per_subject: 1, discard: "new", discard_new_per_subject: true });
    print(await js.publish("newsubject.a", "x"), await outcome(() => js.publish("newsubject.a", "y")), await js.publish("newsubject.b", "z"));
    await jsm.streams.add({ name: "SIZE", subjects: ["size"], max_msg_size: 10 });
    print(await js.publish("size", "1234567890"), await outcome(() => js.publish("size", "12345678901")));
    await jsm.streams.add({ name: "BYTES", subjects: ["bytes"], max_bytes: 1000, discard: "new" });
    for (let i = 0; i < 4; i++) print(await outcome(() => js.publish("bytes", bytes("x".repeat(300)))));
    await jsm.streams.add({ name: "AGE", subjects: ["age"], max_age: nanos(300) });
    await js.publish("age", "soon gone");
    await until(() => state("AGE"), (now) => now.messages === 0, "the end of the message's life");
    print(await state("AGE"));
    await nc.close();
  },

  async "stream-denials"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "D", subjects: ["d"], deny_delete: true, deny_purge: true });
    await fill(js, 3, () => "d");
    print(await outcome(() => jsm.streams.deleteMessage("D", 1)), await outcome(() => jsm.streams.purge("D")), await outcome(() => jsm.streams.update("D", { deny_delete: false })));
    await jsm.streams.add({ name: "S", subjects: ["s"] });
    await fill(js, 3, () => "s");
    print(await jsm.streams.update("S", { sealed: true }));
    print(await outcome(() => js.publish("s", "more")), await outcome(() => jsm.streams.deleteMessage("S", 1)), await outcome(() => jsm.streams.purge("S")), await outcome(() => jsm.streams.update("S", { sealed: false })));
    print((await jsm.streams.info("S")).state);
    await nc.close();
  },

  async "retention-workqueue"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "W", subjects: ["w.*"], retention: "workqueue" });
    await fill(js, 10, (i) => `w.${i % 2}`);
    print(await jsm.consumers.add("W", { durable_name: "even", ack_policy: "explicit", filter_subject: "w.0" }));
    print(await outcome(() => jsm.consumers.add("W", { durable_name: "all", ack_policy: "explicit" })), await outcome(() => jsm.consumers.add("W", { durable_name: "odd", ack_policy: "none", filter_subject: "w.1" })));
    print(await outcome(() => jsm.consumers.add("W", { durable_name: "odd", ack_policy: "explicit", deliver_policy: "new", filter_subject: "w.1" })));
    const even = await js.consumers.get("W", "even");
    for await (const message of await even.fetch({ max_messages: 5, expires: 5000 })) print(message.seq, await message.ackAck());
    print((await jsm.streams.info("W", { deleted_details: true })).state, (await jsm.consumers.info("W", "even")).num_pending);
    print(await messagesOf(jsm, "W"));
    print(await jsm.consumers.delete("W", "even"), (await jsm.streams.info("W")).state.messages);
    await nc.close();
  },

  async "retention-interest"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "I", subjects: ["i.*"], retention: "interest" });
    print(await js.publish("i.1", "nobody is interested"), (await jsm.streams.info("I")).state);
    for (const name of ["a", "b"]) await jsm.consumers.add("I", { durable_name: name, ack_policy: "explicit" });
    await fill(js, 5, (i) => `i.${i}`);
    print((await jsm.streams.info("I")).state.messages);
    const a = await js.consumers.get("I", "a");
    for await (const message of await a.fetch({ max_messages: 5, expires: 5000 })) await message.ackAck();
    print((await jsm.streams.info("I")).state.messages);
    const b = await js.consumers.get("I", "b");
    for await (const message of await b.fetch({ max_messages: 3, expires: 5000 })) await message.ackAck();
    print((await jsm.streams.info("I")).state);
    await jsm.consumers.delete("I", "b");
    print((await until(() => jsm.streams.info("I"), (info) => info.state.messages === 0, "the messages of the deleted consumer to go")).state);
    await nc.close();
  },

  async "mirror"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "ORIGIN", subjects: ["o.*"] });
    await fill(js, 20, (i) => `o.${i % 4}`);
    await jsm.streams.deleteMessage("ORIGIN", 7);
    await jsm.streams.add({ name: "COPY", mirror: { name: "ORIGIN" } });
    await until(() => jsm.streams.info("COPY"), (info) => info.state.last_seq === 20, "the mirror");
    print((await jsm.streams.info("COPY", { deleted_details: true })).state, await messagesOf(jsm, "COPY"));
    print(await outcome(() => api(nc, "STREAM.UPDATE.COPY", { name: "COPY", subjects: ["x"], mirror: { name: "ORIGIN" } })));
    await fill(js, 5, (i) => `o.${i}`);
    const info = await until(() => jsm.streams.info("COPY"), (now) => now.state.last_seq === 25, "the rest");
    print(info.config, (await until(() => jsm.streams.info("COPY"), (now) => now.mirror?.lag === 0, "no lag")).mirror);
    await jsm.streams.add({ name: "PART", mirror: { name: "ORIGIN", filter_subject: "o.1", opt_start_seq: 5 } });
    await until(() => jsm.streams.info("PART"), (now) => now.state.messages === 5, "the filtered mirror");
    print(await messagesOf(jsm, "PART"));
    await nc.close();
  },

  async "sources"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "ONE", subjects: ["one.*"] });
    await jsm.streams.add({ name: "TWO", subjects: ["two.*"] });
    await fill(js, 6, (i) => `one.${i % 2}`);
    await jsm.streams.add({ name: "SUM", subjects: ["own"], sources: [{ name: "ONE", filter_subject: "one.1" }] });
    await until(() => jsm.streams.info("SUM"), (info) => info.state.messages === 3, "the first source");
    print(await messagesOf(jsm, "SUM"));
    await jsm.streams.update("SUM", { subjects: ["own"], sources: [{ name: "ONE", filter_subject: "one.1" }, { name: "TWO", subject_transforms: [{ src: "two.*", dest: "second.{{wildcard(1)}}" }] }] });
    await js.publish("two.x", "a");
    await until(() => jsm.streams.info("SUM"), (info) => info.state.messages === 4, "the second source");
    await js.publish("own", "b");
    print(await messagesOf(jsm, "SUM"));
    print((await until(() => jsm.streams.info("SUM"), (info) => info.sources.every((source) => source.lag === 0), "no lag")).sources.sort((a, b) => (a.name < b.name ? -1 : 1)));
    await nc.close();
  },

  async "republish"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "R", subjects: ["r.*"], republish: { src: "r.*", dest: "again.{{wildcard(1)}}" } });
    const sub = nc.subscribe("again.*");
    await fill(js, 3, (i) => `r.${i % 2}`);
    for (const message of await take(sub, 3)) print(message.subject, message.string(), message.headers);
    await jsm.streams.update("R", { republish: { src: "r.>", dest: "brief.>", headers_only: true } });
    const brief = nc.subscribe("brief.>");
    await fill(js, 2, () => "r.1");
    for (const message of await take(brief, 2)) print(message.subject, message.string(), message.headers);
    await nc.close();
  },

  async "subject-transform"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "T", subjects: ["t.*.*"], subject_transform: { src: "t.*.*", dest: "t.{{wildcard(2)}}.{{wildcard(1)}}" } });
    print(await js.publish("t.a.b", "x"), await messagesOf(jsm, "T"));
    print(await outcome(() => jsm.streams.add({ name: "U", subjects: ["u.*"], subject_transform: { src: "u.*", dest: "v.{{wildcard(2)}}" } })));
    await nc.close();
  },

  async "direct-get"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "G", subjects: ["g.*"], allow_direct: true });
    await fill(js, 30, (i) => `g.${i % 5}`);
    const get = (query) => outcome(async () => stored(await jsm.direct.getMessage("G", query)));
    print(await get({ seq: 7 }), await get({ last_by_subj: "g.2" }), await get({ seq: 8, next_by_subj: "g.1" }), await get({ seq: 99 }), await get({ last_by_subj: "g.none" }));
    const batch = async (request) => outcome(async () => (await collect(await jsm.direct.getBatch("G", request))).map(stored));
    print(await batch({ seq: 3, batch: 4 }), await batch({ seq: 1, batch: 3, next_by_subj: "g.4" }), await batch({ seq: 1, batch: 100, max_bytes: 60 }), await batch({ seq: 50, batch: 4 }));
    const last = async (request) => outcome(async () => (await collect(await jsm.direct.getLastMessagesFor("G", request))).map(stored));
    print(await last({ multi_last: ["g.1", "g.3"] }), await last({ multi_last: ["g.>"], up_to_seq: 12 }), await last({ multi_last: ["none"] }), await last({ multi_last: ["g.*"], batch: 2 }));
    const raw = await nc.request("$JS.API.DIRECT.GET.G.g.3", "", { timeout: 5000 });
    print(raw.string(), raw.headers);
    print((await nc.request("$JS.API.DIRECT.GET.G", "{", { timeout: 5000 })).headers, (await nc.request("$JS.API.DIRECT.GET.G", "", { timeout: 5000 })).headers);
    await jsm.streams.update("G", { allow_direct: false });
    print(await outcome(() => nc.request("$JS.API.DIRECT.GET.G.g.3", "", { timeout: 2000 })));
    await nc.close();
  },

  async "counters"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "C", subjects: ["c.*"], allow_msg_counter: true, allow_direct: true });
    const add = async (subject, by) => {
      const sent = headers();
      sent.set("Nats-Incr", by);
      return await outcome(async () => (await nc.request(subject, "", { headers: sent, timeout: 5000 })).json());
    };
    print(await add("c.a", "+5"), await add("c.a", "-7"), await add("c.b", "123456789012345678901234567890"), await add("c.a", "x"), await outcome(() => js.publish("c.a", "plain")));
    print(await messagesOf(jsm, "C"));
    await nc.close();
  },

  async "message-ttl"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "T", subjects: ["t.*"], allow_msg_ttl: true });
    print(await js.publish("t.short", "x", { ttl: "1s" }), await js.publish("t.never", "y", { ttl: "never" }), await js.publish("t.long", "y", { ttl: "1h" }));
    for (const ttl of ["nonsense", "-1s", "100ms", "0"]) print(ttl, await outcome(() => js.publish("t.bad", "z", { ttl })));
    await until(() => jsm.streams.info("T"), (info) => info.state.first_seq === 2, "the end of the short life");
    print((await jsm.streams.info("T")).state, await messagesOf(jsm, "T"));
    await jsm.streams.add({ name: "N", subjects: ["n"] });
    print(await outcome(() => js.publish("n", "x", { ttl: "1s" })));
    await nc.close();
  },

  async "delete-markers"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "T", subjects: ["t.*"], allow_msg_ttl: true, subject_delete_marker_ttl: nanos(3600000), allow_rollup_hdrs: true, max_age: nanos(500) });
    const messages = await (await js.consumers.get("T")).consume();
    print(await js.publish("t.a", "x"), await js.publish("t.b", "y"), await js.publish("t.b", "z"));
    for (const message of (await take(messages, 5)).slice(0, 3)) print(message.seq, message.subject, message.string(), message.headers);
    const marked = await messagesOf(jsm, "T");
    print(marked.map((message) => [message.subject, message.headers]).sort(([a], [b]) => (a < b ? -1 : 1)));
    await nc.close();
  },

  async "schedules"() {
    const { nc, jsm, js } = await start();
    await jsm.streams.add({ name: "S", subjects: ["s.>"], allow_msg_schedules: true, allow_msg_ttl: true });
    const sub = nc.subscribe("s.target.*");
    const plan = async (name, specification, target, more = {}) => await outcome(() => js.publish(`s.plan.${name}`, name, { schedule: { specification, target, ...more } }));
    print(await plan("once", new Date(Date.now() + 200), "s.target.once", { ttl: "5m" }), await plan("bad", "nonsense", "s.target.bad"), await plan("outside", new Date(Date.now() + 200), "outside"));
    const consumer = await js.consumers.get("S", { filter_subjects: "s.target.>" });
    const messages = await consumer.consume();
    for (const message of await take(messages, 1)) print(message.subject, message.string(), message.headers);
    print(await plan("often", { every: "1s" }, "s.target.often"));
    const again = await (await js.consumers.get("S", { filter_subjects: "s.target.often" })).consume();
    for (const message of await take(again, 2)) print(message.subject, message.string(), message.headers);
    sub.unsubscribe();
    await nc.close();
  },
};
