"""Rounds of kill -9 under load, after a random number of acknowledgements: what was acknowledged is there, and the app starts
again each time.

TIDEPOOL_KILL_ROUNDS=200 runs more rounds, TIDEPOOL_KILL_SEED repeats a run's moments.
"""
import contextlib
import json
import os
import random
import sqlite3
import threading
import time
import unittest
import uuid

from harness import ROOT, Tidepool, until

ROUNDS = int(os.environ.get("TIDEPOOL_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("TIDEPOOL_KILL_SEED", random.randrange(1 << 32)))
KEY = {"x-api-key": "tidepooldemokey000000001"}
ORDER = {"customer": "ada", "item": "tea", "quantity": 2}

REMEMBER = """
local done = aws.table("Done")
return function(event) done:put { id = event.id } end
"""


def table(name):
    return {"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}}


def template():
    """The shop, and beside it things that only we write to and nobody takes from."""
    with open(os.path.join(ROOT, "template.json")) as f:
        shop = json.load(f)
    # A message that was in a handler at several kills must not be given up.
    shop["Resources"]["Shipping"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] = 1000
    shop["Resources"].update({
        "Counters": table("Counters"),
        "Done": table("Done"),
        "Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Inbox"}},
        "News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "News"}},
        "Heard": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Heard"}},
        "HeardNews": {"Type": "AWS::SNS::Subscription", "Properties": {
            "TopicArn": {"Ref": "News"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Heard", "Arn"]},
            "RawMessageDelivery": True}},
        "Remember": {"Type": "AWS::Serverless::Function", "Properties": {
            "FunctionName": "remember", "Handler": "index.handler", "InlineCode": REMEMBER, "Timeout": 60}},
    })
    return shop


class Load:
    """One kind of work, over and over, until the server is gone; remembers what was acknowledged and what is in doubt."""

    def __init__(self, work):
        self.work, self.acknowledged, self.doubtful = work, [], []

    def run(self):
        while True:
            mark = str(uuid.uuid4())
            try:
                self.acknowledged.append(self.work(mark))
            except Exception as e:  # the server was killed, before or after it did the work
                self.doubtful.append((mark, e))
                return


class Kill9(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        self.t = t = Tidepool(files={"template.json": template()}, start=False)
        t.write("functions/.keep", "")
        for name in os.listdir(os.path.join(ROOT, "functions")):
            with open(os.path.join(ROOT, "functions", name)) as f:
                t.write("functions/" + name, f.read())
        self.dynamodb, self.sqs, self.sns, self.functions = map(t.client, ("dynamodb", "sqs", "sns", "lambda"))
        self.queue = "%s/000000000000/" % t.url()
        self.orders, self.puts, self.adds, self.sends, self.events, self.news = self.loads = [
            Load(work) for work in (self.order, self.put, self.add, self.send, self.invoke, self.publish)]

    def tearDown(self):
        self.t.close()

    # --- the work: each raises when it was not acknowledged

    def order(self, mark):
        return self.t.api("POST", "/orders", ORDER, KEY).json["id"]

    def put(self, mark):
        self.dynamodb.put_item(TableName="Counters", Item={"id": {"S": mark}})
        return mark

    def add(self, mark):
        self.dynamodb.update_item(TableName="Counters", Key={"id": {"S": "count"}}, UpdateExpression="ADD n :one",
                                  ExpressionAttributeValues={":one": {"N": "1"}})
        return mark

    def send(self, mark):
        self.sqs.send_message(QueueUrl=self.queue + "Inbox", MessageBody=mark)
        return mark

    def invoke(self, mark):
        self.functions.invoke(FunctionName="remember", InvocationType="Event", Payload=json.dumps({"id": mark}))
        return mark

    def publish(self, mark):
        self.sns.publish(TopicArn="arn:aws:sns:us-east-1:000000000000:News", Message=mark)
        return mark

    # --- what is there in the end

    def ids(self, name):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

    def drain(self, name):
        bodies = []
        while True:
            got = self.sqs.receive_message(QueueUrl=self.queue + name, MaxNumberOfMessages=10).get("Messages")
            if not got:
                return bodies
            bodies += [m["Body"] for m in got]

    def round(self):
        began = time.monotonic()
        self.t.start()
        self.start_takes = time.monotonic() - began
        workers = [threading.Thread(target=load.run) for load in self.loads * 2]
        enough = {load: len(load.acknowledged) + self.random.randint(2, 20) for load in self.loads}
        for w in workers:
            w.start()
        until(lambda: all(len(load.acknowledged) >= n for load, n in enough.items()), every=0.001)
        self.t.kill()
        for w in workers:
            w.join()

    def killed_at_start(self):
        self.t.spawn()
        time.sleep(self.random.uniform(0, self.start_takes))  # any moment of it, on any machine
        self.t.kill()

    def test_what_was_acknowledged_is_there(self):
        for n in range(ROUNDS):
            self.round()
            if n % 4 == 0:
                self.killed_at_start()
        self.t.start()
        self.t.control("clock", action="advance", value="30m")  # past the visibility timeouts of what was in a handler

        lost = {}
        orders, counters = self.ids("Orders"), self.ids("Counters")
        lost["orders"] = set(self.orders.acknowledged) - set(orders)
        lost["shipments"] = {i for i, o in orders.items() if o["status"]["S"] != "SHIPPED"}
        lost["items"] = set(self.puts.acknowledged) - set(counters)
        lost["events"] = set(self.events.acknowledged) - set(self.ids("Done"))
        for name, load in (("Inbox", self.sends), ("Heard", self.news)):
            bodies = self.drain(name)
            lost[name] = set(load.acknowledged) - set(bodies)
            sent = set(load.acknowledged) | {mark for mark, _ in load.doubtful}
            self.assertEqual(set(bodies) - sent, set(), "%s holds what nobody sent" % name)
            if name == "Inbox":
                self.assertEqual(len(bodies), len(set(bodies)), "a message was stored twice")
        self.assertEqual({k: v for k, v in lost.items() if v}, {}, "seed %d" % SEED)

        count, sure, maybe = int(counters["count"]["n"]["N"]), len(self.adds.acknowledged), len(self.adds.doubtful)
        self.assertTrue(sure <= count <= sure + maybe, "%d counted, %d acknowledged, %d in doubt" % (count, sure, maybe))
        for load in self.loads:
            self.assertGreaterEqual(len(load.acknowledged), 2 * ROUNDS, load.doubtful[:3])


class Deleted(unittest.TestCase):
    """What was deleted is gone at once; its rows go in portions, and killing the server loses none of that work."""

    def rows(self, like):
        with contextlib.closing(sqlite3.connect(os.path.join(self.t.folder, ".tidepool", "world.db"))) as db:
            return db.execute("SELECT count(*) FROM kv WHERE k >= ? AND k < ?", (like, like + b"\xff")).fetchone()[0]

    def old_tables(self):
        with contextlib.closing(sqlite3.connect(os.path.join(self.t.folder, ".tidepool", "world.db"))) as db:
            return db.execute("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'scrap_*'").fetchone()[0]

    def fill(self, name):
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        entries = [{"Id": str(i), "MessageBody": "x" * 1000} for i in range(10)]
        for _ in range(200):
            self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        return url

    def kill_and_start(self):
        self.t.kill()
        self.t.start()
        self.sqs = self.t.client("sqs")

    def test_after_kill_9_sweeping_goes_on(self):
        self.t = Tidepool(files={"template.json": {"Resources": {
            "Keep": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Keep"}}}}})
        self.addCleanup(self.t.close)
        self.sqs = self.t.client("sqs")
        self.sqs.delete_queue(QueueUrl=self.fill("old"))
        self.kill_and_start()
        self.assertEqual([u.split("/")[-1] for u in self.sqs.list_queues()["QueueUrls"]], ["Keep"])
        until(lambda: self.rows(b"sqs.message") == 0, every=0.2)
        self.fill("old")
        self.assertEqual(self.t.cli("reset").returncode, 0)
        self.kill_and_start()
        self.assertEqual([u.split("/")[-1] for u in self.sqs.list_queues()["QueueUrls"]], ["Keep"])
        until(lambda: self.old_tables() == 0, every=0.2)


if __name__ == "__main__":
    unittest.main()
