"""Folders of other versions, and damaged ones: what was there is there, or one clear line says why not."""
import json
import os
import random
import sqlite3
import unittest

from harness import ROOT, Tidepool, request, until

# Folders as the first version left them: "sqlite3 world.db .dump".  The other holds what it took and later versions refuse.
FIRST = os.path.join(ROOT, "tests", "fault", "world-1.sql")
SPELLINGS = os.path.join(ROOT, "tests", "fault", "world-1-spellings.sql")
JOBS = "/000000000000/jobs"


class World:
    """A tidepool over the state of a dump; not started yet."""

    def __init__(self, dump=FIRST):
        self.t = Tidepool(start=False)
        self.path = os.path.join(self.t.temp, ".tidepool", "world.db")
        os.makedirs(os.path.dirname(self.path))
        with open(dump) as f:
            self.sql(f.read())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.t.close()

    def sql(self, script):
        db = sqlite3.connect(self.path)
        db.executescript(script)
        db.close()

    def number(self, sql):
        db = sqlite3.connect(self.path)
        n, = db.execute(sql).fetchone()
        db.close()
        return n

    def refused(self):
        """What a start says that must end at once."""
        self.t.spawn()
        status = self.t.process.wait(120)
        return status, self.t.output()


class OtherVersions(unittest.TestCase):
    def test_a_folder_of_the_first_version_is_led_on(self):
        with World() as w:
            t = w.t.start()
            dynamodb, sqs, sns, functions = map(t.client, ("dynamodb", "sqs", "sns", "lambda"))

            def received(**kw):
                got = sqs.receive_message(QueueUrl=t.url() + JOBS, MaxNumberOfMessages=10, **kw).get("Messages", [])
                return sorted(m["Body"] for m in got)

            self.assertEqual(t.control("clock")["now"], "2026-01-02T03:04:05.011Z")
            self.assertTrue(t.control("clock")["frozen"])
            self.assertEqual(len(dynamodb.scan(TableName="Things")["Items"]), 3)
            red = dynamodb.query(TableName="Things", IndexName="byColour", KeyConditionExpression="colour = :c",
                                 ExpressionAttributeValues={":c": {"S": "red"}})["Items"]
            self.assertEqual([len(item["text"]["S"]) for item in red], [10, 10, 900])
            self.assertEqual(sqs.list_queue_tags(QueueUrl=t.url() + JOBS)["Tags"], {"a": "b"})
            self.assertEqual(received(VisibilityTimeout=10000), ["third"])
            t.control("clock", action="advance", value="31s")
            self.assertEqual(received(VisibilityTimeout=10000), ["first"])
            t.control("clock", action="advance", value="10m")
            self.assertEqual(received(VisibilityTimeout=10000), ["late"])
            t.control("clock", action="advance", value="7m")
            self.assertEqual(received(VisibilityTimeout=10000), ["second"])
            sns.publish(TopicArn="arn:aws:sns:us-east-1:000000000000:news", Message="news")
            self.assertEqual(until(received), ["news"])
            self.assertEqual(functions.invoke(FunctionName="hello")["Payload"].read(), b'"hello"')
            kinds = [m["EventSourceArn"].split(":")[2] for m in functions.list_event_source_mappings()["EventSourceMappings"]]
            self.assertEqual(sorted(kinds), ["dynamodb", "sqs"])
            self.assertEqual(t.get("/hello").status, 403)
            self.assertEqual(t.get("/hi", n=1).status, 200)
            self.assertEqual([r["Name"] for r in t.client("events").list_rules()["Rules"]], ["daily"])
            self.assertEqual(t.stop(), 0)
            self.assertEqual(w.number("PRAGMA user_version"), 2)

    def test_what_the_first_version_took_and_this_one_refuses_is_mended(self):
        """ARNs of other partitions and of no region, twins that these were, bytes that are no UTF-8, more definitions and more
        capacity than a table may have."""
        arn = "arn:aws:sqs:us-east-1:000000000000:"
        with World(SPELLINGS) as w:
            t = w.t.start()
            dynamodb, sqs, sns, functions, events = map(t.client, ("dynamodb", "sqs", "sns", "lambda", "events"))
            stream = dynamodb.describe_table(TableName="Things")["Table"]["LatestStreamArn"]
            sources = [m["EventSourceArn"] for m in functions.list_event_source_mappings()["EventSourceMappings"]]
            self.assertEqual(sorted(sources), sorted([arn + "jobs", arn + "lost", stream]))
            self.assertEqual(sqs.list_queue_tags(QueueUrl=t.url() + JOBS)["Tags"], {"a": "b", "c": "b\ufffdd"})
            subscriptions = {s["Endpoint"]: s["SubscriptionArn"] for s in sns.list_subscriptions()["Subscriptions"]}
            function = "arn:aws:lambda:us-east-1:000000000000:function:hello"
            self.assertEqual(sorted(subscriptions), sorted([arn + "jobs", arn + "jobs/x", arn + "lost", function]))
            redrive = sns.get_subscription_attributes(SubscriptionArn=subscriptions[function])["Attributes"]["RedrivePolicy"]
            self.assertEqual(json.loads(redrive), {"deadLetterTargetArn": arn + "lost"})
            self.assertEqual([(x["Id"], x["Arn"]) for x in events.list_targets_by_rule(Rule="daily")["Targets"]],
                             [("a", arn + "jobs"), ("c", arn + "jobs")])
            said = [line for line in t.output().splitlines() if "of an earlier version goes: another one says the same" in line]
            self.assertEqual(len(said), 3, said)  # two mappings and a subscription
            self.assertEqual(t.stop(), 0)
            first = len(t.output())
            t.start()
            self.assertNotIn("earlier version", t.output()[first:])

    def test_a_folder_of_a_newer_version_is_left_alone(self):
        with World() as w:
            w.sql("PRAGMA user_version = 77")
            status, said = w.refused()
            self.assertEqual(status, 2)
            self.assertRegex(said.strip(), r"^[^\n]*world.db has the format 77, of a newer tidepool[^\n]*$")
            self.assertEqual(w.number("PRAGMA user_version"), 77)

    def test_a_folder_of_somebody_else_is_left_alone(self):
        with World() as w:
            w.sql("ALTER TABLE kv RENAME TO theirs")
            status, said = w.refused()
            self.assertEqual(status, 2)
            self.assertRegex(said.strip(), r"^[^\n]*world.db is a database of something else$")


class Damaged(unittest.TestCase):
    def test_a_row_without_what_it_needs_ends_the_start_with_one_line(self):
        """unit/test_stored.c does this to each member of each kind of row."""
        with World() as w:
            w.sql("""UPDATE big SET v = CAST(replace(CAST(v AS TEXT), '"EventSourceArn"', '"Source"') AS BLOB)
                     WHERE CAST(v AS TEXT) LIKE '{"UUID"%stream%'""")
            status, said = w.refused()
            self.assertEqual(status, 2)
            lines = [line for line in said.splitlines() if not line.startswith("info")]
            self.assertEqual(len(lines), 1, said)
            self.assertRegex(lines[0], r"the state is damaged: the row bus.mapping/[0-9a-f-]{36} has a member EventSourceArn that is "
                                       r"missing \(--data another folder, or remove this one\)$")

    def test_random_bytes_in_the_file_are_no_crash(self):
        """They end the start, or the calls that meet them, with a line; what they did not hit is served."""
        chance = random.Random(5)
        for _ in range(8):
            with World() as w:
                with open(w.path, "r+b") as f:
                    size = f.seek(0, os.SEEK_END)
                    for _ in range(chance.randint(1, 40)):
                        f.seek(chance.randrange(100, size - 64))
                        f.write(chance.randbytes(chance.randint(1, 64)))
                w.t.spawn()
                until(lambda: w.t.process.poll() is not None or self.is_up(w.t), 120)
                if w.t.process.poll() is None:
                    self.use(w.t)
                    self.assertEqual(w.t.stop(), 0)
                else:
                    self.assertEqual(w.t.process.returncode, 2)
                    self.assertIn("error", w.t.output())

    def is_up(self, t):
        try:
            return request(t.port, "GET", "/_tidepool/health").status == 200
        except OSError:
            return False

    def use(self, t):
        for service, ask in (("DynamoDB_20120810.Scan", {"TableName": "Things"}), ("DynamoDB_20120810.Scan", {
                "TableName": "Things", "IndexName": "byColour"}), ("AmazonSQS.ListQueues", {}), ("AmazonSQS.ReceiveMessage", {
                    "QueueUrl": t.url() + JOBS, "MaxNumberOfMessages": 10}), ("AWSEvents.ListRules", {})):
            answer = request(t.port, "POST", "/", json.dumps(ask), {"x-amz-target": service})
            self.assertTrue(answer.status < 500 or "error" in t.output(), answer)


if __name__ == "__main__":
    unittest.main()
