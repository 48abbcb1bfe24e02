// Dynamoose, the object mapper: it makes its table, and maps items to objects.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import dynamoose from "dynamoose";
import { start } from "./harness.mjs";

let t, Cat;

before(async () => {
    t = await start();
    dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB(t.config));
    Cat = dynamoose.model("Cat", new dynamoose.Schema({
        owner: { type: String, hashKey: true },
        name: { type: String, rangeKey: true },
        age: Number,
        color: { type: String, index: { name: "by-color", type: "global" } },
        likes: { type: Array, schema: [String] },
        tags: { type: Set, schema: [String] },
        born: Date,
    }));
    await new dynamoose.Table("Cats", [Cat], { throughput: "ON_DEMAND", initialize: false }).initialize();
});

after(() => t.stop());

test("objects are created, found, changed and removed", async () => {
    const born = new Date("2026-01-02T03:04:05Z");
    const tom = await Cat.create({ owner: "ada", name: "tom", age: 3, color: "gray", likes: ["fish"], tags: new Set(["a"]), born });
    const found = await Cat.get({ owner: "ada", name: "tom" });
    assert.deepEqual([found.age, found.likes, [...found.tags], found.born], [3, ["fish"], ["a"], born]);
    await assert.rejects(Cat.create({ owner: "ada", name: "tom" }), { name: "ConditionalCheckFailedException" });

    tom.age = 4;
    await tom.save();
    const updated = await Cat.update({ owner: "ada", name: "tom" }, { $ADD: { age: 1 }, $SET: { color: "black" } });
    assert.deepEqual([updated.age, updated.color], [5, "black"]);
    await tom.delete();
    assert.equal(await Cat.get({ owner: "ada", name: "tom" }), undefined);
});

test("queries, scans and batches", async () => {
    await Cat.batchPut(["a", "b", "c"].map((name, age) => ({ owner: "bob", name, age, color: age ? "red" : "white" })));
    const older = await Cat.query("owner").eq("bob").where("name").ge("b").filter("age").gt(1).exec();
    assert.deepEqual(older.map((c) => c.name), ["c"]);
    const red = await Cat.query("color").eq("red").using("by-color").exec();
    assert.deepEqual(red.map((c) => c.name).sort(), ["b", "c"]);
    assert.equal((await Cat.scan("owner").eq("bob").count().exec()).count, 3);
    const page = await Cat.query("owner").eq("bob").limit(2).exec();
    const rest = await Cat.query("owner").eq("bob").startAt(page.lastKey).exec();
    assert.deepEqual([page.length, rest.length], [2, 1]);
    const some = await Cat.batchGet([{ owner: "bob", name: "a" }, { owner: "bob", name: "none" }]);
    assert.deepEqual(some.map((c) => c.name), ["a"]);
});
