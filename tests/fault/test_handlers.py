"""Handlers that misbehave: each gets a clear answer, costs nobody else anything, and the server lives."""
import json
import os
import signal
import threading
import time
import unittest

from harness import PATIENCE, Tidepool, is_burning, parent_of, process_fields, until

MB = 1 << 20

# What a client sees of a function error: through a REST API, through an HTTP API.
REST_ERROR = (502, {"message": "Internal server error"})
HTTP_ERROR = (500, {"message": "Internal Server Error"})

# name: handler, errorType, what the errorMessage holds
FAILS = {
    "syntax": ("return function( end", "Runtime.UserCodeSyntaxError", "syntax.lua:1:"),
    "no_function": ("return 42", "Runtime.HandlerNotFound", "no_function"),
    "missing_module": ("require 'nowhere'; return function() end", "Runtime.ImportModuleError", "nowhere"),
    "breaks_while_loading": ("error 'at once'; return function() end", "Error", "at once"),
    "text_error": ("return function() error 'no tea' end", "Error", "text_error.lua:1: no tea"),
    "table_error": ("return function() error { code = 'NoTea', message = 'no tea left' } end", "NoTea", "no tea left"),
    "nil_error": ("return function() error(nil) end", "Error", "nil"),
    "number_error": ("return function() error(42) end", "Error", "42"),
    "bad_tostring": ("return function() error(setmetatable({}, { __tostring = function() error 'x' end })) end", "Error", ""),
    "recursion": ("local function f() return 1 + f() end; return f", "Error", "stack overflow"),
    "c_recursion": ("return function() local s = string.rep('(', 500) .. 'x'; return ('x'):find(s) end", "Error", "too many captures"),
    "function_reply": ("return function() return { f = print } end", "Runtime.MarshalError", "function"),
    "circular_reply": ("return function() local t = {}; t.t = t; return t end", "Runtime.MarshalError", ""),
    "nan_reply": ("return function() return { n = 0 / 0 } end", "Runtime.MarshalError", ""),
    "huge_reply": ("return function() return { body = ('x'):rep(%d) } end" % (7 * MB),
                   "Function.ResponseSizeTooLarge", "6291556"),
    "no_dump": ("return function() return string.dump(print) end", "Error", "nil value"),
    "bytecode": ("return function() return load('\\27Lua')() end", "Error", "nil value"),
    # A budget that is used up is what the kernel's killer is on AWS.
    "string_bomb": ("return function() local s = 'x'; while true do s = s .. s end end", "Runtime.ExitError", "signal: killed"),
    "rep_bomb": ("return function() return #('x'):rep(1 << 40) end", "Error", "resulting string too large"),
    "rep_in_budget": ("return function() return #('x'):rep(200 << 20) end", "Runtime.ExitError", "signal: killed"),
    "table_bomb": ("return function() local t = {}; for i = 1, math.huge do t[i] = { i } end end", "Runtime.ExitError",
                   "signal: killed"),
}

# Each holds its worker until its Timeout of one second.
LOOPS = {
    "loop": "return function() while true do end end",
    "loop_in_pcall": "return function() while true do pcall(function() while true do end end) end end",
    "loop_in_xpcall": "return function() while true do xpcall(error, function() while true do end end) end end",
    "loop_in_wrap": "return function() coroutine.wrap(function() while true do pcall(coroutine.wrap(function() while true do end end)) end end)() end",
    "loop_in_sort": "return function() table.sort({ 3, 2, 1 }, function() while true do end end) end",
    "loop_in_gsub": "return function() while true do pcall(string.gsub, 'xx', 'x', function() while true do end end) end end",
    "loop_in_metamethod": "return function() return setmetatable({}, { __index = function() while true do end end }).x end",
    "loop_in_close": "return function() local x <close> = setmetatable({}, { __close = function() while true do end end }); error 'x' end",
    "stuck_in_close": "return function() local x <close> = setmetatable({}, { __close = function() ('a'):rep(400):find(('a-'):rep(20) .. 'b') end }); error 'x' end",
    "loop_while_loading": "while true do end; return function() end",
    "bomb_in_pcall": "return function() local t = {}; while true do pcall(function() t[#t + 1] = ('x'):rep(1 << 20) .. #t end) end end",
    "stuck_in_c": "return function() return ('a'):rep(400):find(('a-'):rep(20) .. 'b') end",
}

# What a handler cannot reach: each expression must be nil.
CLOSED = ["io", "debug", "dofile", "loadfile", "package.loadlib", "package.cpath", "package.searchers", "os.exit", "os.execute",
          "os.remove", "os.rename", "os.tmpname", "os.setlocale", "string.dump", "newproxy", "jit", "ffi",
          "load('\\27Lua')", "os.getenv('HOME')", "os.getenv('PATH')"]

# What does as it is told.
GOOD = """
local count = 0
return function(event)
    count = count + 1
    if event.loop then print "loops"; while true do end end
    if event.hang then print "hangs"; return ('a'):rep(400):find(('a-'):rep(20) .. 'b') end
    if event.fail then error "failed" end
    return { statusCode = 200, body = json.encode { count = count } }
end
"""
OBEYS = {"good": 60, "warm": 5, "patient": 600}  # name: Timeout

ESCAPES = "return function() local t = {}; %s return table.concat(t, ' ') end" % " ".join(
    "if (%s) ~= nil then t[#t + 1] = [[%s]] end" % (e, e) for e in CLOSED)


def app():
    sources = {**{name: row[0] for name, row in FAILS.items()}, **LOOPS, **dict.fromkeys(OBEYS, GOOD), "escapes": ESCAPES}
    functions = {"F" + name.replace("_", ""): {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": name, "Handler": name, "Timeout": 1 if name in LOOPS else OBEYS.get(name, 60), "Events": {
            "Rest": {"Type": "Api", "Properties": {"Path": "/" + name, "Method": "GET"}},
            "Http": {"Type": "HttpApi", "Properties": {"Path": "/" + name, "Method": "GET"}}}}} for name in sources}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": functions, "Globals": {"Function": {
        "Runtime": "lua5.4", "CodeUri": "functions/", "MemorySize": 128}}}
    return {"template.json": template, **{"functions/%s.lua" % name: source for name, source in sources.items()}}


class Handlers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.t = Tidepool(files=app())

    @classmethod
    def tearDownClass(cls):
        cls.t.close()

    def assert_others_are_served(self):
        self.assertEqual(self.t.get("/good").status, 200)

    def test_errors_are_told(self):
        for name, (_, error, words) in FAILS.items():
            with self.subTest(name):
                a = self.t.invoke(name)
                self.assertEqual((a.status, a.headers["x-amz-function-error"]), (200, "Unhandled"))
                self.assertEqual(a.json["errorType"], error, a)
                self.assertIn(words, a.json["errorMessage"])
        self.assert_others_are_served()

    def test_both_kinds_of_api_tell_an_error_as_aws_does(self):
        for name in set(FAILS) - {"table_bomb"}:  # it may take longer than APIs wait
            with self.subTest(name):
                rest, http = self.t.get("/" + name), self.t.get("/" + name, n=1)
                self.assertEqual((rest.status, rest.json), REST_ERROR)
                self.assertEqual((http.status, http.json), HTTP_ERROR)
                self.assertIn("the function failed", rest.headers["x-tidepool-reason"])

    def test_loops_are_answered_at_their_deadline_and_their_workers_end(self):
        for name in LOOPS:
            with self.subTest(name):
                self.assert_others_are_served()
                before, served, answer = self.t.descendants(), 0, []
                began = time.monotonic()
                looping = threading.Thread(target=lambda: answer.append(self.t.invoke(name)))
                looping.start()
                while looping.is_alive():
                    served += 1
                    self.assert_others_are_served()
                self.assertGreater(time.monotonic() - began, 0.9)
                self.assertGreater(served, 1, "everybody waited for it")
                self.assertEqual(answer[0].json["errorType"], "Sandbox.Timedout")
                self.assertIn("Task timed out after 1.00 seconds", answer[0].json["errorMessage"])
                workers = self.t.descendants() - before
                until(lambda: not any(is_burning(pid) for pid in workers))

    def test_a_stuck_worker_is_ended_with_the_server(self):
        t = Tidepool(files=app())
        try:
            asking, answer = t.begin("patient", {"hang": True}, "hangs")
            family = t.descendants()
            self.assertGreater(len(family), 1)
            t.kill()
            until(lambda: not any(process_fields(pid) for pid in family))
            asking.join()
            self.assertIsInstance(answer[0], OSError)
        finally:
            t.close()

    def test_a_worker_that_is_killed_costs_its_invocation_alone(self):
        before = self.t.descendants()
        looping, answer = self.t.begin("patient", {"loop": True}, "loops")
        os.kill((self.t.descendants() - before).pop(), signal.SIGKILL)
        looping.join()
        self.assertEqual(answer[0].json["errorType"], "Runtime.ExitError")
        self.assertIn("signal: Killed", answer[0].json["errorMessage"])
        self.assert_others_are_served()

    def test_without_the_process_that_starts_workers_the_server_ends_with_a_word(self):
        with Tidepool(files=app()) as t:
            self.assertEqual(t.invoke("good").status, 200)
            helper = [pid for pid in t.descendants() if parent_of(pid) == t.process.pid]
            os.kill(helper[0], signal.SIGKILL)
            self.assertEqual(t.process.wait(PATIENCE), 1)
            self.assertIn("start again", t.output())
            t.start()
            self.assertEqual(t.invoke("good").status, 200)

    def test_a_worker_without_work_sleeps(self):
        def wakes(pid):
            with open("/proc/%d/status" % pid) as f:
                return int(next(line for line in f if line.startswith("voluntary_ctxt_switches")).split()[1])

        with Tidepool(files=app()) as t:
            before = t.descendants()
            self.assertEqual(t.invoke("good").status, 200)
            worker = (t.descendants() - before).pop()

            def sleeps():  # once it has tidied up, 0.2 s after its last work
                first = wakes(worker)
                time.sleep(1)
                return wakes(worker) == first

            until(sleeps)

    def test_who_is_without_work_tidies_up(self):
        garbage = "return function(e) local before = collectgarbage('count'); for i = 1, e.n do local t = { i } end; return { before, collectgarbage('count') } end"
        files = {"template.json": {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": {
            "Type": "AWS::Serverless::Function", "Properties": {
                "FunctionName": "garbage", "Handler": "garbage", "Runtime": "lua5.4", "CodeUri": "functions/"}}}},
            "functions/garbage.lua": garbage}
        for args in ([], ["--inline"]):
            with self.subTest(args), Tidepool(files=files, args=args) as t:
                after = t.invoke("garbage", {"n": 2000}).json[1]
                until(lambda: t.invoke("garbage", {"n": 0}).json[0] < after / 2, every=1)

    def test_nothing_leads_out_of_the_sandbox(self):
        self.assertEqual(self.t.invoke("escapes").json, "")

    def test_a_warm_environment_keeps_its_globals_until_it_times_out(self):
        def count():
            return json.loads(self.t.invoke("warm").json["body"])["count"]

        first = count()
        self.assertEqual(count(), first + 1)
        self.assertIn("failed", self.t.invoke("warm", {"fail": True}).json["errorMessage"])
        self.assertEqual(count(), first + 3)  # an error leaves it warm
        self.assertEqual(self.t.invoke("warm", {"loop": True}).json["errorType"], "Sandbox.Timedout")
        self.assertEqual(count(), 1)


if __name__ == "__main__":
    unittest.main()
