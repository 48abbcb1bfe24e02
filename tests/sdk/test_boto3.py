"""boto3 against tidepool: each operation of DynamoDB, Streams, SQS, STS, SNS, Lambda and EventBridge at least once.

Runs with Debian 12's boto3 (SQS over the Query protocol) and with newer ones (SQS over JSON).
"""
import base64
import json
import os
import threading
import time
import unittest
import urllib.error
import urllib.request
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from harness import ROOT, Tidepool, request, until

t = None
ACCOUNT = "000000000000"


def setUpModule():
    global t
    t = Tidepool(folder=os.path.join(ROOT, "tests", "sdk", "app"))


def tearDownModule():
    t.close()


def resource(service):
    return boto3.resource(service, endpoint_url=t.url(), region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


class Case(unittest.TestCase):
    def refused(self, code, call, **kw):
        """The text of the ClientError with this code that call(**kw) must raise."""
        with self.assertRaises(ClientError) as raised:
            call(**kw)
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        return error["Message"]


# ---------------------------------------------------------------- DynamoDB

def make_table(name, **more):
    t.client("dynamodb").create_table(**{
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        **more})
    return resource("dynamodb").Table(name)


STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}


class Tables(Case):
    def test_a_table_from_creation_to_deletion(self):
        d = t.client("dynamodb")
        made = make_table("Life", Tags=[{"Key": "team", "Value": "sea"}])
        self.refused("ResourceInUseException", make_table, name="Life")
        d.get_waiter("table_exists").wait(TableName="Life")
        table = d.describe_table(TableName="Life")["Table"]
        self.assertEqual((table["TableStatus"], table["TableArn"]), ("ACTIVE", "arn:aws:dynamodb:us-east-1:%s:table/Life" % ACCOUNT))
        self.assertEqual(d.list_tags_of_resource(ResourceArn=made.table_arn)["Tags"], [{"Key": "team", "Value": "sea"}])
        d.tag_resource(ResourceArn=made.table_arn, Tags=[{"Key": "n", "Value": "1"}])
        d.untag_resource(ResourceArn=made.table_arn, TagKeys=["team"])
        self.assertEqual(d.list_tags_of_resource(ResourceArn=made.table_arn)["Tags"], [{"Key": "n", "Value": "1"}])
        d.update_table(TableName="Life", **STREAM)
        self.assertTrue(d.describe_table(TableName="Life")["Table"]["LatestStreamArn"])
        d.delete_table(TableName="Life")
        d.get_waiter("table_not_exists").wait(TableName="Life")
        message = self.refused("ResourceNotFoundException", d.describe_table, TableName="Life")
        self.assertEqual(message, "Requested resource not found: Table: Life not found")

    def test_lists_come_in_pages(self):
        for i in range(3):
            make_table("Page%d" % i)
        pages = t.client("dynamodb").get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
        names = [n for page in pages for n in page["TableNames"]]
        self.assertEqual([n for n in names if n.startswith("Page")], ["Page0", "Page1", "Page2"])

    def test_settings(self):
        d = t.client("dynamodb")
        make_table("Settings")
        self.assertEqual(d.describe_time_to_live(TableName="Settings")["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED")
        self.assertGreater(d.describe_limits()["AccountMaxReadCapacityUnits"], 0)
        self.assertTrue(d.describe_endpoints()["Endpoints"][0]["Address"])


class Items(Case):
    @classmethod
    def setUpClass(cls):
        cls.d = t.client("dynamodb")
        cls.table = make_table(
            "Items",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"},
                                  {"AttributeName": "kind", "AttributeType": "S"}],
            GlobalSecondaryIndexes=[{"IndexName": "by-kind", "Projection": {"ProjectionType": "ALL"},
                                     "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}]}],
            LocalSecondaryIndexes=[{"IndexName": "local", "Projection": {"ProjectionType": "KEYS_ONLY"},
                                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "kind", "KeyType": "RANGE"}]}])

    def test_every_type_comes_back(self):
        item = {"pk": "types", "sk": 1, "text": "\u00fc\u2603", "number": Decimal("1.5E-100"), "large": Decimal(10) ** 37 + 1, "bytes": b"\x00\xff",
                "yes": True, "nothing": None, "list": [1, "a", {"deep": []}], "map": {"k": {"k": "v"}},
                "texts": {"a", "b"}, "numbers": {1, Decimal("2.5")}, "blobs": {b"1", b"2"}}
        self.table.put_item(Item=item)
        got = self.table.get_item(Key={"pk": "types", "sk": 1}, ConsistentRead=True)["Item"]
        self.assertEqual(got.pop("bytes").value, b"\x00\xff")
        self.assertEqual({b.value for b in got.pop("blobs")}, {b"1", b"2"})
        self.assertEqual(got, {k: v for k, v in item.items() if k not in ("bytes", "blobs")})
        self.assertNotIn("Item", self.table.get_item(Key={"pk": "types", "sk": 2}))

    def test_update_and_delete_return_what_was_asked(self):
        key = {"pk": "update", "sk": 1}
        new = self.table.update_item(Key=key, UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one, tags = :t",
                                     ExpressionAttributeNames={"#n": "count"},
                                     ExpressionAttributeValues={":zero": 0, ":one": 1, ":t": {"a", "b"}}, ReturnValues="ALL_NEW")["Attributes"]
        self.assertEqual(new, {**key, "count": 1, "tags": {"a", "b"}})
        changed = self.table.update_item(Key=key, UpdateExpression="ADD #n :five DELETE tags :a REMOVE nothing",
                                         ExpressionAttributeNames={"#n": "count"},
                                         ExpressionAttributeValues={":five": 5, ":a": {"a"}}, ReturnValues="UPDATED_NEW")["Attributes"]
        self.assertEqual(changed, {"count": 6, "tags": {"b"}})
        old = self.table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]
        self.assertEqual(old["count"], 6)

    def test_conditions(self):
        item = {"pk": "once", "sk": 1}
        self.table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
        message = self.refused("ConditionalCheckFailedException", self.table.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())
        self.assertEqual(message, "The conditional request failed")
        with self.assertRaises(self.d.exceptions.ConditionalCheckFailedException):
            self.d.delete_item(TableName="Items", Key={"pk": {"S": "once"}, "sk": {"N": "1"}}, ConditionExpression="sk > :n",
                               ExpressionAttributeValues={":n": {"N": "5"}})

    def test_query_and_scan(self):
        for n in range(7):
            self.table.put_item(Item={"pk": "q", "sk": n, "kind": "even" if n % 2 == 0 else "odd", "size": n * 10})
        got = self.table.query(KeyConditionExpression=Key("pk").eq("q") & Key("sk").between(2, 5), ScanIndexForward=False,
                               FilterExpression=Attr("size").lt(50), ProjectionExpression="sk")
        self.assertEqual([i["sk"] for i in got["Items"]], [4, 3, 2])
        self.assertEqual((got["Count"], got["ScannedCount"]), (3, 4))
        odd = self.table.query(IndexName="by-kind", KeyConditionExpression=Key("kind").eq("odd"))["Items"]
        self.assertEqual({i["sk"] for i in odd}, {1, 3, 5})
        local = self.table.query(IndexName="local", KeyConditionExpression=Key("pk").eq("q") & Key("kind").begins_with("e"))["Items"]
        self.assertEqual([i["sk"] for i in local], [0, 2, 4, 6])
        self.assertEqual(self.table.query(KeyConditionExpression=Key("pk").eq("q"), Select="COUNT")["Count"], 7)

        pages = list(self.d.get_paginator("query").paginate(TableName="Items", KeyConditionExpression="pk = :p",
                                                            ExpressionAttributeValues={":p": {"S": "q"}}, PaginationConfig={"PageSize": 3}))
        self.assertEqual([len(p["Items"]) for p in pages], [3, 3, 1])
        scanned = self.d.get_paginator("scan").paginate(TableName="Items", FilterExpression="pk = :p",
                                                        ExpressionAttributeValues={":p": {"S": "q"}}, PaginationConfig={"PageSize": 2})
        self.assertEqual(sum(len(p["Items"]) for p in scanned), 7)

    def test_batches(self):
        with self.table.batch_writer() as batch:
            for n in range(60):
                batch.put_item(Item={"pk": "batch", "sk": n})
        with self.table.batch_writer() as batch:
            batch.delete_item(Key={"pk": "batch", "sk": 59})
        keys = [{"pk": {"S": "batch"}, "sk": {"N": str(n)}} for n in range(60)]
        got = self.d.batch_get_item(RequestItems={"Items": {"Keys": keys}})
        self.assertEqual(len(got["Responses"]["Items"]), 59)
        self.assertEqual(got["UnprocessedKeys"], {})
        self.refused("ValidationException", self.d.batch_get_item, RequestItems={"Items": {"Keys": keys[:2] + keys[:1]}})

    def test_a_large_batch_get_leaves_keys_unprocessed(self):
        large = "x" * 390_000
        keys = [{"pk": {"S": "large"}, "sk": {"N": str(n)}} for n in range(45)]
        for key in keys:
            self.d.put_item(TableName="Items", Item={**key, "data": {"S": large}})
        found, ask = 0, {"Items": {"Keys": keys}}
        rounds = 0
        while ask:
            got = self.d.batch_get_item(RequestItems=ask)
            found, ask, rounds = found + len(got["Responses"]["Items"]), got["UnprocessedKeys"], rounds + 1
        self.assertEqual(found, 45)
        self.assertGreater(rounds, 1)

    def test_what_is_wrong_is_said_as_dynamodb_says_it(self):
        key = {"pk": {"S": "x"}, "sk": {"N": "1"}}
        self.assertEqual(self.refused("ValidationException", self.d.put_item, TableName="Items", Item={"pk": {"S": "x"}}),
                         "One or more parameter values were invalid: Missing the key sk in the item")
        self.assertEqual(self.refused("ValidationException", self.d.get_item, TableName="Items", Key={"pk": {"S": "x"}}),
                         "The provided key element does not match the schema")
        self.assertEqual(self.refused("ValidationException", self.d.update_item, TableName="Items", Key=key, UpdateExpression="SET size = 1"),
                         'Invalid UpdateExpression: Syntax error; token: "1", near: "= 1"')
        self.assertEqual(self.refused("ResourceNotFoundException", self.d.put_item, TableName="None", Item=key), "Requested resource not found")
        self.refused("UnknownOperationException", self.d.list_backups)


class Silent(Case):
    def test_operations_without_an_output_answer_an_empty_body(self):
        """Those for which botocore's model of a JSON service names no output, as AWS."""
        make_table("Quiet")
        dynamodb, events = t.client("dynamodb"), t.client("events")
        arn = dynamodb.describe_table(TableName="Quiet")["Table"]["TableArn"]
        events.put_rule(Name="quiet", ScheduleExpression="rate(1 day)")
        asks = [(dynamodb, "TagResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
                (dynamodb, "UntagResource", {"ResourceArn": arn, "TagKeys": ["a"]}),
                (events, "DisableRule", {"Name": "quiet"}), (events, "EnableRule", {"Name": "quiet"}), (events, "DeleteRule", {"Name": "quiet"}),
                (events, "DeleteRule", {"Name": "quiet"})]
        for client, name, asked in asks:
            model = client.meta.service_model
            self.assertIsNone(model.operation_model(name).output_shape)
            a = request(t.port, "POST", "/", json.dumps(asked), {"x-amz-target": "%s.%s" % (model.metadata["targetPrefix"], name)})
            self.assertEqual((a.status, a.body), (200, b""), name)


class Streams(Case):
    def test_a_stream_is_read_to_its_end(self):
        streams = t.client("dynamodbstreams")
        table = make_table("Streamed", **STREAM)
        table.put_item(Item={"pk": "a", "sk": 1, "v": 1})
        table.put_item(Item={"pk": "a", "sk": 1, "v": 1})  # changes nothing: no record
        table.put_item(Item={"pk": "a", "sk": 1, "v": 2})
        table.delete_item(Key={"pk": "a", "sk": 1})

        arn = streams.list_streams(TableName="Streamed")["Streams"][0]["StreamArn"]
        self.assertEqual(arn, table.latest_stream_arn)
        description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
        self.assertEqual((description["StreamStatus"], description["StreamViewType"]), ("ENABLED", "NEW_AND_OLD_IMAGES"))
        shard = description["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        page = streams.get_records(ShardIterator=iterator, Limit=2)
        records = page["Records"] + streams.get_records(ShardIterator=page["NextShardIterator"])["Records"]
        self.assertEqual([r["eventName"] for r in records], ["INSERT", "MODIFY", "REMOVE"])
        change = records[1]["dynamodb"]
        self.assertEqual(change["Keys"], {"pk": {"S": "a"}, "sk": {"N": "1"}})
        self.assertEqual((change["OldImage"]["v"], change["NewImage"]["v"]), ({"N": "1"}, {"N": "2"}))

        after = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                                           SequenceNumber=change["SequenceNumber"])["ShardIterator"]
        self.assertEqual([r["eventName"] for r in streams.get_records(ShardIterator=after)["Records"]], ["REMOVE"])
        self.refused("ResourceNotFoundException", streams.describe_stream, StreamArn=arn + "9")


# ---------------------------------------------------------------- SQS

class Queues(Case):
    def setUp(self):
        self.sqs = t.client("sqs")

    def queue(self, name, **attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def arn(self, name):
        return "arn:aws:sqs:us-east-1:%s:%s" % (ACCOUNT, name)

    def receive(self, url, **more):
        return self.sqs.receive_message(QueueUrl=url, **more).get("Messages", [])

    def test_a_queue_from_creation_to_deletion(self):
        url = self.queue("life", VisibilityTimeout="5")
        self.assertEqual(url, "%s/%s/life" % (t.url(), ACCOUNT))
        self.assertEqual(self.sqs.get_queue_url(QueueName="life")["QueueUrl"], url)
        self.assertEqual(self.queue("life", VisibilityTimeout="5"), url)
        self.refused("QueueAlreadyExists", self.queue, name="life", VisibilityTimeout="6")
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual((attributes["VisibilityTimeout"], attributes["DelaySeconds"], attributes["QueueArn"]), ("5", "1", self.arn("life")))
        self.sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"b": "2"})
        self.sqs.add_permission(QueueUrl=url, Label="share", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
        self.sqs.remove_permission(QueueUrl=url, Label="share")
        self.sqs.delete_queue(QueueUrl=url)
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="life")
        # the older code, which both protocols give to boto3
        self.refused("AWS.SimpleQueueService.NonExistentQueue", self.sqs.send_message, QueueUrl=url, MessageBody="x")

    def test_lists_come_in_pages(self):
        for i in range(3):
            self.queue("page-%d" % i)
        pages = list(self.sqs.get_paginator("list_queues").paginate(QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(p["QueueUrls"]) for p in pages], [2, 1])

    def test_send_receive_delete(self):
        url = self.queue("messages")
        attributes = {"kind": {"DataType": "String", "StringValue": "tea"}, "n": {"DataType": "Number", "StringValue": "7"},
                      "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
        sent = self.sqs.send_message(QueueUrl=url, MessageBody="h\u00e9llo <&>\n\"", MessageAttributes=attributes)
        m = self.receive(url, MessageAttributeNames=["All"], AttributeNames=["All"])[0]
        self.assertEqual((m["MessageId"], m["Body"]), (sent["MessageId"], "h\u00e9llo <&>\n\""))
        self.assertEqual((m["MD5OfBody"], m["MD5OfMessageAttributes"]), (sent["MD5OfMessageBody"], sent["MD5OfMessageAttributes"]))
        self.assertEqual(m["MessageAttributes"], attributes)
        self.assertEqual((m["Attributes"]["ApproximateReceiveCount"], m["Attributes"]["SenderId"]), ("1", ACCOUNT))
        self.assertEqual(self.receive(url), [])
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"], VisibilityTimeout=0)
        again = self.receive(url)[0]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        self.assertEqual(self.receive(url), [])
        self.refused("ReceiptHandleIsInvalid", self.sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")

    def test_a_long_poll_ends_with_the_message(self):
        url = self.queue("long")
        t.control("clock", action="freeze")  # so the wait itself never ends
        self.addCleanup(t.control, "clock", action="resume")
        threading.Timer(0.3, t.client("sqs").send_message, kwargs={"QueueUrl": url, "MessageBody": "at last"}).start()
        self.assertEqual(self.receive(url, WaitTimeSeconds=20)[0]["Body"], "at last")

    def test_a_long_poll_without_a_message_ends_with_its_time(self):
        url = self.queue("in-vain")
        began = time.monotonic()
        self.assertEqual(self.receive(url, WaitTimeSeconds=1), [])
        self.assertGreater(time.monotonic() - began, 0.9)

    def test_batches_succeed_and_fail_by_entry(self):
        url = self.queue("batches")
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2", "DelaySeconds": 901}, {"Id": "c", "MessageBody": "3"}])
        self.assertEqual([e["Id"] for e in sent["Successful"]], ["a", "c"])
        self.assertEqual([(e["Id"], e["Code"], e["SenderFault"]) for e in sent["Failed"]], [("b", "InvalidParameterValue", True)])
        got = self.receive(url, MaxNumberOfMessages=10)
        self.assertEqual([m["Body"] for m in got], ["1", "3"])
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": m["Body"], "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 60} for m in got])
        self.assertEqual([e["Id"] for e in changed["Successful"]], ["1", "3"])
        deleted = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": "good", "ReceiptHandle": got[0]["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "nonsense"}])
        self.assertEqual(([e["Id"] for e in deleted["Successful"]], [e["Id"] for e in deleted["Failed"]]), (["good"], ["bad"]))

        two = [{"Id": "a", "MessageBody": "1"}] * 2
        self.refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", self.sqs.send_message_batch, QueueUrl=url, Entries=two)
        many = [{"Id": str(i), "MessageBody": "1"} for i in range(11)]
        self.refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", self.sqs.send_message_batch, QueueUrl=url, Entries=many)
        self.refused("AWS.SimpleQueueService.EmptyBatchRequest", self.sqs.send_message_batch, QueueUrl=url, Entries=[])

    def test_a_dead_letter_queue(self):
        dead = self.queue("dead")
        policy = json.dumps({"deadLetterTargetArn": self.arn("dead"), "maxReceiveCount": 1})
        url = self.queue("alive", VisibilityTimeout="0", RedrivePolicy=policy)
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])
        self.sqs.send_message(QueueUrl=url, MessageBody="poison")
        self.assertEqual(len(self.receive(url)), 1)
        self.assertEqual(self.receive(url), [])
        m = self.receive(dead, AttributeNames=["All"])[0]
        self.assertEqual((m["Body"], m["Attributes"]["DeadLetterQueueSourceArn"]), ("poison", self.arn("alive")))

    def test_purge(self):
        url = self.queue("purge")
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.receive(url), [])
        self.sqs.purge_queue(QueueUrl=url)

    def test_strict_limits(self):
        with Tidepool(args=["--strict-limits", "--ephemeral"]) as strict:
            sqs = strict.client("sqs")
            url = sqs.create_queue(QueueName="strict")["QueueUrl"]
            sqs.purge_queue(QueueUrl=url)
            self.refused("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=url)
            sqs.delete_queue(QueueUrl=url)
            self.refused("AWS.SimpleQueueService.QueueDeletedRecently", sqs.create_queue, QueueName="strict")

    def test_the_resource_style(self):
        queue = resource("sqs").create_queue(QueueName="style")
        queue.send_message(MessageBody="one")
        for message in queue.receive_messages(WaitTimeSeconds=1):
            self.assertEqual(message.body, "one")
            message.delete()
        queue.load()
        self.assertEqual(queue.attributes["ApproximateNumberOfMessagesNotVisible"], "0")


# ---------------------------------------------------------------- STS

class Identity(Case):
    def test_who_is_asking(self):
        who = t.client("sts").get_caller_identity()
        self.assertEqual((who["Account"], who["Arn"]), (ACCOUNT, "arn:aws:iam::%s:user/tidepool" % ACCOUNT))
        self.assertRegex(who["UserId"], "^AIDA[A-Z2-7]{17}$")

    def test_the_account_is_as_configured(self):
        with Tidepool(args=["--account", "111122223333", "--ephemeral"]) as other:
            self.assertEqual(other.client("sts").get_caller_identity()["Account"], "111122223333")

    def test_other_actions_are_refused(self):
        message = self.refused("InvalidAction", t.client("sts").get_session_token)
        self.assertEqual(message, "Could not find operation GetSessionToken for version 2011-06-15")


# ---------------------------------------------------------------- SNS

class Topics(Case):
    def setUp(self):
        self.sns, self.sqs = t.client("sns"), t.client("sqs")

    def inbox(self, name):
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, "arn:aws:sqs:us-east-1:%s:%s" % (ACCOUNT, name)

    def bodies(self, url, n):
        got = []
        until(lambda: got.extend(m["Body"] for m in self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []))
              or len(got) >= n)
        return got

    def test_a_topic_from_creation_to_deletion(self):
        arn = self.sns.create_topic(Name="life", Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
        self.assertEqual(arn, "arn:aws:sns:us-east-1:%s:life" % ACCOUNT)
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Life")
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"], "Life")
        self.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "b", "Value": "2"}])
        self.sns.add_permission(TopicArn=arn, Label="share", AWSAccountId=["111111111111"], ActionName=["Publish"])
        self.sns.remove_permission(TopicArn=arn, Label="share")
        topics = [x["TopicArn"] for page in self.sns.get_paginator("list_topics").paginate() for x in page["Topics"]]
        self.assertIn(arn, topics)
        self.sns.delete_topic(TopicArn=arn)
        self.refused("NotFound", self.sns.get_topic_attributes, TopicArn=arn)
        self.refused("NotFound", self.sns.publish, TopicArn=arn, Message="x")

    def test_queues_get_envelopes_or_the_message_itself(self):
        topic = self.sns.create_topic(Name="news")["TopicArn"]
        (plain, plain_arn), (raw, raw_arn) = self.inbox("plain"), self.inbox("raw")
        first = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn, ReturnSubscriptionArn=True)["SubscriptionArn"]
        second = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw_arn, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]
        sent = self.sns.publish(TopicArn=topic, Message="tide is high", Subject="sea",
                                MessageAttributes={"level": {"DataType": "Number", "StringValue": "3"}})
        envelope = json.loads(self.bodies(plain, 1)[0])
        self.assertEqual((envelope["Type"], envelope["MessageId"], envelope["TopicArn"]), ("Notification", sent["MessageId"], topic))
        self.assertEqual((envelope["Message"], envelope["Subject"]), ("tide is high", "sea"))
        self.assertEqual(envelope["MessageAttributes"], {"level": {"Type": "Number", "Value": "3"}})
        self.assertEqual(self.bodies(raw, 1), ["tide is high"])

        self.assertEqual({s["SubscriptionArn"] for s in self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}, {first, second})
        self.assertIn(first, [s["SubscriptionArn"] for s in self.sns.list_subscriptions()["Subscriptions"]])
        self.sns.unsubscribe(SubscriptionArn=first)
        self.refused("NotFound", self.sns.get_subscription_attributes, SubscriptionArn=first)

    def test_filter_policies(self):
        topic = self.sns.create_topic(Name="filtered")["TopicArn"]
        url, arn = self.inbox("filtered")
        subscription = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={
            "RawMessageDelivery": "true", "FilterPolicy": json.dumps({"kind": ["tea", {"prefix": "cof"}]})})["SubscriptionArn"]
        for kind in ("tea", "ink", "coffee"):
            self.sns.publish(TopicArn=topic, Message=kind, MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}})
        self.assertEqual(self.bodies(url, 2), ["tea", "coffee"])
        self.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=json.dumps({"kind": ["ink"]}))
        self.assertEqual(json.loads(self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]["FilterPolicy"]), {"kind": ["ink"]})
        self.refused("InvalidParameter", self.sns.set_subscription_attributes, SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue="{")

    def test_a_batch_of_messages(self):
        topic = self.sns.create_topic(Name="batch")["TopicArn"]
        url, arn = self.inbox("batch")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        sent = self.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": str(i), "Message": "m%d" % i} for i in range(3)])
        self.assertEqual(([e["Id"] for e in sent["Successful"]], sent["Failed"]), (["0", "1", "2"], []))
        self.assertEqual(self.bodies(url, 3), ["m0", "m1", "m2"])
        one = {"Id": "x", "Message": "1"}
        for code, text, entries in (
                ("EmptyBatchRequest", "The batch request doesn't contain any entries.", []),
                ("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.",
                 [{"Id": str(i), "Message": "m"} for i in range(11)]),
                ("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.", [one, one]),
                ("InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.",
                 [{"Id": "a b", "Message": "m"}]),
                ("BatchRequestTooLong", "The length of all the batch messages put together is more than the limit.",
                 [one, {"Id": "y", "Message": "m" * 262144}]),
                ("InvalidParameter", "Invalid parameter: Empty message", [one, {"Id": "y", "Message": ""}]),
                ("InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body",
                 [{"Id": "y", "Message": "{}", "MessageStructure": "json"}])):
            self.assertEqual(self.refused(code, self.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries), text)

    def traced(self, service, header):
        """A client whose requests carry this X-Amzn-Trace-Id."""
        client = t.client(service)
        client.meta.events.register("before-call", lambda params, **_: params["headers"].update({"X-Amzn-Trace-Id": header}))
        return client

    def trace_header(self, url):
        return self.received(url).get("Attributes", {}).get("AWSTraceHeader")

    def received(self, url):
        """One message, waited for."""
        got = []
        until(lambda: got.extend(self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, AttributeNames=["All"]).get("Messages", [])) or got)
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
        return got[0]

    def test_the_trace_of_a_request_becomes_the_messages(self):
        header = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
        topic = self.sns.create_topic(Name="traced")["TopicArn"]
        url, arn = self.inbox("traced")
        sns, sqs = self.traced("sns", header), self.traced("sqs", header)
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        sns.publish(TopicArn=topic, Message="m" * 262144)  # it counts for no limit
        self.assertEqual(self.trace_header(url), header)
        sqs.send_message(QueueUrl=url, MessageBody="m" * 1048576)
        self.assertEqual(self.trace_header(url), header)
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "m"}])
        self.assertEqual(self.trace_header(url), header)
        own = "Root=1-5759e988-bd862e3fe1be46a994272793"
        sqs.send_message(QueueUrl=url, MessageBody="m", MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": own}})
        self.assertEqual(self.trace_header(url), own)
        for none in ("nonsense", "Root=1", header + ";x=" + "y" * 2000):
            self.traced("sqs", none).send_message(QueueUrl=url, MessageBody="m")
            self.assertIsNone(self.trace_header(url))

    def test_the_link_in_a_notification_ends_the_subscription(self):
        topic = self.sns.create_topic(Name="leaving")["TopicArn"]
        url, arn = self.inbox("leaving")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.sns.publish(TopicArn=topic, Message="m")
        link = json.loads(self.received(url)["Body"])["UnsubscribeURL"]
        self.assertRegex(link, r"/\?Action=Unsubscribe&SubscriptionArn=%s:[0-9a-f-]{36}$" % topic)
        urllib.request.urlopen(t.url() + link[link.index("/?"):]).read()
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])

    def test_an_error_has_no_detail(self):
        def error(body):
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(t.url() + "/", body.encode())
            with raised.exception as e:
                return e.read().decode()
        self.assertNotIn("Detail", error("Action=GetTopicAttributes&Version=2010-03-31&TopicArn=x"))
        self.assertIn("<Detail/>", error("Action=GetQueueUrl&Version=2012-11-05&QueueName=none"))

    def test_what_is_refused(self):
        topic = self.sns.create_topic(Name="refusing")["TopicArn"]
        self.refused("InvalidParameter", self.sns.publish, TopicArn=topic, Message="")
        self.refused("InvalidParameter", self.sns.create_topic, Name="not a name!")
        self.refused("InvalidParameter", self.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint="not an arn")


# ---------------------------------------------------------------- Lambda

def notes():
    """The event that function `note` wrote down next; each is taken once."""
    sqs = t.client("sqs")
    url = sqs.get_queue_url(QueueName="Notes")["QueueUrl"]

    def take():
        for m in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
            return json.loads(m["Body"])
    return until(take)


class Functions(Case):
    def setUp(self):
        self.f = t.client("lambda")

    def test_an_invocation_answers_with_the_functions_result(self):
        event = {"n": 1, "f": 1.5, "list": [], "nothing": None, "text": "\u2603"}
        r = self.f.invoke(FunctionName="echo", Payload=json.dumps(event))
        self.assertEqual((r["StatusCode"], r["ExecutedVersion"]), (200, "$LATEST"))
        self.assertNotIn("FunctionError", r)
        self.assertEqual(json.loads(r["Payload"].read()), event)
        arn = "arn:aws:lambda:us-east-1:%s:function:echo" % ACCOUNT
        self.assertEqual(self.f.invoke(FunctionName=arn, Payload=b"7")["Payload"].read(), b"7")

    def test_a_functions_error_is_a_mark_on_a_success(self):
        r = self.f.invoke(FunctionName="fail", LogType="Tail")
        self.assertEqual((r["StatusCode"], r["FunctionError"]), (200, "Unhandled"))
        error = json.loads(r["Payload"].read())
        self.assertIn("boom", error["errorMessage"])
        self.assertTrue(error["errorType"] and error["stackTrace"])
        log = base64.b64decode(r["LogResult"]).decode()
        for line in ("START RequestId: ", "about to fail", "END RequestId: ", "REPORT RequestId: "):
            self.assertIn(line, log)

    def test_event_and_dry_run(self):
        self.assertEqual(self.f.invoke(FunctionName="note", InvocationType="DryRun")["StatusCode"], 204)
        r = self.f.invoke(FunctionName="note", InvocationType="Event", Payload=b'{"later":true}')
        self.assertEqual((r["StatusCode"], r["Payload"].read()), (202, b""))
        self.assertEqual(notes(), {"later": True})

    def test_what_is_refused(self):
        message = self.refused("ResourceNotFoundException", self.f.invoke, FunctionName="none")
        self.assertEqual(message, "Function not found: arn:aws:lambda:us-east-1:%s:function:none" % ACCOUNT)
        with self.assertRaises(self.f.exceptions.ResourceNotFoundException) as missing:
            self.f.get_function(FunctionName="none")
        self.assertEqual((missing.exception.response["Message"], missing.exception.response["Type"]), (message, "User"))
        self.assertIn("Could not parse request body into json", self.refused("InvalidRequestContentException", self.f.invoke, FunctionName="echo", Payload=b"{"))

    def test_reserved_concurrency(self):
        self.f.put_function_concurrency(FunctionName="picky", ReservedConcurrentExecutions=0)
        self.assertEqual(self.f.get_function_concurrency(FunctionName="picky")["ReservedConcurrentExecutions"], 0)
        with self.assertRaises(self.f.exceptions.TooManyRequestsException) as raised:
            self.f.invoke(FunctionName="picky")
        self.assertEqual(raised.exception.response["Error"]["Message"], "Rate Exceeded.")
        self.f.delete_function_concurrency(FunctionName="picky")
        self.f.invoke(FunctionName="picky", Payload=b'{"Records":[]}')

    def test_looking_at_functions(self):
        names = [f["FunctionName"] for page in self.f.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}) for f in page["Functions"]]
        self.assertEqual(sorted(names), ["echo", "fail", "note", "picky"])
        function = self.f.get_function(FunctionName="echo")
        self.assertEqual((function["Configuration"]["Handler"], function["Configuration"]["Timeout"]), ("echo", 30))
        self.assertTrue(function["Code"])
        self.assertEqual(self.f.get_function_configuration(FunctionName="echo")["Description"], "answers with its event")

    def test_event_invoke_config(self):
        self.f.put_function_event_invoke_config(FunctionName="echo", MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
        config = self.f.get_function_event_invoke_config(FunctionName="echo")
        self.assertEqual((config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]), (0, 60))

    def test_permissions(self):
        added = self.f.add_permission(FunctionName="echo", StatementId="s", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")
        self.assertEqual(json.loads(added["Statement"])["Sid"], "s")
        self.assertEqual([s["Sid"] for s in json.loads(self.f.get_policy(FunctionName="echo")["Policy"])["Statement"]], ["s"])
        self.f.remove_permission(FunctionName="echo", StatementId="s")
        self.refused("ResourceNotFoundException", self.f.get_policy, FunctionName="echo")

    def test_a_topic_invokes_a_function(self):
        sns = t.client("sns")
        topic = sns.create_topic(Name="to-note")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint="arn:aws:lambda:us-east-1:%s:function:note" % ACCOUNT)
        sns.publish(TopicArn=topic, Message="hello")
        record = notes()["Records"][0]
        self.assertEqual((record["EventSource"], record["Sns"]["Message"]), ("aws:sns", "hello"))


class Mappings(Case):
    def setUp(self):
        self.f, self.sqs = t.client("lambda"), t.client("sqs")

    def queue(self, name):
        return self.sqs.create_queue(QueueName=name)["QueueUrl"], "arn:aws:sqs:us-east-1:%s:%s" % (ACCOUNT, name)

    def test_a_mapping_from_creation_to_deletion(self):
        url, arn = self.queue("mapped")
        made = self.f.create_event_source_mapping(EventSourceArn=arn, FunctionName="note", BatchSize=1)
        uuid = made["UUID"]
        self.assertEqual((made["State"], made["BatchSize"], made["ResponseMetadata"]["HTTPStatusCode"]), ("Creating", 1, 202))
        self.assertIn(uuid, self.refused("ResourceConflictException", self.f.create_event_source_mapping, EventSourceArn=arn, FunctionName="note"))
        self.assertEqual(self.f.get_event_source_mapping(UUID=uuid)["State"], "Enabled")
        listed = self.f.list_event_source_mappings(EventSourceArn=arn, FunctionName="note")["EventSourceMappings"]
        self.assertEqual([m["UUID"] for m in listed], [uuid])

        self.sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
        record = notes()["Records"][0]
        self.assertEqual((record["body"], record["eventSource"], record["eventSourceARN"], record["awsRegion"]), ("one", "aws:sqs", arn, "us-east-1"))
        self.assertEqual(record["messageAttributes"]["k"]["stringValue"], "v")
        self.assertEqual(record["attributes"]["ApproximateReceiveCount"], "1")

        self.f.update_event_source_mapping(UUID=uuid, Enabled=False, BatchSize=5)
        self.assertEqual(self.f.get_event_source_mapping(UUID=uuid)["State"], "Disabled")
        self.sqs.send_message(QueueUrl=url, MessageBody="two")
        self.f.update_event_source_mapping(UUID=uuid, Enabled=True)
        self.assertEqual(notes()["Records"][0]["body"], "two")
        self.assertEqual(self.f.delete_event_source_mapping(UUID=uuid)["State"], "Deleting")
        self.refused("ResourceNotFoundException", self.f.get_event_source_mapping, UUID=uuid)

    def test_a_partial_batch_keeps_what_failed(self):
        url, arn = self.queue("partly")
        self.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": b, "MessageBody": b} for b in ("good", "bad")])
        uuid = self.f.create_event_source_mapping(EventSourceArn=arn, FunctionName="picky",
                                                  FunctionResponseTypes=["ReportBatchItemFailures"])["UUID"]
        self.addCleanup(self.f.delete_event_source_mapping, UUID=uuid)

        def left():
            a = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            return (a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"])
        until(lambda: left() == ("0", "1"))

    def test_a_table_invokes_a_function(self):
        table = make_table("Watched", **STREAM)
        self.f.create_event_source_mapping(EventSourceArn=table.latest_stream_arn, FunctionName="note", StartingPosition="TRIM_HORIZON",
                                           FilterCriteria={"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]})
        table.put_item(Item={"pk": "a", "sk": 1})
        record = notes()["Records"][0]
        self.assertEqual((record["eventName"], record["eventSource"], record["eventSourceARN"]), ("INSERT", "aws:dynamodb", table.latest_stream_arn))
        self.assertEqual(record["dynamodb"]["NewImage"], {"pk": {"S": "a"}, "sk": {"N": "1"}})

    def test_what_is_refused(self):
        create = self.f.create_event_source_mapping
        arn = self.queue("refusing")[1]
        self.refused("InvalidParameterValueException", create, EventSourceArn=arn + "-not", FunctionName="note")
        self.refused("ResourceNotFoundException", create, EventSourceArn=arn, FunctionName="none")
        self.refused("InvalidParameterValueException", create, EventSourceArn=arn, FunctionName="note", BatchSize=100)
        message = self.refused("InvalidParameterValueException", create, EventSourceArn=arn, FunctionName="note",
                               FilterCriteria={"Filters": [{"Pattern": "{"}]})
        self.assertEqual(message, "Invalid filter pattern definition.")


# ---------------------------------------------------------------- EventBridge

class Rules(Case):
    def test_a_rule_from_creation_to_deletion(self):
        events = t.client("events")
        arn = events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", Description="each hour")["RuleArn"]
        self.assertEqual(arn, "arn:aws:events:us-east-1:%s:rule/hourly" % ACCOUNT)
        put = events.put_targets(Rule="hourly", Targets=[{"Id": "note", "Arn": "arn:aws:lambda:us-east-1:%s:function:note" % ACCOUNT}])
        self.assertEqual(put["FailedEntryCount"], 0)
        self.assertEqual([x["Id"] for x in events.list_targets_by_rule(Rule="hourly")["Targets"]], ["note"])
        self.assertIn("hourly", [r["Name"] for r in events.list_rules(NamePrefix="hour")["Rules"]])

        t.control("clock", action="advance", value="1h")
        event = notes()
        self.assertEqual((event["source"], event["detail-type"], event["resources"]), ("aws.events", "Scheduled Event", [arn]))

        events.disable_rule(Name="hourly")
        self.assertEqual(events.describe_rule(Name="hourly")["State"], "DISABLED")
        events.enable_rule(Name="hourly")
        self.refused("ValidationException", events.delete_rule, Name="hourly")
        events.remove_targets(Rule="hourly", Ids=["note"])
        events.delete_rule(Name="hourly")
        self.refused("ResourceNotFoundException", events.describe_rule, Name="hourly")
        self.refused("ValidationException", events.put_rule, Name="bad", ScheduleExpression="rate(1 hours)")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
