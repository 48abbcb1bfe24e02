"""The command line: each verb, what it prints and how it exits; each trouble is one line and exit status 2."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BINARY, PATIENCE, Tidepool, free_ports, until

VERBS = ("start", "invoke", "validate", "logs", "why", "clock", "settle", "reset", "version", "help")

ARN = "arn:aws:lambda:us-east-1:000000000000:function:echo"
CODE = """
local M = {}
function M.echo(event, context) print("echoes") return { got = event, who = os.getenv("WHO"), arn = context.invoked_function_arn } end
function M.fail() error("no tea") end
function M.chat() for i = 1, 1200 do print("line " .. i) end end
function M.nap(event) time.sleep(event.ms or 500) return { statusCode = 200, body = "rested" } end
return M
"""


def function(name):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": name, "Handler": "app." + name, "CodeUri": ".", "Runtime": "lua5.4", "Timeout": 900,
        "Environment": {"Variables": {"WHO": {"Ref": "Who"}}}}}


NAP = function("nap")
NAP["Properties"]["Events"] = {"Get": {"Type": "Api", "Properties": {"Path": "/nap", "Method": "GET"}}}
TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Parameters": {"Who": {"Type": "String", "Default": "nobody"}},
            "Resources": {"Echo": function("echo"), "Fail": function("fail"), "Chat": function("chat"), "Nap": NAP}}
FILES = {"template.json": TEMPLATE, "app.lua": CODE}


class Folder(unittest.TestCase):
    """Commands in a folder with the app, no tidepool running."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tidepool-test-")
        for name, content in FILES.items():
            self.write(name, content)
        self.port = str(free_ports(2))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def write(self, name, content):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(content if isinstance(content, str) else json.dumps(content, indent=2))

    def run_tidepool(self, *args, input=None, env=None):
        return subprocess.run([BINARY, *args], cwd=self.folder, capture_output=True, text=True, input=input, timeout=PATIENCE,
                              env={**os.environ, "TIDEPOOL_PORT": self.port, "TIDEPOOL_API_PORT": str(int(self.port) + 1), **(env or {})})

    def assert_refused(self, words, *args, **kw):
        r = self.run_tidepool(*args, **kw)
        self.assertEqual((r.returncode, r.stdout, r.stderr.count("\n")), (2, "", 1), r)
        self.assertIn(words, r.stderr)

    def test_help_tells_of_every_verb(self):
        for args in (("help",), ("--help",), ("-h",)):
            r = self.run_tidepool(*args)
            self.assertEqual((r.returncode, r.stderr), (0, ""))
            for word in VERBS + ("--ephemeral",):
                self.assertIn(word, r.stdout)
        for verb in VERBS:
            self.assertIn("usage: tidepool " + verb, self.run_tidepool("help", verb).stdout)
            self.assertEqual(self.run_tidepool("help", verb).stdout, self.run_tidepool(verb, "--help").stdout if verb not in ("help", "version")
                             else self.run_tidepool("help", verb).stdout)

    def test_version(self):
        self.assertRegex(self.run_tidepool("version").stdout, r"^tidepool \d+\.\d+\.\d+\n$")

    def test_what_is_wrong_on_the_command_line_is_one_line(self):
        self.assert_refused('unknown verb "dance"', "dance")
        self.assert_refused('unknown verb "dance"', "help", "dance")
        self.assert_refused("unknown option --dance", "start", "--dance")
        self.assert_refused("unknown option -x", "start", "-x")
        self.assert_refused("--port wants a value", "start", "--port")
        self.assert_refused("--port: '0' is not a number from 1 to 65535", "start", "--port", "0")
        self.assert_refused("--parameter: 'Who' is not of the form KEY=VALUE", "start", "--parameter", "Who")
        self.assert_refused("TIDEPOOL_WORKERS", "start", env={"TIDEPOOL_WORKERS": "many"})
        self.assert_refused("nowhere.json", "start", "nowhere.json")
        self.assert_refused("invoke needs the name", "invoke")
        self.assert_refused("cannot be read", "invoke", "echo", "--event", "nowhere.json")

    def test_a_template_that_cannot_be_read_is_refused(self):
        os.mkdir(os.path.join(self.folder, "folder.json"))
        self.write("broken.json", '{\n  "Resources": oops\n}')
        self.write("empty.json", "")
        self.assert_refused("folder.json", "start", "folder.json")
        self.assert_refused("broken.json:2:", "start", "broken.json")
        self.assert_refused("empty.json", "start", "empty.json")
        os.remove(os.path.join(self.folder, "template.json"))
        self.assert_refused("no template.json", "validate")
        self.assertEqual(self.run_tidepool().stdout, self.run_tidepool("help").stdout)

    def test_a_word_too_many(self):
        self.assert_refused("reset takes no argument", "reset", "Orders")
        self.assert_refused("logs takes one function", "logs", "a", "b")
        self.assert_refused("start takes one template", "start", "a.json", "b.json")
        self.assert_refused("clock freeze takes no argument", "clock", "freeze", "now")
        self.assert_refused("clock advance takes one argument", "clock", "advance", "1h", "2h")
        self.assert_refused("version takes no argument", "version", "1")
        self.assert_refused("help takes one verb", "help", "start", "stop")

    def test_nobody_answers(self):
        for verb in (("logs",), ("why", "x"), ("clock",), ("settle",), ("reset",)):
            self.assert_refused("no tidepool answers on 127.0.0.1:" + self.port, *verb)

    def test_validate_names_all_problems_with_their_place(self):
        good = self.run_tidepool("validate")
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        self.assertRegex(good.stdout, r"template\.json is valid\n$")
        odd = json.loads(json.dumps(TEMPLATE))
        odd["Resources"]["Echo"]["Properties"]["Layers"] = ["x"]
        odd["Resources"]["Fail"]["Properties"]["Handler"] = "gone.fail"
        odd["Resources"]["Thing"] = {"Type": "AWS::Odd::Thing"}
        self.write("odd.json", odd)
        r = self.run_tidepool("validate", "odd.json")
        self.assertEqual((r.returncode, r.stdout), (2, ""))
        for words in ("odd.json:", "/Resources/Echo/Properties/Layers".replace("/", "."), "gone.lua", "AWS::Odd::Thing"):
            self.assertIn(words.strip("."), r.stderr)
        self.assertGreaterEqual(r.stderr.count("odd.json:"), 3)
        odd["Resources"]["Fail"]["Properties"]["Handler"] = "app.fail"
        self.write("odd.json", odd)
        self.assertEqual(self.run_tidepool("validate", "odd.json").returncode, 2)
        lenient = self.run_tidepool("validate", "--lenient", "odd.json")
        self.assertEqual(lenient.returncode, 0, lenient)
        self.assertIn("Layers", lenient.stderr)

    def test_validate_compiles_the_code_and_asks_the_services(self):
        os.mkdir(os.path.join(self.folder, "broken"))
        self.write("broken/app.lua", "return {\n  x = = 1 }")
        odd = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {
            "Runtime": "lua5.4", "Handler": "app.x", "CodeUri": "broken"}}}}
        self.write("odd.json", odd)
        self.assert_refused("broken/app.lua:2: unexpected symbol near '='", "validate", "odd.json")
        odd["Resources"]["F"]["Properties"]["Events"] = {"T": {"Type": "Schedule", "Properties": {"Schedule": "rate(5 minute)"}}}
        self.write("odd.json", odd)
        self.write("broken/app.lua", "return {}")
        self.assert_refused("ScheduleExpression is not valid", "validate", "odd.json")

    def test_invoke_without_a_server(self):
        self.write("event.json", {"n": 1})
        r = self.run_tidepool("invoke", "echo", "--event", "event.json", "--parameter", "Who=ada")
        self.assertEqual((r.returncode, json.loads(r.stdout)), (0, {"got": {"n": 1}, "who": "ada", "arn": ARN}))
        self.assertIn("echoes", r.stderr)
        self.assertIn("REPORT RequestId", r.stderr)
        r = self.run_tidepool("invoke", "fail", "--inline", "--ephemeral")
        self.assertEqual((r.returncode, json.loads(r.stdout)["errorMessage"]), (1, "app.lua:4: no tea"))
        self.assertEqual(self.run_tidepool("invoke", "nobody").returncode, 2)


class Running(unittest.TestCase):
    """Commands against a tidepool that runs."""

    def setUp(self):
        self.t = Tidepool(files=FILES)

    def tearDown(self):
        self.t.close()

    def assert_starts_not(self, words, *args):
        r = subprocess.run([BINARY, "start", *args], cwd=self.t.folder, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((r.returncode, r.stdout, r.stderr.count("\n")), (2, "", 1), r)
        self.assertIn(words, r.stderr)

    def test_ports_and_data_that_are_in_use(self):
        free, busy, busy_api = str(free_ports(2)), str(self.t.port), str(self.t.api_port)
        self.assert_starts_not("port %s is in use" % busy, "--ephemeral", "--port", busy, "--api-port", free)
        self.assert_starts_not(busy_api, "--ephemeral", "--port", free, "--api-port", busy_api)
        self.assert_starts_not("in use by another tidepool", "--port", free, "--api-port", str(int(free) + 1))
        self.assertEqual(self.t.invoke("echo").status, 200)

    def test_invoke(self):
        r = self.t.cli("invoke", "echo", "--event", "-", input='{"big":9007199254740993}')
        self.assertEqual((r.returncode, json.loads(r.stdout)["got"]), (0, {"big": 9007199254740993}))
        self.assertIn("echoes", r.stderr)
        self.assertEqual(json.loads(self.t.cli("invoke", "echo").stdout)["got"], {})
        r = self.t.cli("invoke", "fail")
        self.assertEqual((r.returncode, json.loads(r.stdout)["errorMessage"]), (1, "app.lua:4: no tea"))
        for args, words in ((("nobody",), "Function not found"), (("echo", "--event", "/dev/null"), "")):
            r = self.t.cli("invoke", *args)
            self.assertEqual(r.returncode, 2 if words else 0, r)
            self.assertIn(words, r.stderr)
        self.assertEqual(self.t.cli("invoke", "echo", "--event", "-", input="no json").returncode, 2)

    def test_logs_are_whole(self):
        self.t.cli("invoke", "chat")
        lines = self.t.cli("logs", "chat").stdout
        self.assertEqual((lines.count(" line "), " line 1200\n" in lines), (1200, True), lines[-500:])

    def test_logs(self):
        self.t.invoke("echo")
        self.t.invoke("fail")
        every, one = self.t.cli("logs").stdout, self.t.cli("logs", "fail").stdout
        self.assertIn("echoes", every)
        self.assertIn("no tea", one)
        self.assertNotIn("echoes", one)
        follow = subprocess.Popen([BINARY, "logs", "-f", "echo", "--port", str(self.t.port)], stdout=subprocess.PIPE, text=True)
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(iter(follow.stdout.readline, "")))
        reader.start()
        until(lambda: seen.count(seen[0]) and sum("echoes" in line for line in seen) == 1 if seen else False)
        self.t.invoke("echo")
        until(lambda: sum("echoes" in line for line in seen) == 2)
        follow.kill()
        reader.join()
        follow.wait()

    def test_why_settle_and_reset(self):
        a = self.t.get("/nap")
        self.assertEqual(self.t.cli("settle").returncode, 0)
        why = self.t.cli("why", a.headers["x-amzn-requestid"])
        self.assertIn("GET /nap", why.stdout)
        unknown = self.t.cli("why", "nothing-of-the-kind")
        self.assertEqual((unknown.returncode, unknown.stderr), (1, 'tidepool: nothing is known of "nothing-of-the-kind"\n'))
        self.assertEqual(self.t.cli("reset").returncode, 0)
        self.assertEqual(self.t.invoke("echo").status, 200)

    def test_a_signal_lets_what_runs_end(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            answers = []
            asking = threading.Thread(target=lambda: answers.append(self.t.get("/nap")))
            asking.start()
            until(lambda: "START" in self.t.cli("logs", "nap").stdout)
            self.t.process.send_signal(number)
            self.assertEqual(self.t.process.wait(PATIENCE), 0)
            asking.join()
            self.assertEqual(answers[0].body, b"rested")
            self.t.start()

    def test_what_runs_too_long_is_not_waited_for(self):
        asking = threading.Thread(target=lambda: self.assertRaises(OSError, self.t.invoke, "nap", {"ms": 600000}))
        asking.start()
        until(lambda: "START" in self.t.cli("logs", "nap").stdout)
        began = time.monotonic()
        self.assertEqual(self.t.stop(), 0)
        self.assertGreater(time.monotonic() - began, 1.5)
        asking.join()

    def test_who_waits_for_an_invocation_hears_that_the_tidepool_was_killed(self):
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.t.cli("invoke", "nap", "--event", "-", input='{"ms": 600000}')))
        asking.start()
        until(lambda: "START" in self.t.cli("logs", "nap").stdout)
        self.t.kill()
        asking.join()
        self.assertEqual((answers[0].returncode, answers[0].stdout), (2, ""))
        self.assertIn("went away before it answered", answers[0].stderr)
        self.t.start()

    def test_banner(self):
        for words in ("ready in", "GET", "/nap", "echo", "export AWS_ENDPOINT_URL=http://localhost:%d" % self.t.port, ".tidepool"):
            self.assertIn(words, self.t.output())


class Options(unittest.TestCase):
    def test_ephemeral_leaves_nothing(self):
        with Tidepool(files=FILES, args=["--ephemeral"]) as t:
            self.assertEqual(t.invoke("echo").status, 200)
            self.assertFalse(os.path.exists(os.path.join(t.folder, ".tidepool")))

    def test_copies_of_an_ephemeral_one_that_was_killed_go_with_the_next(self):
        with tempfile.TemporaryDirectory(prefix="tidepool-test-") as tmp, \
                Tidepool(files=FILES, args=["--ephemeral"], env={"TMPDIR": tmp}) as a:
            self.assertEqual(a.invoke("echo").status, 200)
            left = os.listdir(tmp)
            self.assertEqual(len(left), 1)
            a.kill()
            self.assertEqual(os.listdir(tmp), left)
            a.start()
            self.assertEqual(len(os.listdir(tmp)), 1)
            self.assertNotEqual(os.listdir(tmp), left)
            with Tidepool(files=FILES, args=["--ephemeral"], env={"TMPDIR": tmp}):
                self.assertEqual(len(os.listdir(tmp)), 2)  # who lives keeps its own
            self.assertEqual(a.invoke("echo").status, 200)
            a.stop()
            self.assertEqual(os.listdir(tmp), [])

    def test_data_lies_where_it_is_told_to(self):
        with Tidepool(files=FILES, args=["--data", "kept/here", "--durable"]) as t:
            t.client("dynamodb").create_table(TableName="Kept", BillingMode="PAY_PER_REQUEST",
                                              KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                                              AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
            self.assertTrue(os.listdir(os.path.join(t.folder, "kept", "here")))
            self.assertEqual(t.stop(), 0)
            t.start()
            self.assertEqual(t.client("dynamodb").list_tables()["TableNames"], ["Kept"])

    def test_inline_needs_no_workers(self):
        with Tidepool(files=FILES, args=["--inline"]) as t:
            self.assertEqual(t.invoke("echo").json["who"], "nobody")
            self.assertEqual(t.descendants(), set())

    def test_variables_are_options_and_the_command_line_wins(self):
        env = {"TIDEPOOL_REGION": "eu-west-1", "TIDEPOOL_ACCOUNT": "111111111111", "TIDEPOOL_PARAMETER": "Who=env", "TIDEPOOL_EPHEMERAL": "yes"}
        with Tidepool(files=FILES, env=env, args=["--account", "222222222222"]) as t:
            self.assertEqual(t.invoke("echo").json, {"got": {}, "who": "env", "arn": "arn:aws:lambda:eu-west-1:222222222222:function:echo"})
            self.assertFalse(os.path.exists(os.path.join(t.folder, ".tidepool")))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
