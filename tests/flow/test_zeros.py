"""U+0000 is a character like others: JSON and DynamoDB's texts hold it, and it goes whole through all that they go through."""
import json
import unittest

from harness import Tidepool, until

TEXT = "a\0b\0"  # in keys, values and names, in the middle and at the end

# Says what it got, and writes it into a table.
NOTE = """
return function(event)
    local note = json.decode(event.body)
    assert(note.id == 'a\\0b\\0' and note['a\\0b\\0'] == note.id)
    aws.table("Notes"):put(note)
    return { statusCode = 200, headers = { ["content-type"] = "application/json" }, body = json.encode(aws.table("Notes"):get { id = note.id }) }
end
"""

# Copies a stream's records into a table, as typed values and as plain ones.
COPY = """
return function(event)
    for _, record in ipairs(event.Records) do
        local image = record.dynamodb.NewImage
        assert(image.id.S == 'a\\0b\\0' and record.dynamodb.Keys.id.S == image.id.S)
        aws.dynamodb.put_item { TableName = "Typed", Item = image }
        aws.table("Plain"):put(aws.plain(image))
    end
end
"""

ECHO = """
return function(event)
    assert(event.text == 'a\\0b\\0')
    return { name = event['a\\0b\\0'], lengths = { #event.text, #json.encode(event.text) }, event = event }
end
"""


def function(code, **properties):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "Runtime": "lua5.4", "Handler": "index", "InlineCode": code, "Timeout": 30, **properties}}


def table(name, **properties):
    return {"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], **properties}}


def route(kind):
    return {kind: {"Type": kind, "Properties": {"Method": "POST", "Path": "/notes"}}}


TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Notes": table("Notes", StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"}),
        "Typed": table("Typed"),
        "Plain": table("Plain"),
        "Note": function(NOTE, Events={**route("Api"), **route("HttpApi")}),
        "Copy": function(COPY, Events={"Notes": {"Type": "DynamoDB", "Properties": {
            "Stream": {"Fn::GetAtt": ["Notes", "StreamArn"]}, "StartingPosition": "TRIM_HORIZON"}}}),
        "Echo": function(ECHO, FunctionName="echo"),
    },
}


class Zeros(unittest.TestCase):
    def setUp(self):
        self.t = Tidepool(files={"template.json": TEMPLATE})
        self.dynamodb = self.t.client("dynamodb")

    def tearDown(self):
        self.t.close()

    def items(self, name):
        return self.dynamodb.scan(TableName=name)["Items"]

    def records(self):
        streams = self.t.client("dynamodbstreams")
        arn = streams.list_streams(TableName="Notes")["Streams"][0]["StreamArn"]
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        return streams.get_records(ShardIterator=iterator)["Records"]

    def test_from_a_table_through_its_stream_and_a_handler_into_another(self):
        item = {"id": {"S": TEXT}, TEXT: {"M": {"\0": {"SS": ["\0", TEXT]}, "list": {"L": [{"S": "\0"}]}}}}
        self.dynamodb.put_item(TableName="Notes", Item=item)
        record = self.records()[0]["dynamodb"]
        self.assertEqual((record["Keys"], record["NewImage"]), ({"id": {"S": TEXT}}, item))
        for name in ("Typed", "Plain"):
            until(lambda: self.items(name))
            self.assertEqual(self.items(name), [item])
        self.t.kill()
        self.t.start()
        self.assertEqual(self.records()[0]["dynamodb"]["NewImage"], item)
        self.assertEqual(self.items("Typed"), [item])

    def test_through_the_body_of_a_request_and_its_answer(self):
        note = {"id": TEXT, TEXT: TEXT}
        for n in (0, 1):  # a REST API, an HTTP API
            a = self.t.api("POST", "/notes", note, n=n)
            self.assertEqual((a.status, a.body and a.json), (200, note))
        self.assertEqual(self.items("Notes"), [{"id": {"S": TEXT}, TEXT: {"S": TEXT}}])

    def test_through_an_invocation_and_its_result(self):
        event = {"text": TEXT, TEXT: "\0", "\0": [{}, None]}
        r = self.t.client("lambda").invoke(FunctionName="echo", Payload=json.dumps(event))
        self.assertEqual(json.loads(r["Payload"].read()), {"name": "\0", "lengths": [4, 16], "event": event})


if __name__ == "__main__":
    unittest.main(warnings="ignore")
