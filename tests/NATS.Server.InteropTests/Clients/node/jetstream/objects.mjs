// Object stores.
import { createHash } from "node:crypto";
import store from "@nats-io/obj";
import { bytes, collect, headers, outcome, print, start, take } from "./common.mjs";

const { Objm } = store;
const described = (info) => info && { ...info, headers: info.headers?.keys().sort().map((key) => [key, info.headers.get(key)]), revision: info.revision };
const digest = (data) => createHash("sha256").update(data).digest("base64url");
const pattern = (length) => new Uint8Array(length).map((_, i) => (i * 31) ^ (i >> 8));

const prepared = async (options = {}) => {
  const all = await start();
  all.objm = new Objm(all.js);
  all.os = await all.objm.create("files", options);
  return all;
};

async function read(os, name) {
  const result = await os.get(name);
  if (!result) return null;
  const parts = [];
  for await (const part of result.data) parts.push(part);
  const problem = await result.error;
  const data = Buffer.concat(parts);
  return { length: data.length, digest: digest(data), problem: problem?.message };
}

export default {
  async "object-basics"() {
    const { nc, jsm, os, objm } = await prepared({ description: "of files" });
    print((await jsm.streams.info("OBJ_files")).config);
    const more = headers();
    more.set("Content-Type", "text/plain");
    print(described(await os.putBlob({ name: "small", description: "a text", headers: more, metadata: { k: "v" } }, bytes("hello"))));
    print(described(await os.putBlob({ name: "empty" }, new Uint8Array(0))));
    print(new TextDecoder().decode(await os.getBlob("small")), (await os.getBlob("empty")).length, await os.getBlob("none"), described(await os.info("small")), await os.info("none"));
    print((await os.list()).map((info) => info.name).sort());
    await os.update("small", { name: "renamed", description: "other" });
    print(described(await os.info("renamed")), await os.info("small"), new TextDecoder().decode(await os.getBlob("renamed")), await outcome(() => os.update("renamed", { name: "empty" })));
    print(described(await os.putBlob({ name: "renamed" }, bytes("replaced"))), new TextDecoder().decode(await os.getBlob("renamed")));
    print(await os.delete("renamed"), await os.getBlob("renamed"), described(await os.info("renamed")));
    const { bucket, description, storage, replicas, sealed, backingStore, compression, streamInfo } = await os.status();
    print({ bucket, description, storage, replicas, sealed, backingStore, compression, state: streamInfo.state });
    print((await collect(objm.list())).map((status) => status.bucket));
    print(await os.destroy(), await outcome(() => objm.open("files").then((opened) => opened.list())));
    await nc.close();
  },

  async "object-large"() {
    const { nc, jsm, os } = await prepared();
    const data = pattern(3 * 1024 * 1024 + 17);
    const stream = () => new ReadableStream({
      start(controller) {
        for (let i = 0; i < data.length; i += 100000) controller.enqueue(data.slice(i, i + 100000));
        controller.close();
      },
    });
    print(described(await os.put({ name: "large" }, stream())), digest(data));
    print(await read(os, "large"));
    print(described(await os.put({ name: "fine", options: { max_chunk_size: 10000 } }, stream())), await read(os, "fine"));
    print((await jsm.streams.info("OBJ_files")).state.messages);
    print(await os.delete("fine"), (await jsm.streams.info("OBJ_files")).state.messages);
    await nc.close();
  },

  async "object-watch"() {
    const { nc, os } = await prepared();
    await os.putBlob({ name: "a" }, bytes("1"));
    await os.putBlob({ name: "b" }, bytes("2"));
    await os.delete("b");
    print((await take(await os.watch({ includeHistory: true }), 2)).map((info) => [info.name, info.size, info.deleted, info.isUpdate]));
    print((await take(await os.watch({ includeHistory: true, ignoreDeletes: true }), 1)).map((info) => [info.name, info.size, info.deleted, info.isUpdate]));
    const updates = await os.watch();
    await os.putBlob({ name: "c" }, bytes("3"));
    await os.delete("a");
    print((await take(updates, 2)).map((info) => [info.name, info.size, info.deleted, info.isUpdate]));
    await nc.close();
  },

  async "object-links"() {
    const { nc, os, objm } = await prepared();
    const other = await objm.create("other");
    const target = await os.putBlob({ name: "target" }, bytes("content"));
    print(described(await os.link("link", target)), new TextDecoder().decode(await os.getBlob("link")));
    print(described(await other.link("across", target)), new TextDecoder().decode(await other.getBlob("across")));
    print(described(await os.linkStore("store", other)), await outcome(() => os.getBlob("store")));
    print(await outcome(async () => os.link("chain", await os.info("link"))), await outcome(() => os.link("target", target)));
    await os.delete("target");
    print(await os.getBlob("link"), await outcome(async () => os.link("dead", await os.info("target"))));
    await nc.close();
  },

  async "object-seal"() {
    const { nc, os } = await prepared();
    await os.putBlob({ name: "a" }, bytes("1"));
    print((await os.seal()).sealed, await outcome(() => os.putBlob({ name: "b" }, bytes("2"))), await outcome(() => os.delete("a")), new TextDecoder().decode(await os.getBlob("a")));
    await nc.close();
  },

  async "object-options"() {
    const { nc, objm, jsm } = await prepared();
    await objm.create("packed", { storage: "memory", compression: true, max_bytes: 1 << 20, ttl: 3600 * 1e9, metadata: { owner: "me" } });
    print((await jsm.streams.info("OBJ_packed")).config);
    const packed = await objm.open("packed");
    print(await outcome(() => packed.putBlob({ name: "too large" }, pattern(1 << 20))), (await packed.list()).length);
    await nc.close();
  },
};
