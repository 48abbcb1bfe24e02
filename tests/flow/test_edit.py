"""Edits take effect while it runs, and a broken one leaves the version before serving."""
import os
import threading
import time
import unittest

from harness import Tidepool, until

HELLO = "return function(event) return 'hello %s' end"


def template(path="/hello", **more):
    return {"Transform": "AWS::Serverless-2016-10-31",
            "Resources": {"Hello": {"Type": "AWS::Serverless::Function", "Properties": {
                "Runtime": "lua5.4", "Handler": "hello", "CodeUri": "code",
                "Events": {"Get": {"Type": "HttpApi", "Properties": {"Path": path, "Method": "GET"}}}, **more}}}}


class Edit(unittest.TestCase):
    def setUp(self):
        self.t = Tidepool(files={"template.json": template(), "code/hello.lua": HELLO % "one"})
        self.addCleanup(self.t.close)

    def says(self, text, path="/hello"):
        a = self.t.get(path)
        return a.status == 200 and a.body.decode() == text

    def refused(self, text):
        until(lambda: text in self.t.output())

    def test_a_handler(self):
        self.assertTrue(self.says("hello one"))
        for word in ("two", "three"):
            saved = time.time()
            self.t.write("code/hello.lua", HELLO % word)
            until(lambda: self.says("hello " + word))
            self.assertLess(time.time() - saved, 1)  # 50 ms on a quiet machine; this one has sanitizers

    def test_a_handler_saved_by_rename_and_a_new_folder(self):
        self.t.write("code/lib/word.lua", "return 'library'")
        self.t.write("code/.hello.lua.new", "local word = require 'lib.word' return function() return 'hello ' .. word end")
        os.rename(os.path.join(self.t.folder, "code/.hello.lua.new"), os.path.join(self.t.folder, "code/hello.lua"))
        until(lambda: self.says("hello library"))
        self.t.write("code/lib/word.lua", "return 'again'")
        until(lambda: self.says("hello again"))

    def test_a_route(self):
        self.t.write("template.json", template("/bye"))
        until(lambda: self.says("hello one", "/bye"))
        self.assertEqual(self.t.get("/hello").status, 404)

    def test_a_handler_that_does_not_compile_before_its_first_request(self):
        self.t.write("code/hello.lua", "return functoin")
        self.t.write("code/hello.lua", "return functoin(")
        self.refused("code/hello.lua:1:")
        self.assertTrue(self.says("hello one"))
        self.t.write("code/hello.lua", HELLO % "two")
        until(lambda: self.says("hello two"))

    def test_a_broken_template(self):
        for broken, said in (("{", "template.json:1: the file ends"),
                             (template(Memory=128), "Properties.Memory: AWS::Serverless::Function has no property of this name"),
                             (template(ReservedConcurrentExecutions=950), "template.json:4: Resources.Hello: ")):
            self.t.write("template.json", broken)
            self.refused(said)
            self.assertTrue(self.says("hello one"))
        self.t.write("template.json", template("/bye"))
        until(lambda: self.says("hello one", "/bye"))

    def test_requests_that_run_end_as_they_began(self):
        self.t.write("code/hello.lua", "return function() time.sleep(600) return 'slow' end")
        until(lambda: self.says("slow"))
        answers = []
        running = threading.Thread(target=lambda: answers.append(self.t.get("/hello").body))
        running.start()
        time.sleep(0.2)
        self.t.write("code/hello.lua", HELLO % "fast")
        until(lambda: self.says("hello fast"))
        running.join()
        self.assertEqual(answers, [b"slow"])


if __name__ == "__main__":
    unittest.main()
