// Key-value buckets.
import key from "@nats-io/kv";
import { collect, deferred, nanos, outcome, print, start, take, until } from "./common.mjs";

const { Kvm } = key;
const entry = (found) => found && { key: found.key, value: found.string(), revision: found.revision, operation: found.operation, delta: found.delta, length: found.length };
const watched = (found) => ({ ...entry(found), isUpdate: found.isUpdate });

const prepared = async (options = {}) => {
  const all = await start();
  all.kvm = new Kvm(all.js);
  all.kv = await all.kvm.create("bucket", options);
  return all;
};

export default {
  async "kv-basics"() {
    const { nc, jsm, kv, kvm } = await prepared({ history: 5, description: "of things" });
    print((await jsm.streams.info("KV_bucket")).config);
    print(await kv.put("a", "1"), await kv.put("a", "2"), await kv.put("b.c", "3"), await kv.put("empty", ""));
    print(entry(await kv.get("a")), entry(await kv.get("b.c")), entry(await kv.get("empty")), await kv.get("none"), entry(await kv.get("a", { revision: 1 })), await kv.get("b.c", { revision: 1 }));
    print(await kv.create("new", "x"), await outcome(() => kv.create("new", "y")), await outcome(() => kv.create("a", "y")));
    print(await kv.update("a", "3", 2), await outcome(() => kv.update("a", "4", 2)), await kv.put("a", "5", { previousSeq: 6 }), await outcome(() => kv.put("a", "5", { previousSeq: 6 })));
    await kv.delete("a");
    print(entry(await kv.get("a")), await kv.create("a", "again"));
    print(await outcome(() => kv.delete("a", { previousSeq: 1 })));
    print((await collect(await kv.history({ key: "a" }))).map(entry));
    await kv.purge("a");
    print((await collect(await kv.history())).map(entry));
    print((await collect(await kv.keys())).sort(), (await collect(await kv.keys("b.>"))).sort());
    const { bucket, values, history, ttl, size, replicas, storage, streamInfo } = await kv.status();
    print({ bucket, values, history, ttl, size, replicas, storage, state: streamInfo.state });
    print((await collect(kvm.list())).map((status) => [status.bucket, status.values]));
    print(await outcome(() => kv.put("bad key", "x")), await outcome(() => kv.put(".bad", "x")));
    print(await kv.destroy(), await outcome(() => kvm.open("none", { bindOnly: false }).then((opened) => opened.get("x"))));
    await nc.close();
  },

  async "kv-watch"() {
    const { nc, kv } = await prepared({ history: 3 });
    await kv.put("a", "1");
    await kv.put("a", "2");
    await kv.put("b", "1");
    await kv.delete("b");
    const last = await kv.watch();
    print((await take(last, 2)).map(watched));
    print((await take(await kv.watch({ include: "history" }), 4)).map(watched));
    print((await take(await kv.watch({ ignoreDeletes: true }), 1)).map(watched));
    print((await take(await kv.watch({ headers_only: true, key: "a" }), 1)).map(watched));
    print((await take(await kv.watch({ resumeFromRevision: 3 }), 2)).map(watched));
    const updates = await kv.watch({ include: "updates", key: ["u.>", "v"] });
    await kv.put("u.1", "x");
    await kv.put("w", "unseen");
    await kv.put("v", "y");
    await kv.purge("u.1");
    print((await take(updates, 3)).map(watched));
    await nc.close();
  },

  async "kv-many"() {
    const { nc, kv } = await prepared({});
    await Promise.all(Array.from({ length: 2000 }, (_, i) => kv.put(`k.${i % 500}`, `${i}`)));
    const keys = await collect(await kv.keys());
    print(keys.length, new Set(keys).size);
    const values = await Promise.all(keys.map((each) => kv.get(each)));
    print(values.every((found) => Number(found.string()) % 500 === Number(found.key.slice(2))));
    const all = await take(await kv.watch(), 500);
    print(all.length, all.every((found) => found.operation === "PUT"), all[499].delta);
    await nc.close();
  },

  async "kv-concurrent"() {
    const { nc, kv } = await prepared({});
    await kv.put("n", "0");
    const add = async () => {
      for (;;) {
        const now = await kv.get("n");
        const done = await outcome(() => kv.update("n", `${Number(now.string()) + 1}`, now.revision));
        if (done.value) return;
        if (done.code !== 10071) throw new Error(JSON.stringify(done));
      }
    };
    await Promise.all(Array.from({ length: 10 }, async () => {
      for (let i = 0; i < 10; i++) await add();
    }));
    print(entry(await kv.get("n")));
    await nc.close();
  },

  async "kv-ttl"() {
    const { nc, kvm, kv } = await prepared({ ttl: 500 });
    await kv.put("a", "soon gone");
    print(await until(() => kv.get("a"), (found) => found === null, "the end of the value"));
    const marked = await kvm.create("marked", { markerTTL: 60000 });
    print((await marked.status()).streamInfo.config);
    print(await marked.create("k", "x", "1s"), entry(await marked.get("k")));
    await marked.put("p", "y");
    const seen = deferred();
    (async () => {
      for await (const found of await marked.watch({ key: "p" })) {
        if (found.operation === "PURGE") {
          seen.resolve(watched(found));
          break;
        }
      }
    })();
    await marked.purge("p", { ttl: "1h" });
    print(await seen);
    await nc.close();
  },

  async "kv-limits"() {
    const { nc, kv, kvm, jsm } = await prepared({ maxValueSize: 10, max_bytes: 4096, storage: "memory" });
    print(await kv.put("a", "1234567890"), await outcome(() => kv.put("a", "12345678901")));
    for (let i = 0; i < 200; i++) {
      const done = await outcome(() => kv.put(`fill.${i}`, "x"));
      if (done.error) {
        print(i, done);
        break;
      }
    }
    const packed = await kvm.create("packed", { compression: true, metadata: { owner: "me" } });
    print((await packed.status()).streamInfo.config, (await jsm.streams.info("KV_bucket")).config);
    await nc.close();
  },

  async "kv-mirror"() {
    const { nc, kv, kvm, jsm } = await prepared({});
    await kv.put("a", "1");
    await kv.put("b", "2");
    const mirror = await kvm.create("copy", { mirror: { name: "bucket" } });
    await until(() => jsm.streams.info("KV_copy"), (info) => info.state.last_seq === 2, "the mirror");
    print((await jsm.streams.info("KV_copy")).config, entry(await mirror.get("a")), (await collect(await mirror.keys())).sort());
    await kv.put("c", "3");
    await until(() => jsm.streams.info("KV_copy"), (info) => info.state.last_seq === 3, "what was written");
    print(entry(await mirror.get("c")));
    const sum = await kvm.create("sum", { sources: [{ name: "bucket" }] });
    await until(() => jsm.streams.info("KV_sum"), (info) => info.state.messages === 3, "the source");
    print((await collect(await sum.keys())).sort(), entry(await sum.get("b")));
    await nc.close();
  },

  async "kv-republish"() {
    const { nc, kv } = await prepared({ republish: { src: ">", dest: "changes.>" } });
    const sub = nc.subscribe("changes.>");
    await kv.put("a", "1");
    await kv.delete("a");
    for (const message of await take(sub, 2)) print(message.subject, message.string(), message.headers);
    await nc.close();
  },

  async "kv-without-direct"() {
    const { nc, kv } = await prepared({ allow_direct: false, ttl: nanos(0) });
    await kv.put("a", "1");
    print(entry(await kv.get("a")), await kv.get("none"), entry(await kv.get("a", { revision: 1 })));
    await nc.close();
  },
};
