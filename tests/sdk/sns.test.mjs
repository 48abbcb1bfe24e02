// SNS through AWS SDK for JavaScript v3, with queues that listen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    CreateTopicCommand, DeleteTopicCommand, GetSubscriptionAttributesCommand, GetTopicAttributesCommand, ListSubscriptionsByTopicCommand,
    ListTagsForResourceCommand, ListTopicsCommand, NotFoundException, PublishBatchCommand, PublishCommand, SNSClient, SetSubscriptionAttributesCommand,
    SetTopicAttributesCommand, SubscribeCommand, TagResourceCommand, UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { start, until } from "./harness.mjs";

let t, sns, sqs;

before(async () => {
    t = await start();
    sns = new SNSClient(t.config);
    sqs = new SQSClient(t.config);
});

after(() => t.stop());

async function makeTopic(Name) {
    return (await sns.send(new CreateTopicCommand({ Name }))).TopicArn;
}

// A new queue that hears the topic; Attributes are the subscription's.
async function listener(TopicArn, name, Attributes) {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { SubscriptionArn } = await sns.send(new SubscribeCommand({
        TopicArn, Protocol: "sqs", Endpoint: `arn:aws:sqs:us-east-1:000000000000:${name}`, Attributes, ReturnSubscriptionArn: true,
    }));
    return { QueueUrl, SubscriptionArn };
}

async function bodies({ QueueUrl }, n) {
    const got = [];
    await until(async () => {
        const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }));
        got.push(...(Messages ?? []).map((m) => m.Body));
        return got.length >= n;
    });
    return got;
}

test("a topic from creation to deletion", async () => {
    const TopicArn = await makeTopic("life");
    assert.equal(TopicArn, "arn:aws:sns:us-east-1:000000000000:life");
    await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "DisplayName", AttributeValue: "Life" }));
    assert.equal((await sns.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes.DisplayName, "Life");
    await sns.send(new TagResourceCommand({ ResourceArn: TopicArn, Tags: [{ Key: "a", Value: "1" }] }));
    assert.deepEqual((await sns.send(new ListTagsForResourceCommand({ ResourceArn: TopicArn }))).Tags, [{ Key: "a", Value: "1" }]);
    assert.deepEqual((await sns.send(new ListTopicsCommand({}))).Topics, [{ TopicArn }]);
    await sns.send(new DeleteTopicCommand({ TopicArn }));
    await assert.rejects(sns.send(new GetTopicAttributesCommand({ TopicArn })), (e) =>
        e instanceof NotFoundException && e.name === "NotFoundException" && e.message === "Topic does not exist" && e.$metadata.httpStatusCode === 404);
});

test("an envelope, a raw message, and a filter", async () => {
    const TopicArn = await makeTopic("news");
    const plain = await listener(TopicArn, "plain"), raw = await listener(TopicArn, "raw", { RawMessageDelivery: "true" });
    const picky = await listener(TopicArn, "picky", { RawMessageDelivery: "true", FilterPolicy: JSON.stringify({ kind: [{ prefix: "te" }] }) });
    for (const kind of ["ink", "tea"])
        await sns.send(new PublishCommand({ TopicArn, Message: kind, MessageAttributes: { kind: { DataType: "String", StringValue: kind } } }));
    const envelopes = (await bodies(plain, 2)).map((b) => JSON.parse(b));
    assert.deepEqual(envelopes.map((e) => [e.Type, e.Message, e.MessageAttributes.kind.Value]), [["Notification", "ink", "ink"], ["Notification", "tea", "tea"]]);
    assert.deepEqual(await bodies(raw, 2), ["ink", "tea"]);
    assert.deepEqual(await bodies(picky, 1), ["tea"]);

    const { SubscriptionArn } = picky;
    await sns.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName: "RawMessageDelivery", AttributeValue: "false" }));
    assert.equal((await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes.RawMessageDelivery, "false");
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    assert.equal((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions.length, 2);
});

test("a batch of messages", async () => {
    const TopicArn = await makeTopic("batch");
    const raw = await listener(TopicArn, "batch", { RawMessageDelivery: "true" });
    const sent = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: ["a", "b"].map((Id) => ({ Id, Message: Id })) }));
    assert.deepEqual(sent.Successful.map((e) => e.Id), ["a", "b"]);
    assert.deepEqual(await bodies(raw, 2), ["a", "b"]);
    await assert.rejects(sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [] })), { name: "EmptyBatchRequestException" });
});

test("what is refused", async () => {
    const TopicArn = await makeTopic("refusing");
    await assert.rejects(sns.send(new PublishCommand({ TopicArn, Message: "" })), { name: "InvalidParameterException", message: "Invalid parameter: Empty message" });
    await assert.rejects(sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: "nonsense" })), { name: "InvalidParameterException" });
});
