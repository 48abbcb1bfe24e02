"""The aws command line against tidepool.

Works with Debian 12's awscli 2.9 and with newer ones; each run of it takes about a second, so there are few.
"""
import json
import os
import subprocess
import tempfile
import unittest

from harness import ROOT, Tidepool, until

t = None


def setUpModule():
    global t
    t = Tidepool(folder=os.path.join(ROOT, "tests", "sdk", "app"))


def tearDownModule():
    t.close()


def aws(*args, fails=False):
    """The output of an aws command as JSON (None when it prints nothing); with fails, its error text."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    r = subprocess.run(["aws", "--endpoint-url", t.url(), "--output", "json", *args], capture_output=True, text=True,
                       timeout=1200, env={**os.environ, **keys})
    if (r.returncode != 0) != fails:
        raise AssertionError("aws %s: exit %s\n%s%s" % (" ".join(args), r.returncode, r.stdout, r.stderr))
    return r.stderr if fails else json.loads(r.stdout) if r.stdout.strip() else None


class Commands(unittest.TestCase):
    def test_dynamodb(self):
        aws("dynamodb", "create-table", "--table-name", "Music", "--billing-mode", "PAY_PER_REQUEST",
            "--attribute-definitions", "AttributeName=artist,AttributeType=S", "--key-schema", "AttributeName=artist,KeyType=HASH")
        aws("dynamodb", "wait", "table-exists", "--table-name", "Music")
        item = {"artist": {"S": "Ada"}, "songs": {"N": "3"}}
        aws("dynamodb", "put-item", "--table-name", "Music", "--item", json.dumps(item))
        self.assertEqual(aws("dynamodb", "get-item", "--table-name", "Music", "--key", '{"artist":{"S":"Ada"}}')["Item"], item)
        updated = aws("dynamodb", "update-item", "--table-name", "Music", "--key", '{"artist":{"S":"Ada"}}', "--return-values", "ALL_NEW",
                      "--update-expression", "SET songs = songs + :one", "--expression-attribute-values", '{":one":{"N":"1"}}')
        self.assertEqual(updated["Attributes"]["songs"], {"N": "4"})
        queried = aws("dynamodb", "query", "--table-name", "Music", "--key-condition-expression", "artist = :a",
                      "--expression-attribute-values", '{":a":{"S":"Ada"}}')
        self.assertEqual(queried["Count"], 1)
        error = aws("dynamodb", "put-item", "--table-name", "Music", "--item", json.dumps(item),
                    "--condition-expression", "attribute_not_exists(artist)", fails=True)
        self.assertIn("An error occurred (ConditionalCheckFailedException) when calling the PutItem operation: The conditional request failed", error)

    def test_sts(self):
        self.assertEqual(aws("sts", "get-caller-identity")["Arn"], "arn:aws:iam::000000000000:user/tidepool")

    def test_sqs(self):
        url = aws("sqs", "create-queue", "--queue-name", "jobs", "--attributes", "VisibilityTimeout=60")["QueueUrl"]
        self.assertEqual(url, t.url() + "/000000000000/jobs")
        aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello", "--message-attributes",
            '{"k":{"DataType":"String","StringValue":"v"}}')
        m = aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "5", "--attribute-names", "All",
                "--message-attribute-names", "All")["Messages"][0]
        self.assertEqual((m["Body"], m["MessageAttributes"]["k"]["StringValue"]), ("hello", "v"))
        aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", m["ReceiptHandle"])
        attributes = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
        self.assertEqual((attributes["VisibilityTimeout"], attributes["ApproximateNumberOfMessagesNotVisible"]), ("60", "0"))
        self.assertIn("AWS.SimpleQueueService.NonExistentQueue", aws("sqs", "get-queue-url", "--queue-name", "none", fails=True))

    def test_sns(self):
        topic = aws("sns", "create-topic", "--name", "news")["TopicArn"]
        sqs = t.client("sqs")
        url = sqs.create_queue(QueueName="news")["QueueUrl"]
        aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--attributes", "RawMessageDelivery=true",
                           "--notification-endpoint", "arn:aws:sqs:us-east-1:000000000000:news")
        aws("sns", "publish", "--topic-arn", topic, "--message", "tide is high")
        self.assertEqual(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"], "tide is high")
        self.assertIn("(NotFound)", aws("sns", "publish", "--topic-arn", topic + "-not", "--message", "x", fails=True))

    def test_lambda(self):
        names = [f["FunctionName"] for f in aws("lambda", "list-functions")["Functions"]]
        self.assertEqual(sorted(names), ["echo", "fail", "note", "picky"])
        with tempfile.TemporaryDirectory() as folder:
            payload, result = os.path.join(folder, "payload"), os.path.join(folder, "result")
            with open(payload, "w") as f:
                f.write('{"a":1}')

            def invoke(name, *more):
                said = aws("lambda", "invoke", "--function-name", name, "--payload", "fileb://" + payload, *more, result)
                with open(result) as f:
                    return said, f.read()
            self.assertEqual(invoke("echo"), ({"StatusCode": 200, "ExecutedVersion": "$LATEST"}, '{"a":1}'))
            said, text = invoke("fail", "--log-type", "Tail")
            self.assertEqual(said["FunctionError"], "Unhandled")
            self.assertTrue(said["LogResult"])
            self.assertIn("boom", json.loads(text)["errorMessage"])
        self.assertIn("(ResourceNotFoundException)", aws("lambda", "get-function", "--function-name", "none", fails=True))

    def test_a_mapping(self):
        sqs = t.client("sqs")
        url = sqs.create_queue(QueueName="mapped")["QueueUrl"]
        made = aws("lambda", "create-event-source-mapping", "--function-name", "note", "--event-source-arn",
                   "arn:aws:sqs:us-east-1:000000000000:mapped")
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        note = until(lambda: sqs.receive_message(QueueUrl=t.url() + "/000000000000/Notes", WaitTimeSeconds=1).get("Messages"))[0]
        self.assertEqual(json.loads(note["Body"])["Records"][0]["body"], "hello")
        listed = aws("lambda", "list-event-source-mappings", "--function-name", "note")["EventSourceMappings"]
        self.assertEqual([m["UUID"] for m in listed], [made["UUID"]])
        aws("lambda", "delete-event-source-mapping", "--uuid", made["UUID"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
