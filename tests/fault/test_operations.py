"""Every operation with inputs that no SDK would send, made from botocore's models: members of the wrong type, missing, huge,
deeply nested, of broken UTF-8, with zeros; one or two of them in an input that is right otherwise.

Each request gets an answer that its protocol can read and that is no server error, and the server lives on, under ASan.

TIDEPOOL_FUZZ_REQUESTS=1000000 sends more than the suite does, TIDEPOOL_FUZZ_SEED others; a failure names what it sent.
"""
import base64
import copy
import http.client
import json
import os
import random
import re
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.session

from harness import Tidepool

REQUESTS = int(os.environ.get("TIDEPOOL_FUZZ_REQUESTS", "10000"))
SEED = int(os.environ.get("TIDEPOOL_FUZZ_SEED", "1"))
SERVICES = ("dynamodb", "dynamodbstreams", "sqs", "sns", "lambda", "events", "apigateway", "apigatewayv2", "sts")

# SQS speaks two protocols; botocore's model names one of them, which one depends on its age.
PROTOCOLS = {"sqs": ("json", "query"), "sns": ("query",), "sts": ("query",), "lambda": ("rest-json",), "apigateway": ("rest-json",),
             "apigatewayv2": ("rest-json",)}
TARGETS = {"dynamodb": "DynamoDB_20120810", "dynamodbstreams": "DynamoDBStreams_20120810", "sqs": "AmazonSQS", "events": "AWSEvents"}

ECHO = "return function(event) return event end"
TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Echo": {
    "Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": "echo", "Handler": "index.handler", "Runtime": "lua5.4", "InlineCode": ECHO,
        "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/echo", "Method": "GET"}}}}}}}

ARN = "arn:aws:%s:us-east-1:000000000000:%s"
KEY = {"id": {"S": "a"}, "at": {"N": "1"}}

# What a member of this name is, wherever it stands; one of them.
RIGHT = {
    "TableName": ["Things"], "IndexName": ["byColour"], "QueueName": ["jobs", "other"], "TopicArn": [ARN % ("sns", "news")],
    "FunctionName": ["echo"], "EventSourceArn": [ARN % ("sqs", "jobs")], "Name": ["news", "daily"], "Rule": ["daily"],
    "WaitTimeSeconds": [0], "InvocationType": ["Event"], "MaxNumberOfMessages": [10], "Endpoint": [ARN % ("sqs", "jobs")],
    "ResourceArn": [ARN % ("dynamodb", "table/Things")], "ResourceARN": [ARN % ("events", "rule/daily")],
}

TABLE = {"TableName": "Things", "BillingMode": "PAY_PER_REQUEST",
         "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"},
                                  {"AttributeName": "colour", "AttributeType": "S"}],
         "GlobalSecondaryIndexes": [{"IndexName": "byColour", "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                                     "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]}}],
         "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
ITEM = {**KEY, "colour": {"S": "red"}, "n": {"N": "-1.5e3"}, "deep": {"M": {"a": {"L": [{"BOOL": True}, {"NULL": True}]}}},
        "set": {"SS": ["a", "b"]}, "bytes": {"B": "AAEC"}}
S, N = {":s": {"S": "red"}}, {":n": {"N": "1"}}
ATTRIBUTES = {"a": {"DataType": "String", "StringValue": "b"}, "n": {"DataType": "Number", "StringValue": "1"},
              "x": {"DataType": "Binary", "BinaryValue": "AAEC"}}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
REDRIVE = json.dumps({"deadLetterTargetArn": ARN % ("sqs", "other"), "maxReceiveCount": 3})

# Whole inputs that are right; QueueUrl and what the services made up are filled in.
INPUTS = {
    "CreateTable": [TABLE, {**TABLE, "TableName": "Other"}],
    "UpdateTable": [{"TableName": "Other", "StreamSpecification": {"StreamEnabled": False}},
                    {"TableName": "Other", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byColour"}}]}],
    "PutItem": [{"TableName": "Things", "Item": ITEM},
                {"TableName": "Things", "Item": ITEM, "ConditionExpression": "attribute_exists(id) AND colour = :s OR size(deep.a) > :n",
                 "ExpressionAttributeValues": {**S, **N}, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"},
                {"TableName": "Things", "Item": ITEM, "Expected": {"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "1"}]}}}],
    "GetItem": [{"TableName": "Things", "Key": KEY, "ProjectionExpression": "#at, deep.a[0], bytes", "ConsistentRead": True,
                 "ExpressionAttributeNames": {"#at": "at"}}, {"TableName": "Things", "Key": KEY, "AttributesToGet": ["n"]}],
    "DeleteItem": [{"TableName": "Things", "Key": KEY, "ReturnValues": "ALL_OLD", "ConditionExpression": "begins_with(colour, :s)",
                    "ExpressionAttributeValues": S}],
    "UpdateItem": [{"TableName": "Things", "Key": KEY, "UpdateExpression": expression, "ExpressionAttributeValues": values,
                    "ReturnValues": "ALL_NEW"} for expression, values in (
        ("SET colour = if_not_exists(colour, :s), deep.b = :s", S), ("ADD n :n REMOVE deep.a[0], bytes", N),
        ("SET deep.a = list_append(deep.a, :l), n = n + :n", {":l": {"L": [{"S": "x"}]}, **N}),
        ("DELETE #s :d", {":d": {"SS": ["a"]}}))] + [
        {"TableName": "Things", "Key": KEY, "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "1"}}}}],
    "Query": [{"TableName": "Things", "KeyConditionExpression": "id = :i AND #at BETWEEN :n AND :n", "FilterExpression": "n < :n",
               "ExpressionAttributeNames": {"#at": "at"}, "ExpressionAttributeValues": {":i": {"S": "a"}, **N}, "Limit": 1},
              {"TableName": "Things", "IndexName": "byColour", "KeyConditionExpression": "colour = :s",
               "ExpressionAttributeValues": S, "ExclusiveStartKey": {**KEY, "colour": {"S": "red"}}, "ScanIndexForward": False},
              {"TableName": "Things", "KeyConditions": {"id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}}],
    "Scan": [{"TableName": "Things", "Segment": 0, "TotalSegments": 2, "FilterExpression": "contains(colour, :s) AND NOT n IN (:n, :s)",
              "ExpressionAttributeValues": {**S, **N}, "Select": "COUNT"},
             {"TableName": "Things", "ExclusiveStartKey": KEY, "ProjectionExpression": "id", "Limit": 1}],
    "BatchGetItem": [{"RequestItems": {"Things": {"Keys": [KEY], "ProjectionExpression": "id"}}, "ReturnConsumedCapacity": "TOTAL"}],
    "BatchWriteItem": [{"RequestItems": {"Things": [{"PutRequest": {"Item": ITEM}},
                                                    {"DeleteRequest": {"Key": {"id": {"S": "b"}, "at": {"N": "1"}}}}]}}],
    "GetShardIterator": [{"ShardIteratorType": "TRIM_HORIZON"}],
    "CreateQueue": [{"QueueName": "other", "Attributes": {"VisibilityTimeout": "30", "Policy": POLICY}, "tags": {"a": "b"}}],
    "SetQueueAttributes": [{"Attributes": {"RedrivePolicy": REDRIVE, "MaximumMessageSize": "262144", "DelaySeconds": "0"}}],
    "SendMessage": [{"MessageBody": "hello", "MessageAttributes": ATTRIBUTES, "DelaySeconds": 0}],
    "SendMessageBatch": [{"Entries": [{"Id": "1", "MessageBody": "hello", "MessageAttributes": ATTRIBUTES},
                                      {"Id": "2", "MessageBody": "hello"}]}],
    "ReceiveMessage": [{"AttributeNames": ["All"], "MessageAttributeNames": ["a", "n.*"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}],
    "ChangeMessageVisibility": [{"VisibilityTimeout": 0}],
    "Publish": [{"Message": json.dumps({"default": "hello", "sqs": "queue"}), "MessageStructure": "json", "MessageAttributes": ATTRIBUTES},
                {"Message": "hello", "Subject": "hello"}],
    "PublishBatch": [{"PublishBatchRequestEntries": [{"Id": "1", "Message": "hello", "MessageAttributes": ATTRIBUTES}]}],
    "Subscribe": [{"Protocol": "sqs", "Attributes": {"RawMessageDelivery": "true", "FilterPolicy": '{"a":[{"prefix":"b"}]}'}},
                  {"Protocol": "lambda", "Endpoint": ARN % ("lambda", "function:echo"), "Attributes": {"RedrivePolicy": REDRIVE}}],
    "SetSubscriptionAttributes": [{"AttributeName": "FilterPolicy", "AttributeValue": '{"a":[{"anything-but":["b"]},{"numeric":["<",1]}]}'}],
    "SetTopicAttributes": [{"AttributeName": "DisplayName", "AttributeValue": "News"}, {"AttributeName": "Policy", "AttributeValue": POLICY}],
    "CreateEventSourceMapping": [{"BatchSize": 2, "FilterCriteria": {"Filters": [{"Pattern": '{"body":{"a":[1]}}'}]},
                                  "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 2}}],
    "PutFunctionEventInvokeConfig": [{"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}],
    "PutFunctionConcurrency": [{"ReservedConcurrentExecutions": 5}],
    "Invoke": [{"Payload": '{"a":[1,"b",null]}'}, {"Payload": '"a"', "InvocationType": "DryRun"}],
    "PutRule": [{"Name": "daily", "ScheduleExpression": "cron(0 12 ? * MON-FRI *)", "State": "ENABLED", "Description": "noon"},
                {"Name": "daily", "ScheduleExpression": "rate(2 days)"}],
    "PutTargets": [{"Targets": [{"Id": "1", "Arn": ARN % ("lambda", "function:echo"), "Input": '{"a":1}'},
                                {"Id": "2", "Arn": ARN % ("sqs", "jobs")}]}],
    "RemoveTargets": [{"Ids": ["1"]}],
}

# Marks in a text that no encoder would write; `bytes_of` puts them in.
LONE_SURROGATE, DEEP = "@lone@", "@deep@"
WORDS = ["", "a", "0", "-1", "true", "null", "../..", "%00", "a\0b", "\0", "\x1b[2J", "\u202e", "\ud7ff", "\U0001f389", "\udcff\udcfe",
         "caf\udce9", "\udced\udca0\udc80", LONE_SURROGATE, "arn:", "arn:aws:sqs:::", "arn:aws:sqs:us-east-1:000000000000:", ":::::::",
         "[]", "{}", '{"a":', "&<>\"'", "a" * 257, "a" * 1025, "b" * 2049, "c" * 65501, "d" * 70000, "\u20ac" * 30000, "\0" * 3000, "#" * 4097]
HUGE = ["e" * (1 << 20), "\x01" * (400 << 10), "\u20ac" * (400 << 10)]
NUMBERS = [-1, 0, 1 << 31, -(1 << 31), (1 << 53) + 1, 1 << 63, 1 << 64, -(1 << 63), 1e308, -1e308, 0.5, 1e-320, 10 ** 40]
DEPTH = 5000


def no_scalars():
    return [None, True, False, [], {}, [[]], [None], {"": ""}, {"a": None}, [{}] * 200, DEEP, {"S": "a"}, {"N": "x"}, {"B": "!"}, {"M": {}},
            {"L": [{}]}, {"SS": []}, {"S": "a", "N": "1"}]


class Maker:
    """Inputs of one model's shapes."""

    def __init__(self, rnd, right):
        self.random, self.right = rnd, right

    def scalar(self, shape):
        kind = shape.type_name
        if kind in ("integer", "long"):
            low = int(shape.metadata.get("min", 0))
            return self.random.randint(low, max(low, min(int(shape.metadata.get("max", 5)), low + 5)))
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("float", "double", "timestamp"):
            return self.random.choice([0, 1.5, 1700000000])
        if kind == "blob":
            return base64.b64encode(b"{}").decode()
        enum = shape.metadata.get("enum")
        return self.random.choice(enum) if enum else self.random.choice(["a", "news", "jobs", "1"])

    def value(self, shape, name="", depth=0):
        if name in self.right:
            return copy.deepcopy(self.random.choice(self.right[name]))
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth + 1)
        if kind == "list":
            return [self.value(shape.member, "", depth + 1) for _ in range(self.random.randint(1, 2))] if depth < 6 else []
        if kind == "map":
            return {str(self.scalar(shape.key)): self.value(shape.value, "", depth + 1)} if depth < 6 else {}
        return self.scalar(shape)

    def input(self, operation):
        """One that is right for the operation, as far as we know."""
        shape = operation.input_shape
        if shape is None:
            return {}
        if operation.name not in INPUTS or self.random.random() < 0.25:
            return self.structure(shape)
        tree = copy.deepcopy(self.random.choice(INPUTS[operation.name]))
        for name in shape.members:
            if name not in tree and (name in shape.required_members or name in ("TopicArn", "Endpoint", "EventSourceArn")):
                tree[name] = self.value(shape.members[name], name)
        return tree

    def structure(self, shape, depth=0):
        optional = 0.2
        return {name: self.value(member, name, depth) for name, member in shape.members.items()
                if name in shape.required_members or (depth < 6 and self.random.random() < optional)}

    # --- what is wrong

    def wrong(self, old):
        dice = self.random.random()
        if dice < 0.45:
            return self.random.choice(WORDS)
        if dice < 0.6:
            return self.random.choice(NUMBERS)
        if dice < 0.61:
            return self.random.choice(HUGE)
        if dice < 0.7 and isinstance(old, str):
            return old + self.random.choice(WORDS)
        if dice < 0.75:
            return [copy.deepcopy(old)] * self.random.choice([2, 11, 101])
        return copy.deepcopy(self.random.choice(no_scalars()))

    def places(self, tree, found):
        items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
        for key, value in items:
            found.append((tree, key))
            self.places(value, found)
        return found

    def spoil(self, tree, shape):
        """Changes one place of the tree."""
        places = self.places(tree, [])
        if shape.members and (not places or self.random.random() < 0.2):
            name = self.random.choice(list(shape.members))  # one that may not be there
            tree[name] = self.wrong(self.value(shape.members[name], name))
            return
        if not places:
            return
        at, key = self.random.choice(places)
        dice = self.random.random()
        if dice < 0.15:
            del at[key]
        elif dice < 0.25 and isinstance(at, dict):
            at[self.random.choice(WORDS)] = at.pop(key)
        else:
            at[key] = self.wrong(at[key])


# --- the three protocols

def bytes_of(text):
    return text.encode("utf-8", "surrogateescape")


def json_bytes(tree):
    body = bytes_of(json.dumps(tree, ensure_ascii=False))
    return body.replace(b'"' + DEEP.encode() + b'"', b"[" * DEPTH + b"]" * DEPTH).replace(LONE_SURROGATE.encode(), b"\\ud800")


def plain(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def quote(value, safe=""):
    return urllib.parse.quote(bytes_of(plain(value)), safe=safe)


def flatten(out, prefix, value, shape):
    """Query's names for the members of a tree; where the tree does not follow the shape, as good as it goes."""
    kind = shape.type_name if shape else None
    serialization = shape.serialization if shape else {}
    flat = serialization.get("flattened")
    if isinstance(value, dict) and kind == "map":
        for i, (k, v) in enumerate(value.items(), 1):
            entry = "%s.%d" % (prefix, i) if flat else "%s.entry.%d" % (prefix, i)
            flatten(out, "%s.%s" % (entry, shape.key.serialization.get("name", "key")), k, shape.key)
            flatten(out, "%s.%s" % (entry, shape.value.serialization.get("name", "value")), v, shape.value)
    elif isinstance(value, dict):
        members = shape.members if kind == "structure" else {}
        for k, v in value.items():
            name = members[k].serialization.get("name", k) if k in members else k
            flatten(out, "%s.%s" % (prefix, name) if prefix else name, v, members.get(k))
    elif isinstance(value, list):
        if flat and kind == "list" and shape.member.serialization.get("name"):
            prefix = ".".join(prefix.split(".")[:-1] + [shape.member.serialization["name"]])
        for i, v in enumerate(value, 1):
            flatten(out, "%s.%d" % (prefix, i) if flat else "%s.member.%d" % (prefix, i), v, shape.member if kind == "list" else None)
    else:
        out.append("%s=%s" % (quote(prefix), quote(value)))


class Request:
    def __init__(self, operation, protocol, tree):
        self.operation, self.protocol = operation, protocol
        service = operation.service_model
        scope = "Credential=test/20260101/us-east-1/%s/aws4_request" % service.service_name
        self.headers = {"authorization": "AWS4-HMAC-SHA256 %s, SignedHeaders=host, Signature=0" % scope}
        self.method, self.path, self.body, self.spoiled = "POST", "/", b"", False
        {"json": self.as_json, "query": self.as_query, "rest-json": self.as_rest}[protocol](tree)

    def as_json(self, tree):
        service = self.operation.service_model.service_name
        self.headers.update({"content-type": "application/x-amz-json-1.0",
                             "x-amz-target": "%s.%s" % (TARGETS[service], self.operation.name)})
        self.body = json_bytes(tree)

    def as_query(self, tree):
        out = ["Action=" + self.operation.name, "Version=" + self.operation.service_model.api_version]
        flatten(out, "", tree, self.operation.input_shape)
        self.headers["content-type"] = "application/x-www-form-urlencoded"
        self.body = "&".join(out).encode()

    def as_rest(self, tree):
        shape, query, rest = self.operation.input_shape, [], {}
        self.method = self.operation.http["method"]
        path = self.operation.http["requestUri"]
        labels = {}
        for name, value in tree.items():
            member = shape.members.get(name) if shape else None
            where = member.serialization.get("location") if member is not None else None
            wire = member.serialization.get("name", name) if member is not None else name
            if where == "uri":
                labels[wire] = quote(value)
            elif where == "querystring":
                query += ["%s=%s" % (quote(wire), quote(v)) for v in (value if isinstance(value, list) else [value])]
            elif where == "header":
                self.headers[wire] = re.sub(rb"[\0-\x1f\x7f]", b"?", bytes_of(plain(value)))[:8000]
            elif shape is not None and shape.serialization.get("payload") == name:
                self.body = bytes_of(plain(value))
            else:
                rest[wire] = value
        self.path = re.sub(r"\{(\w+)\+?\}", lambda m: labels.get(m.group(1), "x"), path)
        if query:
            self.path += ("&" if "?" in self.path else "?") + "&".join(query)
        if rest and not self.body:
            self.body = json_bytes(rest)
            self.headers["content-type"] = "application/json"

    def spoil_bytes(self, rnd):
        """The encoded body with a hole, a foreign byte, or an early end."""
        self.spoiled = True
        at = rnd.randrange(len(self.body) + 1)
        self.body = rnd.choice([self.body[:at], self.body[:at] + bytes([rnd.randrange(256)]) + self.body[at + 1:],
                                self.body[:at] + self.body[at + rnd.randrange(1, 9):], self.body + b"\0", self.body[:at] + self.body])

    def __str__(self):
        body = self.body if len(self.body) < 3000 else self.body[:1500] + b" ... " + self.body[-500:]
        return "%s %s (%s) %s %s\n%r\n%d bytes" % (self.operation.service_model.service_name, self.operation.name, self.protocol,
                                                   self.method, self.path[:3000], body, len(self.body))


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.t = Tidepool(files={"template.json": TEMPLATE}, args=["--workers", "1", "--log-level", "error"])
        cls.random = random.Random(SEED)
        loader = botocore.session.get_session()
        cls.right = dict(RIGHT, QueueUrl=["%s/000000000000/jobs" % cls.t.url()], ReceiptHandle=["x"])
        cls.maker = Maker(cls.random, cls.right)
        cls.operations = []
        cls.connection = None
        for service in SERVICES:
            model = loader.get_service_model(service)
            for protocol in PROTOCOLS.get(service, ("json",)):
                for name in model.operation_names:
                    operation = model.operation_model(name)
                    if cls.known(Request(operation, protocol, {})):
                        cls.operations.append((operation, protocol))

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        cls.t.close()

    @classmethod
    def send(cls, request):
        if not cls.connection:
            cls.connection = http.client.HTTPConnection("127.0.0.1", cls.t.port, timeout=600)
        try:
            cls.connection.request(request.method, request.path, request.body, request.headers)
            answer = cls.connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, ConnectionError, BrokenPipeError):
            cls.connection.close()
            cls.connection = None
            raise

    @classmethod
    def known(cls, request):
        """Whether tidepool has the operation."""
        status, body = cls.send(request)
        return not re.search(rb"UnknownOperation|InvalidAction|is not valid for this endpoint|Unable to determine", body)

    def ask(self, name, find=None, **changes):
        """A right input; `find` says where in the answer a value is that others will want."""
        operation, protocol = next(o for o in self.operations if o[0].name == name)
        status, body = self.send(Request(operation, protocol, {**self.maker.input(operation), **changes}))
        found = re.search(find, body) if find else None
        return found.group(1).decode() if found else None

    def furnish(self):
        """What right inputs speak of; made again from time to time, since the requests delete too."""
        self.t.control("clock", action="advance", value="2m")  # a queue that was deleted is not made within a minute
        queue = self.right["QueueUrl"][0]
        for name, changes in (("CreateTable", TABLE), ("PutItem", {"TableName": "Things", "Item": ITEM}), ("CreateQueue", {"QueueName": "jobs"}),
                              ("CreateQueue", {"QueueName": "other"}), ("CreateTopic", {"Name": "news"}),
                              ("PutRule", INPUTS["PutRule"][0]), ("PutTargets", {**INPUTS["PutTargets"][0], "Rule": "daily"}),
                              ("SendMessage", {"QueueUrl": queue, "MessageBody": "hello"})):
            self.ask(name, **changes)
        for member, name, find, changes in (
                ("SubscriptionArn", "Subscribe", rb"<SubscriptionArn>(.*?)</", {"TopicArn": RIGHT["TopicArn"][0], "Protocol": "sqs"}),
                ("ReceiptHandle", "ReceiveMessage", rb'"ReceiptHandle":"(.*?)"', {"QueueUrl": queue, "VisibilityTimeout": 0}),
                ("StreamArn", "DescribeTable", rb'"LatestStreamArn":"(.*?)"', {"TableName": "Things"}),
                ("ShardId", "DescribeStream", rb'"ShardId":"(.*?)"', {}),
                ("ShardIterator", "GetShardIterator", rb'"ShardIterator":"(.*?)"', {"ShardIteratorType": "TRIM_HORIZON"}),
                ("UUID", "ListEventSourceMappings", rb'"UUID":"(.*?)"', {})):
            found = self.ask(name, find, **changes)
            if found:
                self.right[member] = [found]

    def next_request(self):
        operation, protocol = self.random.choice(self.operations)
        shape = operation.input_shape
        tree = self.maker.input(operation)
        if operation.name == "DeleteFunction":  # nobody could make it again
            tree["FunctionName"] = "nobody"
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 3])):
            if shape is not None:
                self.maker.spoil(tree, shape)
        request = Request(operation, protocol, tree)
        if self.random.random() < 0.05:
            request.spoil_bytes(self.random)
        return request

    def check_answer(self, request, status, body):
        self.assertTrue(200 <= status < 500, body[:2000])
        if status in (413, 414, 431) or not body:
            return
        if request.protocol == "query" and not request.spoiled or body.startswith(b"<") and request.spoiled:
            ElementTree.fromstring(body.decode())
        elif request.operation.name != "Invoke":
            json.loads(body.decode())

    def test_each_input_gets_an_answer(self):
        self.assertGreater(len(self.operations), 90)
        for n in range(REQUESTS):
            if n % 100 == 0:
                self.furnish()
            request = self.next_request()
            try:
                self.check_answer(request, *self.send(request))
            except Exception as e:
                self.fail("request %d of seed %d: %s\n%s: %s\n%s" % (n, SEED, request, type(e).__name__, e, self.t.output()[-6000:]))
        listing = next(o for o in self.operations if o[0].name == "ListTables")
        self.assertEqual(self.send(Request(*listing, {}))[0], 200)

    def test_an_error_is_utf8_whatever_it_repeats(self):
        """Bytes that are no UTF-8 in each member that must be there."""
        repeated = 0
        for operation, protocol in self.operations:
            shape = operation.input_shape
            for name in shape.required_members if shape is not None else ():
                tree = {**self.maker.input(operation), name: "\udced\udca0\udc80 \udcff"}
                status, body = self.send(Request(operation, protocol, tree))
                if status >= 400:
                    repeated += "\ufffd" in body.decode("utf-8")
        self.assertGreater(repeated, 10)



if __name__ == "__main__":
    unittest.main()
