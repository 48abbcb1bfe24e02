// SQS through AWS SDK for JavaScript v3 and through sqs-consumer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    BatchEntryIdsNotDistinct, ChangeMessageVisibilityBatchCommand, ChangeMessageVisibilityCommand, CreateQueueCommand, DeleteMessageBatchCommand,
    DeleteMessageCommand, DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ListQueueTagsCommand, ListQueuesCommand,
    PurgeQueueCommand, QueueDoesNotExist, ReceiveMessageCommand, SQSClient, SendMessageBatchCommand, SendMessageCommand,
    SetQueueAttributesCommand, TagQueueCommand, UntagQueueCommand, paginateListQueues,
} from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { start, until } from "./harness.mjs";

let t, sqs;

before(async () => {
    t = await start();
    sqs = new SQSClient(t.config);
});

after(() => t.stop());

async function makeQueue(name, Attributes) {
    return (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))).QueueUrl;
}

async function receive(QueueUrl, more) {
    return (await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
}

test("a queue from creation to deletion", async () => {
    const QueueUrl = await makeQueue("life", { DelaySeconds: "0" });
    assert.equal(QueueUrl, `${t.url}/000000000000/life`);
    assert.equal((await sqs.send(new GetQueueUrlCommand({ QueueName: "life" }))).QueueUrl, QueueUrl);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "7" } }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout", "QueueArn"] }));
    assert.deepEqual(Attributes, { VisibilityTimeout: "7", QueueArn: "arn:aws:sqs:us-east-1:000000000000:life" });
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { a: "1", b: "2" } }));
    await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["a"] }));
    assert.deepEqual((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags, { b: "2" });
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await assert.rejects(receive(QueueUrl), (e) => {
        assert.ok(e instanceof QueueDoesNotExist);
        assert.equal(e.name, "QueueDoesNotExist");
        assert.equal(e.message, "The specified queue does not exist.");
        assert.equal(e.$metadata.httpStatusCode, 400);
        return true;
    });
});

test("queues are listed in pages", async () => {
    for (const name of ["page-1", "page-2", "page-3"]) await makeQueue(name);
    const sizes = [];
    for await (const page of paginateListQueues({ client: sqs, pageSize: 2 }, { QueueNamePrefix: "page-" })) sizes.push(page.QueueUrls.length);
    assert.deepEqual(sizes, [2, 1]);
    assert.equal((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "none" }))).QueueUrls, undefined);
});

test("send, receive, put back, delete", async () => {
    const QueueUrl = await makeQueue("messages");
    const MessageAttributes = { kind: { DataType: "String", StringValue: "tea" }, raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 1]) } };
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "\u2603 <&>", MessageAttributes }));
    const [m] = await receive(QueueUrl, { MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
    assert.deepEqual([m.MessageId, m.Body, m.MD5OfMessageAttributes], [sent.MessageId, "\u2603 <&>", sent.MD5OfMessageAttributes]);
    assert.equal(m.MessageAttributes.kind.StringValue, "tea");
    assert.deepEqual([...m.MessageAttributes.raw.BinaryValue], [0, 1]);
    assert.equal(m.Attributes.ApproximateReceiveCount, "1");
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0 }));
    const [again] = await receive(QueueUrl);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again.ReceiptHandle }));
    assert.deepEqual(await receive(QueueUrl), []);
    await assert.rejects(sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "nonsense" })), { name: "ReceiptHandleIsInvalid" });
});

test("a long poll ends with the message", async (context) => {
    const QueueUrl = await makeQueue("long");
    const clock = (action) => fetch(`${t.url}/_tidepool/clock`, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ action }),
    });
    assert.ok((await clock("freeze")).ok); // so the wait itself never ends
    context.after(() => clock("resume"));
    const poll = receive(QueueUrl, { WaitTimeSeconds: 20 });
    setTimeout(() => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "at last" })), 200);
    assert.equal((await poll)[0].Body, "at last");
});

test("batches succeed and fail by entry", async () => {
    const QueueUrl = await makeQueue("batches");
    const sent = await sqs.send(new SendMessageBatchCommand({
        QueueUrl, Entries: [{ Id: "a", MessageBody: "1" }, { Id: "b", MessageBody: "2", DelaySeconds: 901 }],
    }));
    assert.deepEqual([sent.Successful.map((e) => e.Id), sent.Failed.map((e) => [e.Id, e.SenderFault])], [["a"], [["b", true]]]);
    const [{ ReceiptHandle }] = await receive(QueueUrl, { MaxNumberOfMessages: 10 });
    const changed = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [{ Id: "a", ReceiptHandle, VisibilityTimeout: 9 }] }));
    assert.deepEqual(changed.Successful.map((e) => e.Id), ["a"]);
    const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "a", ReceiptHandle }, { Id: "b", ReceiptHandle: "nonsense" }] }));
    assert.deepEqual([deleted.Successful.map((e) => e.Id), deleted.Failed.map((e) => e.Id)], [["a"], ["b"]]);
    const twins = [{ Id: "a", MessageBody: "1" }, { Id: "a", MessageBody: "2" }];
    await assert.rejects(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: twins })), BatchEntryIdsNotDistinct);
});

test("purge, and again at once", async () => {
    const QueueUrl = await makeQueue("purge");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    assert.deepEqual(await receive(QueueUrl), []);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "y" }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    assert.deepEqual(await receive(QueueUrl), []);
});

test("sqs-consumer handles messages, and leaves what its handler refuses", async () => {
    const queueUrl = await makeQueue("consumed", { VisibilityTimeout: "60" });
    const seen = [], failed = [];
    const consumer = Consumer.create({
        queueUrl, sqs, waitTimeSeconds: 1, batchSize: 10,
        handleMessage: async (m) => {
            if (m.Body === "bad") throw new Error("refused");
            seen.push(m.Body);
            return m;
        },
    });
    consumer.on("processing_error", (e) => failed.push(e.message));
    consumer.start();
    for (const MessageBody of ["one", "bad", "two"]) await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    await until(() => seen.length === 2 && failed.length === 1);
    const stopped = new Promise((resolve) => consumer.on("stopped", resolve));
    consumer.stop();
    await stopped;
    assert.deepEqual(seen, ["one", "two"]);
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }));
    assert.equal(Attributes.ApproximateNumberOfMessagesNotVisible, "1");
});
