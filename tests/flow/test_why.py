"""`why` after a kill -9: the event stream is gone, but messages, stream records and promised deliveries name what caused
them."""
import json
import os
import unittest

from harness import ROOT, Tidepool, until

KEY = {"x-api-key": "tidepooldemokey000000001"}
ORDER = {"customer": "ada", "item": "tea", "quantity": 2}
TOPIC = "arn:aws:sns:us-east-1:000000000000:OrderEvents"


def nodes(tree):
    yield tree
    for child in tree.get("caused", []):
        yield from nodes(child)


def below(tree, line):
    """The tree under the node that left this row."""
    return next((n for n in nodes(tree) if any(line in row for row in n.get("stored", []))), None)


class WhyAfterKill(unittest.TestCase):
    def setUp(self):
        self.t = Tidepool(folder=ROOT)
        self.addCleanup(self.t.close)

    def restart(self):
        self.t.kill()
        self.t.start()

    def audit(self):
        """A queue that hears of orders and has no consumer."""
        sqs = self.t.client("sqs")
        url = sqs.create_queue(QueueName="Audit")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.t.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)
        return url

    def count(self, url):
        got = self.t.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(got["Attributes"]["ApproximateNumberOfMessages"])

    def order(self):
        a = self.t.api("POST", "/orders", ORDER, KEY)
        self.assertEqual(a.status, 201, a)
        return a.headers["x-amzn-requestid"], a.json["id"]

    def test_an_order_is_found_by_its_request_its_message_and_its_key(self):
        url = self.audit()
        request, order = self.order()
        other, _ = self.order()
        until(lambda: self.count(url) == 2)
        self.t.control("settle")
        self.restart()

        tree = self.t.control("why", id=request)
        self.assertEqual((tree["id"], tree["what"], tree["fromStore"]), (request, "known only by its id", True))
        self.assertNotIn("tookMs", tree)
        record = below(tree, "stream record")
        self.assertIn("in Orders", record["stored"][0])
        self.assertTrue(record["fromStore"] and record["at"])
        self.assertNotIn("tookMs", record)
        message = below(record, "in Audit")  # what the record led to hangs below it
        self.assertTrue(message, tree)
        self.assertNotIn(other, json.dumps(tree))

        id_of_message = message["stored"][0].split()[1]
        received = self.t.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        self.assertIn(id_of_message, [m["MessageId"] for m in received])
        self.assertEqual(self.t.control("why", id=id_of_message), tree)
        self.assertEqual(self.t.control("why", id="Orders/" + order), tree)

        for asked in (request, id_of_message):
            printed = self.t.cli("why", asked)
            self.assertEqual((printed.returncode, printed.stderr), (0, ""))
            for text in (request, "from the store", "stream record", "message %s in Audit" % id_of_message):
                self.assertIn(text, printed.stdout)

    def test_what_happened_since_the_start_hangs_under_what_the_store_knows(self):
        url = self.audit()
        request, _ = self.order()
        until(lambda: self.count(url) == 1)
        self.restart()
        self.t.client("lambda").create_event_source_mapping(
            EventSourceArn="arn:aws:sqs:us-east-1:000000000000:Audit", FunctionName="report")
        until(lambda: self.count(url) == 0)
        self.t.control("settle")
        whats = [n["what"] for n in nodes(self.t.control("why", id=request)) if "tookMs" in n]
        self.assertIn("report", whats)

    def test_nothing_is_known_of_a_stranger(self):
        unknown = self.t.cli("why", "nobody")
        self.assertEqual((unknown.returncode, unknown.stdout), (1, ""))
        self.assertEqual(unknown.stderr, 'tidepool: nothing is known of "nobody"\n')

    def test_an_event_that_waits_for_its_next_try(self):
        self.t.write("functions/fail.lua", "return function() error('no tea') end")
        with open(os.path.join(self.t.folder, "template.json")) as f:
            template = json.load(f)
        template["Resources"]["Fail"] = {"Type": "AWS::Serverless::Function", "Properties": {"FunctionName": "fail", "Handler": "fail", "Timeout": 60}}
        self.t.write("template.json", template)
        event = until(lambda: (lambda a: a.status == 202 and a)(self.t.invoke("fail", {}, "Event")))
        invocation = event.headers["x-amzn-requestid"]
        until(lambda: "no tea" in self.t.cli("logs", "fail").stdout)
        self.restart()
        tree = self.t.control("why", id=invocation)
        self.assertEqual((tree["id"], tree["fromStore"]), (invocation, True))
        self.assertEqual(len(tree["stored"]), 1)
        self.assertRegex(tree["stored"][0], "asynchronous event %s in .*:fail" % invocation)


if __name__ == "__main__":
    unittest.main()
