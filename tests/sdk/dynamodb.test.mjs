// DynamoDB and its streams through AWS SDK for JavaScript v3: the plain client, and the document client over it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
    BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand, DeleteItemCommand,
    DeleteTableCommand, DescribeTableCommand, DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand, QueryCommand,
    ResourceInUseException, ResourceNotFoundException, ScanCommand, TransactWriteItemsCommand, UpdateItemCommand, UpdateTableCommand,
    paginateListTables, paginateScan, waitUntilTableExists, waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
    DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand,
} from "@aws-sdk/client-dynamodb-streams";
import {
    BatchGetCommand, BatchWriteCommand, DeleteCommand, DynamoDBDocumentClient, GetCommand, NumberValue, PutCommand, QueryCommand as DocumentQuery,
    ScanCommand as DocumentScan, UpdateCommand, paginateQuery,
} from "@aws-sdk/lib-dynamodb";
import { start } from "./harness.mjs";

let t, client, documents;

before(async () => {
    t = await start();
    client = new DynamoDBClient(t.config);
    documents = DynamoDBDocumentClient.from(client);
});

after(() => t.stop());

async function makeTable(name, more = {}) {
    const made = await client.send(new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "N" }],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" }],
        ...more,
    }));
    return made.TableDescription;
}

const key = (pk, sk) => ({ pk: { S: pk }, sk: { N: `${sk}` } });

test("a table from creation to deletion", async () => {
    await makeTable("Life");
    await assert.rejects(makeTable("Life"), ResourceInUseException);
    await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 10 }, { TableName: "Life" });
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "Life" }));
    assert.equal(Table.TableStatus, "ACTIVE");
    assert.ok(Table.CreationDateTime instanceof Date);
    await client.send(new UpdateTableCommand({ TableName: "Life", StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } }));
    await client.send(new DeleteTableCommand({ TableName: "Life" }));
    await waitUntilTableNotExists({ client, minDelay: 1, maxWaitTime: 10 }, { TableName: "Life" });
    await assert.rejects(client.send(new DescribeTableCommand({ TableName: "Life" })), (e) =>
        e instanceof ResourceNotFoundException && e.message === "Requested resource not found: Table: Life not found" && e.$metadata.httpStatusCode === 400);
});

test("tables are listed in pages", async () => {
    for (const name of ["Page1", "Page2", "Page3"]) await makeTable(name);
    const names = [];
    for await (const page of paginateListTables({ client, pageSize: 1 }, {})) names.push(...page.TableNames);
    assert.deepEqual(names.filter((n) => n.startsWith("Page")), ["Page1", "Page2", "Page3"]);
    assert.equal((await client.send(new ListTablesCommand({ Limit: 1 }))).TableNames.length, 1);
});

test("items with the plain client", async () => {
    await makeTable("Plain");
    const item = {
        ...key("a", 1), bytes: { B: new Uint8Array([0, 255]) }, texts: { SS: ["x", "y"] }, numbers: { NS: ["1", "2.5"] },
        blobs: { BS: [new Uint8Array([1])] }, nothing: { NULL: true }, yes: { BOOL: true }, list: { L: [{ S: "\u2603" }] }, map: { M: { k: { N: "1" } } },
    };
    await client.send(new PutItemCommand({ TableName: "Plain", Item: item }));
    const got = (await client.send(new GetItemCommand({ TableName: "Plain", Key: key("a", 1) }))).Item;
    assert.deepEqual([...got.bytes.B], [0, 255]);
    assert.deepEqual({ ...got, bytes: item.bytes, blobs: item.blobs }, item);
    assert.equal((await client.send(new GetItemCommand({ TableName: "Plain", Key: key("a", 2) }))).Item, undefined);

    const put = await client.send(new PutItemCommand({ TableName: "Plain", Item: key("a", 1), ReturnValues: "ALL_OLD", ReturnConsumedCapacity: "TOTAL" }));
    assert.deepEqual(put.Attributes.map, item.map);
    assert.ok(put.ConsumedCapacity.CapacityUnits >= 1);
    const updated = await client.send(new UpdateItemCommand({
        TableName: "Plain", Key: key("a", 1), UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": { N: "7" } }, ReturnValues: "UPDATED_NEW",
    }));
    assert.deepEqual(updated.Attributes, { v: { N: "7" } });
    const deleted = await client.send(new DeleteItemCommand({ TableName: "Plain", Key: key("a", 1), ReturnValues: "ALL_OLD" }));
    assert.deepEqual(deleted.Attributes.v, { N: "7" });
});

test("a failed condition carries the item that failed it", async () => {
    await makeTable("Conditions");
    await client.send(new PutItemCommand({ TableName: "Conditions", Item: { ...key("a", 1), v: { S: "first" } } }));
    const put = new PutItemCommand({
        TableName: "Conditions", Item: key("a", 1), ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    await assert.rejects(client.send(put), (e) => {
        assert.ok(e instanceof ConditionalCheckFailedException);
        assert.equal(e.name, "ConditionalCheckFailedException");
        assert.equal(e.message, "The conditional request failed");
        assert.deepEqual(e.Item, { ...key("a", 1), v: { S: "first" } });
        return true;
    });
    delete put.input.ReturnValuesOnConditionCheckFailure;
    await assert.rejects(client.send(put), (e) => e.Item === undefined);
});

test("query, scan and their pages", async () => {
    await makeTable("Pages");
    for (let n = 0; n < 5; n++) await client.send(new PutItemCommand({ TableName: "Pages", Item: { ...key("p", n), weight: { N: `${n}` } } }));
    const query = { TableName: "Pages", KeyConditionExpression: "pk = :p", ExpressionAttributeValues: { ":p": { S: "p" } } };
    const first = await client.send(new QueryCommand({ ...query, Limit: 2 }));
    assert.deepEqual(first.LastEvaluatedKey, key("p", 1));
    const rest = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
    assert.deepEqual([rest.Count, rest.LastEvaluatedKey], [3, undefined]);
    const scan = { TableName: "Pages", FilterExpression: "weight > :n", ExpressionAttributeValues: { ":n": { N: "2" } } };
    assert.deepEqual(await client.send(new ScanCommand(scan)).then((r) => [r.Count, r.ScannedCount]), [2, 5]);
    let pages = 0;
    for await (const page of paginateScan({ client, pageSize: 2 }, { TableName: "Pages" })) pages += page.Items.length ? 1 : 0;
    assert.equal(pages, 3);
});

test("batches", async () => {
    await makeTable("Batches");
    const puts = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: key("b", n) } }));
    assert.deepEqual((await client.send(new BatchWriteItemCommand({ RequestItems: { Batches: puts } }))).UnprocessedItems, {});
    const got = await client.send(new BatchGetItemCommand({ RequestItems: { Batches: { Keys: [key("b", 3), key("b", 99)] } } }));
    assert.deepEqual(got.Responses.Batches, [key("b", 3)]);
    assert.deepEqual(got.UnprocessedKeys, {});
    await assert.rejects(client.send(new BatchWriteItemCommand({ RequestItems: { Batches: [...puts, ...puts] } })), { name: "ValidationException" });
});

test("what is wrong, and what is not there yet, is said by name", async () => {
    await makeTable("Wrong");
    await assert.rejects(client.send(new PutItemCommand({ TableName: "Wrong", Item: { pk: { S: "" }, sk: { N: "1" } } })), {
        name: "ValidationException",
        message: "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    });
    await assert.rejects(client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: "Wrong", Item: key("a", 1) } }] })), {
        name: "UnknownOperationException",
    });
});

test("plain values with the document client", async () => {
    await makeTable("Documents");
    const item = { pk: "d", sk: 1, text: "\u00fc", number: 1.5, list: [1, "a", { deep: [] }], map: { k: null }, yes: true, set: new Set(["a", "b"]) };
    await documents.send(new PutCommand({ TableName: "Documents", Item: item }));
    assert.deepEqual((await documents.send(new GetCommand({ TableName: "Documents", Key: { pk: "d", sk: 1 } }))).Item, item);

    const large = DynamoDBDocumentClient.from(new DynamoDBClient(t.config), { unmarshallOptions: { wrapNumbers: true } });
    const digits = "12345678901234567890123456789012345678";
    await large.send(new PutCommand({ TableName: "Documents", Item: { pk: "d", sk: 2, digits: NumberValue.from(digits) } }));
    assert.equal((await large.send(new GetCommand({ TableName: "Documents", Key: { pk: "d", sk: 2 } }))).Item.digits.toString(), digits);

    const updated = await documents.send(new UpdateCommand({
        TableName: "Documents", Key: { pk: "d", sk: 1 }, UpdateExpression: "SET #l = list_append(#l, :more) REMOVE #m",
        ExpressionAttributeNames: { "#l": "list", "#m": "map" }, ExpressionAttributeValues: { ":more": ["z"] }, ReturnValues: "ALL_NEW",
    }));
    assert.deepEqual([updated.Attributes.list, updated.Attributes.map], [[...item.list, "z"], undefined]);

    await documents.send(new BatchWriteCommand({ RequestItems: { Documents: [3, 4].map((sk) => ({ PutRequest: { Item: { pk: "d", sk } } })) } }));
    const batch = await documents.send(new BatchGetCommand({ RequestItems: { Documents: { Keys: [{ pk: "d", sk: 3 }] } } }));
    assert.deepEqual(batch.Responses.Documents, [{ pk: "d", sk: 3 }]);
    const query = { TableName: "Documents", KeyConditionExpression: "pk = :p AND sk BETWEEN :a AND :b", ExpressionAttributeValues: { ":p": "d", ":a": 2, ":b": 4 } };
    assert.deepEqual((await documents.send(new DocumentQuery({ ...query, ProjectionExpression: "sk" }))).Items, [{ sk: 2 }, { sk: 3 }, { sk: 4 }]);
    const all = [];
    for await (const page of paginateQuery({ client: documents, pageSize: 1 }, query)) all.push(...page.Items);
    assert.equal(all.length, 3);
    await documents.send(new DeleteCommand({ TableName: "Documents", Key: { pk: "d", sk: 1 } }));
    assert.equal((await documents.send(new DocumentScan({ TableName: "Documents", Select: "COUNT" }))).Count, 3);
});

test("a stream is read from a place to its end", async () => {
    const streams = new DynamoDBStreamsClient(t.config);
    const table = await makeTable("Streamed", { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } });
    await documents.send(new PutCommand({ TableName: "Streamed", Item: { pk: "s", sk: 1, v: 1 } }));
    await documents.send(new UpdateCommand({ TableName: "Streamed", Key: { pk: "s", sk: 1 }, UpdateExpression: "SET v = :v", ExpressionAttributeValues: { ":v": 2 } }));
    await documents.send(new DeleteCommand({ TableName: "Streamed", Key: { pk: "s", sk: 1 } }));

    const { Streams } = await streams.send(new ListStreamsCommand({ TableName: "Streamed" }));
    assert.equal(Streams[0].StreamArn, table.LatestStreamArn);
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: Streams[0].StreamArn }));
    const place = { StreamArn: Streams[0].StreamArn, ShardId: StreamDescription.Shards[0].ShardId };
    const start = await streams.send(new GetShardIteratorCommand({ ...place, ShardIteratorType: "TRIM_HORIZON" }));
    const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator: start.ShardIterator }));
    assert.deepEqual(Records.map((r) => r.eventName), ["INSERT", "MODIFY", "REMOVE"]);
    assert.deepEqual([Records[1].dynamodb.OldImage.v, Records[1].dynamodb.NewImage.v], [{ N: "1" }, { N: "2" }]);
    assert.ok(Records[0].dynamodb.ApproximateCreationDateTime instanceof Date);

    const at = await streams.send(new GetShardIteratorCommand({ ...place, ShardIteratorType: "AT_SEQUENCE_NUMBER", SequenceNumber: Records[2].dynamodb.SequenceNumber }));
    assert.deepEqual((await streams.send(new GetRecordsCommand({ ShardIterator: at.ShardIterator }))).Records, [Records[2]]);
    const latest = await streams.send(new GetShardIteratorCommand({ ...place, ShardIteratorType: "LATEST" }));
    assert.deepEqual((await streams.send(new GetRecordsCommand({ ShardIterator: latest.ShardIterator }))).Records, []);
    await assert.rejects(streams.send(new GetRecordsCommand({ ShardIterator: "nonsense" })), (e) => e.$metadata.httpStatusCode === 400);
});
