"""Edits while it runs take effect at once, and cost nobody an answer."""
import itertools
import os
import threading
import unittest

from harness import ROOT, Tidepool, until

RELEASE = os.path.join(ROOT, "build", "release", "tidepool")


def get(path):
    return {"Type": "HttpApi", "Properties": {"Path": path, "Method": "GET"}}


def function(handler, path):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": handler, "Handler": handler, "CodeUri": "functions/", "Runtime": "lua5.4", "Timeout": 60,
        "Events": {"Get": get(path)}}}


def template(**more):
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
        "Greet": function("greet", "/greet"), "Slow": function("slow", "/slow"),
        "Things": {"Type": "AWS::Serverless::SimpleTable", "Properties": {"TableName": "Things"}}, **more}}


def saying(text):
    return "local word = require 'word'\nreturn function() return '%s' .. word end\n" % text


class Visitor:
    """Asks for /greet without a pause, and remembers each answer."""

    def __init__(self, t):
        self.t, self.answers, self.over = t, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over:
            try:
                a = self.t.get("/greet")
                self.answers.append((a.status, a.body if a.status == 200 else str(a)))
            except OSError as e:
                self.answers.append((0, repr(e)))

    def heard(self, text):
        return bool(self.answers) and self.answers[-1][1] == text

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.over = True
        self.thread.join()


class Edit(unittest.TestCase):
    binary = None

    def setUp(self):
        self.t = Tidepool(files={
            "template.json": template(), "functions/greet.lua": saying("one"), "functions/word.lua": "return '!'",
            "functions/slow.lua": "return function() time.sleep(1000); return 'old' end"}, **({"binary": self.binary} if self.binary else {}))

    def tearDown(self):
        self.t.close()

    def write(self, name, content, atomic):
        """As editors save: over the file, or a new one in its place."""
        if not atomic:
            self.t.write(name, content)
            return
        self.t.write(name + "~", content)
        os.replace(os.path.join(self.t.folder, name + "~"), os.path.join(self.t.folder, name))

    def says(self, text):
        return self.t.get("/greet").body == text

    def test_an_edited_handler_serves_and_no_request_fails(self):
        with Visitor(self.t) as visitor:
            for i in range(20):
                self.write("functions/greet.lua", saying("v%d" % i), atomic=i % 2)
                until(lambda: visitor.heard(b"v%d!" % i))
            self.t.write("functions/word.lua", "return '?'")
            until(lambda: visitor.heard(b"v19?"))
        self.assertEqual({a for a in visitor.answers if a[0] != 200}, set())
        versions = [version for version, _ in itertools.groupby(body for _, body in visitor.answers)]
        self.assertEqual(len(versions), len(set(versions)), "an older version came back")
        self.assertGreater(len(versions), 20)

    def test_a_running_request_ends_as_it_began(self):
        slow = []
        running = threading.Thread(target=lambda: slow.append(self.t.get("/slow")))
        running.start()
        until(lambda: "START" in self.t.cli("logs", "slow").stdout)
        self.t.write("functions/slow.lua", "return function() return 'new' end")
        until(lambda: self.t.get("/slow").body == b"new")
        running.join()
        self.assertEqual((slow[0].status, slow[0].body), (200, b"old"))

    def test_an_edited_template_serves_with_its_state_and_no_request_fails(self):
        things = self.t.client("dynamodb")
        things.put_item(TableName="Things", Item={"id": {"S": "kept"}})
        with Visitor(self.t) as visitor:
            self.t.write("functions/more.lua", "return function() return 'more' end")
            self.write("template.json", template(
                More=function("more", "/more"), Jobs={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Jobs"}}), atomic=True)
            until(lambda: self.t.get("/more").body == b"more")
            self.t.client("sqs").get_queue_url(QueueName="Jobs")
            self.assertIn("made More", self.t.output())
            self.t.write("template.json", template())
            until(lambda: self.t.get("/more").status == 404)
        self.assertEqual({a for a in visitor.answers if a[0] != 200}, set())
        self.assertIn("Item", things.get_item(TableName="Things", Key={"id": {"S": "kept"}}))

    def test_a_broken_edit_keeps_the_version_before_and_tells_why(self):
        broken = (("functions/greet.lua", "return function( end", "greet.lua:1:", saying("two")),
                  ("functions/word.lua", "return '", "word.lua:1:", "return '?'"),
                  ("template.json", '{ "Resources": {\n oops }', "template.json:2:", template()),
                  ("template.json", template(Odd={"Type": "AWS::Odd::Thing"}), "AWS::Odd::Thing", template()))
        with Visitor(self.t) as visitor:
            for name, wrong, words, right in broken:
                before = len(self.t.output())
                self.t.write(name, wrong)
                until(lambda: "goes on serving" in self.t.output()[before:])
                self.assertIn(words, self.t.output()[before:])
                self.t.write(name, right)
                until(lambda: " again" in self.t.output()[before:])
            until(lambda: self.says(b"two?"))
        self.assertEqual({a for a in visitor.answers if a[0] != 200}, set())


class Product(Edit):
    """The same with the product's build, whose races are others."""
    binary = RELEASE


if __name__ == "__main__":
    unittest.main(warnings="ignore")
