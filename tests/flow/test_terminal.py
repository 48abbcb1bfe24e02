"""What comes from outside steers nobody's terminal: it is shown, and not obeyed."""
import json
import os
import pty
import re
import threading
import unittest

from harness import Tidepool, until

TITLE = "\x1b]0;owned\x07\x1b[31m"  # sets the title, and colours what follows
LUA_TITLE = '"\\27]0;owned\\7\\27[31m"'
EVIL = TITLE + "\x7f\x9b2J\u202e"
APP = """
local M = {}
function M.noisy(event)
    print("hello " .. %(evil)s .. "\\127\\xc2\\x9b2J\\xe2\\x80\\xae\\x9b")
    log.info("forged\\r2026-01-01T00:00:00Z")
    return { evil = "\\127" .. "\\u{9b}2J\\u{202e}" .. %(evil)s, good = "gr\\u{fc}\\u{df}" }
end
function M.fail() error("failed " .. %(evil)s) end
return M
""" % {"evil": LUA_TITLE}


def function(name):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": name, "Handler": "app." + name, "CodeUri": ".", "Runtime": "lua5.4",
        "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/" + name, "Method": "GET"}}}}}


TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Noisy": function("noisy"), "Fail": function("fail")}}
OURS = re.compile(r"\x1b\[\d*m")


class OnTerminal(Tidepool):
    """Its standard output and error are a terminal."""

    def spawn(self):
        ours, theirs = pty.openpty()
        super().spawn(output=theirs)
        os.close(theirs)
        self.shown, self.reader = b"", threading.Thread(target=self.read, args=(ours,))
        self.reader.start()

    def read(self, terminal):
        try:
            while part := os.read(terminal, 65536):
                self.shown += part
        except OSError:  # the other side has ended
            pass
        os.close(terminal)

    def output(self):
        return self.shown.decode(errors="surrogateescape").replace("\r\n", "\n")  # the terminal's own line ends

    def close(self):
        super().close()
        self.reader.join()


WILD = "/%1b]0;owned%07%1b[31m%c2%9b2J%e2%80%ae"  # no route has this path; the answer and the terminal say so


class Terminal(unittest.TestCase):
    def assert_clean(self, text, *shown):
        self.assertEqual(re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]", text), [], text)
        for part in shown:
            self.assertIn(part, text)

    def test_the_servers_terminal_shows_paths_and_output_and_keeps_our_colours(self):
        with OnTerminal(files={"template.json": TEMPLATE, "app.lua": APP}) as t:
            t.get("/noisy")
            t.get("/fail")
            t.get(WILD)
            text = until(lambda: "404 GET" in t.output() and "failed" in t.output() and t.output())
        self.assertRegex(text, OURS)
        self.assert_clean(OURS.sub("", text), "hello \\u001b]0;owned\\u0007\\u001b[31m\\u007f\\u009b2J\\u202e", "GET /\\u001b]0;owned\\u0007\\u001b[31m\\u009b2J\\u202e",
                          "forged\\u000d2026", "failed \\u001b]0;owned")

    def test_every_command_shows_what_came_from_outside(self):
        with Tidepool(files={"template.json": TEMPLATE, "app.lua": APP}) as t:
            request = t.get("/noisy").headers["apigw-requestid"]
            reason = t.get(WILD).headers["x-tidepool-reason"]  # curl -i prints it
            self.assert_clean(reason, "\\u001b]0;owned\\u0007\\u001b[31m\\u009b2J\\u202e")
            self.assert_clean(until(lambda: "404 GET" in t.output() and t.output()), "hello \\u001b]0;owned", "/\\u001b]0;owned")
            for words in (("logs",), ("why", request), ("invoke", "noisy"), ("invoke", "fail")):
                with self.subTest(words):
                    r = t.cli(*words)
                    self.assert_clean(r.stdout + r.stderr, "\\u001b]0;owned\\u0007")
            for words in ((EVIL,), ("start", "--" + EVIL), ("start", "--port", EVIL), ("why", EVIL), ("logs", EVIL), ("invoke", EVIL),
                          ("clock", EVIL), ("settle", EVIL), ("validate", EVIL), ("start", EVIL)):
                with self.subTest(words):
                    r = t.cli(*words)
                    self.assert_clean(r.stdout + r.stderr)
            self.assertEqual(json.loads(t.cli("invoke", "noisy").stdout)["evil"], "\x7f\x9b2J\u202e" + TITLE)
            t.write("evil.json", {**TEMPLATE, "Resources": {"A\x1b]0;owned\x07": {"Type": "AWS::\x1b[31m"}}})
            self.assert_clean(t.cli("validate", "evil.json").stderr, "\\u001b")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
