// Lambda, its event source mappings, and EventBridge's rules through AWS SDK for JavaScript v3.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
    DeleteRuleCommand, DescribeRuleCommand, DisableRuleCommand, EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand, PutRuleCommand,
    PutTargetsCommand, RemoveTargetsCommand, ResourceNotFoundException as RuleNotFound,
} from "@aws-sdk/client-eventbridge";
import {
    AddPermissionCommand, CreateEventSourceMappingCommand, DeleteEventSourceMappingCommand, DeleteFunctionConcurrencyCommand,
    GetEventSourceMappingCommand, GetFunctionCommand, GetPolicyCommand, InvalidParameterValueException, InvalidRequestContentException, InvokeCommand,
    LambdaClient, ListEventSourceMappingsCommand, PutFunctionConcurrencyCommand, RemovePermissionCommand, ResourceConflictException,
    ResourceNotFoundException, TooManyRequestsException, UpdateEventSourceMappingCommand, paginateListFunctions,
} from "@aws-sdk/client-lambda";
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
import { start, until } from "./harness.mjs";

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:";
let t, lambda, sqs;

before(async () => {
    t = await start();
    lambda = new LambdaClient(t.config);
    sqs = new SQSClient(t.config);
});

after(() => t.stop());

const text = (payload) => Buffer.from(payload).toString();

// The event that function `note` wrote down next; each is taken once.
async function note() {
    const QueueUrl = `${t.url}/000000000000/Notes`;
    const m = await until(async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))).Messages?.[0]);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: m.ReceiptHandle }));
    return JSON.parse(m.Body);
}

async function makeQueue(QueueName) {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    return { QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
}

test("an invocation answers with the function's result", async () => {
    const event = { n: 1, list: [], object: {}, nothing: null, text: "\u2603" };
    const r = await lambda.send(new InvokeCommand({ FunctionName: "echo", Payload: JSON.stringify(event) }));
    assert.deepEqual([r.StatusCode, r.ExecutedVersion, r.FunctionError], [200, "$LATEST", undefined]);
    assert.deepEqual(JSON.parse(text(r.Payload)), event);
});

test("a function's error is a mark on a success, and the log comes along", async () => {
    const r = await lambda.send(new InvokeCommand({ FunctionName: "fail", LogType: "Tail" }));
    assert.deepEqual([r.StatusCode, r.FunctionError], [200, "Unhandled"]);
    assert.match(JSON.parse(text(r.Payload)).errorMessage, /boom/);
    assert.match(Buffer.from(r.LogResult, "base64").toString(), /START RequestId: [^]*about to fail[^]*REPORT RequestId: /);
});

test("an event is stored and runs later; a dry run does not run", async () => {
    assert.equal((await lambda.send(new InvokeCommand({ FunctionName: "note", InvocationType: "DryRun" }))).StatusCode, 204);
    const r = await lambda.send(new InvokeCommand({ FunctionName: "note", InvocationType: "Event", Payload: '{"later":true}' }));
    assert.equal(r.StatusCode, 202);
    assert.deepEqual(await note(), { later: true });
});

test("what Invoke refuses", async () => {
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "none" })), (e) =>
        e instanceof ResourceNotFoundException && e.Type === "User" && e.message === `Function not found: ${FUNCTION}none`);
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "echo", Payload: "{" })), InvalidRequestContentException);
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "fail", ReservedConcurrentExecutions: 0 }));
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "fail" })), (e) =>
        e instanceof TooManyRequestsException && e.Reason === "ReservedFunctionConcurrentInvocationLimitExceeded" && e.message === "Rate Exceeded.");
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: "fail" }));
});

test("looking at functions", async () => {
    const names = [];
    for await (const page of paginateListFunctions({ client: lambda, pageSize: 3 }, {})) names.push(...page.Functions.map((f) => f.FunctionName));
    assert.deepEqual(names.sort(), ["echo", "fail", "note", "picky"]);
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: "echo" }));
    assert.deepEqual([Configuration.FunctionArn, Configuration.Timeout, Configuration.State], [FUNCTION + "echo", 30, "Active"]);
    await lambda.send(new AddPermissionCommand({ FunctionName: "echo", StatementId: "s", Action: "lambda:InvokeFunction", Principal: "sqs.amazonaws.com" }));
    assert.equal(JSON.parse((await lambda.send(new GetPolicyCommand({ FunctionName: "echo" }))).Policy).Statement[0].Sid, "s");
    await lambda.send(new RemovePermissionCommand({ FunctionName: "echo", StatementId: "s" }));
});

test("a mapping from creation to deletion", async () => {
    const { QueueUrl, arn } = await makeQueue("mapped");
    const create = new CreateEventSourceMappingCommand({ EventSourceArn: arn, FunctionName: "note", BatchSize: 1 });
    const { UUID, State, LastModified } = await lambda.send(create);
    assert.equal(State, "Creating");
    assert.ok(LastModified instanceof Date);
    await assert.rejects(lambda.send(create), ResourceConflictException);
    assert.equal((await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State, "Enabled");
    const { EventSourceMappings } = await lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: arn }));
    assert.deepEqual(EventSourceMappings.map((m) => m.UUID), [UUID]);

    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
    assert.equal((await note()).Records[0].body, "one");

    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    assert.equal((await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State, "Disabled");
    await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    await assert.rejects(lambda.send(new GetEventSourceMappingCommand({ UUID })), ResourceNotFoundException);
    await assert.rejects(lambda.send(new CreateEventSourceMappingCommand({ EventSourceArn: arn, FunctionName: "note", BatchSize: 100 })), InvalidParameterValueException);
});

test("a partial batch keeps what failed", async () => {
    const { QueueUrl, arn } = await makeQueue("partly");
    for (const MessageBody of ["good", "bad"]) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({
        EventSourceArn: arn, FunctionName: "picky", FunctionResponseTypes: ["ReportBatchItemFailures"],
    }));
    await until(async () => {
        const { Attributes: a } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
        return a.ApproximateNumberOfMessages === "0" && a.ApproximateNumberOfMessagesNotVisible === "1";
    });
    await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
});

test("a table's stream invokes a function", async () => {
    const tables = new DynamoDBClient(t.config);
    const { TableDescription } = await tables.send(new CreateTableCommand({
        TableName: "Watched", BillingMode: "PAY_PER_REQUEST", KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }], StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    }));
    await lambda.send(new CreateEventSourceMappingCommand({
        EventSourceArn: TableDescription.LatestStreamArn, FunctionName: "note", StartingPosition: "LATEST", MaximumRetryAttempts: 1,
    }));
    await tables.send(new PutItemCommand({ TableName: "Watched", Item: { id: { S: "a" } } }));
    const [record] = (await note()).Records;
    assert.deepEqual([record.eventName, record.dynamodb.NewImage], ["INSERT", { id: { S: "a" } }]);
});

test("a rule from creation to deletion", async () => {
    const events = new EventBridgeClient(t.config);
    const { RuleArn } = await events.send(new PutRuleCommand({ Name: "hourly", ScheduleExpression: "rate(1 hour)" }));
    const put = await events.send(new PutTargetsCommand({ Rule: "hourly", Targets: [{ Id: "n", Arn: FUNCTION + "note", Input: '{"hour":1}' }] }));
    assert.equal(put.FailedEntryCount, 0);
    assert.deepEqual((await events.send(new ListRulesCommand({}))).Rules.map((r) => r.Arn), [RuleArn]);
    assert.equal((await events.send(new ListTargetsByRuleCommand({ Rule: "hourly" }))).Targets[0].Id, "n");

    await fetch(`${t.url}/_tidepool/clock?action=advance&value=1h`, { method: "POST" });
    assert.deepEqual(await note(), { hour: 1 });

    await events.send(new DisableRuleCommand({ Name: "hourly" }));
    assert.equal((await events.send(new DescribeRuleCommand({ Name: "hourly" }))).State, "DISABLED");
    await assert.rejects(events.send(new DeleteRuleCommand({ Name: "hourly" })), { name: "ValidationException" });
    await events.send(new RemoveTargetsCommand({ Rule: "hourly", Ids: ["n"] }));
    await events.send(new DeleteRuleCommand({ Name: "hourly" }));
    await assert.rejects(events.send(new DescribeRuleCommand({ Name: "hourly" })), RuleNotFound);
});
