"""Worker processes that are stopped, killed, or not to be had: invocations end, and nobody else waits."""
import http.client
import os
import resource
import shutil
import signal
import unittest

from harness import BINARY, PATIENCE, Tidepool, parent_of, process_fields, until

COUNT = """
local count = 0
return function(event)
    count = count + 1
    if event.hang then print "hangs"; return ('a'):rep(400):find(('a-'):rep(20) .. 'b') end
    return count
end
"""
NOBODY = 65534


def app(n, **properties):
    """Functions f0, f1, ... that count."""
    return {"functions/count.lua": COUNT, "template.json": {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
        "F%d" % i: {"Type": "AWS::Serverless::Function", "Properties": {
            "FunctionName": "f%d" % i, "Handler": "count", "Runtime": "lua5.4", "CodeUri": "functions/", "Timeout": 60, **properties}}
        for i in range(n)}}}


def helper_of(t):
    """The process that starts workers."""
    return next(pid for pid in t.descendants() if parent_of(pid) == t.process.pid)


def workers_of(t):
    return {pid for pid in t.descendants() if parent_of(pid) != t.process.pid and process_fields(pid)}


def stop(pid):
    os.kill(pid, signal.SIGSTOP)
    until(lambda: process_fields(pid)[0] == "T")


def open_files(t):
    return len(os.listdir("/proc/%d/fd" % t.process.pid))


def limit_files(t, n):
    hard = resource.prlimit(t.process.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(t.process.pid, resource.RLIMIT_NOFILE, (n, hard))


class Stopped(unittest.TestCase):
    def test_an_idle_worker_that_was_stopped_goes_on_with_the_next_invocation(self):
        with Tidepool(files=app(1, Events={"Hourly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)"}}})) as t:
            self.assertEqual(t.invoke("f0").json, 1)
            stop(workers_of(t).pop())
            self.assertEqual(t.invoke("f0").json, 2)
            self.assertEqual(t.output().count("a worker was stopped"), 1)
            stop(workers_of(t).pop())
            t.control("clock", action="advance", value="1h")
            self.assertEqual(t.invoke("f0").json, 4)

    def test_a_worker_that_was_stopped_in_its_handler_ends_at_the_deadline(self):
        with Tidepool(files=app(1, Timeout=8)) as t:
            asking, answer = t.begin("f0", {"hang": True}, "hangs")
            worker = workers_of(t).pop()
            stop(worker)
            asking.join()
            self.assertEqual(answer[0].json["errorType"], "Sandbox.Timedout")
            until(lambda: process_fields(worker) is None)
            self.assertEqual(t.invoke("f0").json, 1)

    def test_a_stuck_handler_is_ended_though_the_helper_was_stopped(self):
        with Tidepool(files=app(1, Timeout=8)) as t:
            asking, answer = t.begin("f0", {"hang": True}, "hangs")
            worker = workers_of(t).pop()
            stop(helper_of(t))
            asking.join()
            self.assertEqual(answer[0].json["errorType"], "Sandbox.Timedout")
            until(lambda: process_fields(worker) is None)

    def test_a_helper_that_was_stopped_goes_on_when_a_worker_is_wanted(self):
        with Tidepool(files=app(2)) as t:
            self.assertEqual(t.invoke("f0").json, 1)
            stop(helper_of(t))
            self.assertEqual(t.invoke("f0").json, 2)
            self.assertEqual(t.invoke("f1").json, 1)

    def test_a_worker_that_dies_while_the_helper_is_stopped_costs_its_invocation(self):
        with Tidepool(files=app(1)) as t:
            asking, answer = t.begin("f0", {"hang": True}, "hangs")
            worker = workers_of(t).pop()
            stop(helper_of(t))
            os.kill(worker, signal.SIGKILL)
            asking.join()
            self.assertEqual(answer[0].json["errorType"], "Runtime.ExitError")
            self.assertEqual(t.invoke("f0").json, 1)


class Few(unittest.TestCase):
    def test_no_more_than_so_many_stay_without_work_and_the_latest_stay(self):
        with Tidepool(files=app(8), args=["--idle-workers", "3"]) as t:
            for i in range(8):
                self.assertEqual(t.invoke("f%d" % i).json, 1)
            until(lambda: len(workers_of(t)) == 3)
            self.assertEqual([t.invoke("f%d" % i).json for i in (7, 6, 5)], [2, 2, 2])
            self.assertEqual(t.invoke("f0").json, 1)

    def test_who_is_without_work_leaves_descriptors_to_connections(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

        with Tidepool(files=app(50), prepare=few) as t:
            for i in range(50):
                self.assertEqual(t.invoke("f%d" % i).json, 1)
            connections = [http.client.HTTPConnection("127.0.0.1", t.port, timeout=PATIENCE) for _ in range(30)]
            for c in connections:
                c.connect()
            for c in connections:
                c.request("GET", "/_tidepool/health")
                self.assertEqual(c.getresponse().status, 200)  # and it stays open
            for c in connections:
                c.close()

    def test_at_the_limit_of_open_files_the_longest_idle_makes_room(self):
        with Tidepool(files=app(20)) as t:
            for i in range(4):
                self.assertEqual(t.invoke("f%d" % i).json, 1)
            limit_files(t, open_files(t) + 6)
            for i in range(4, 20):
                self.assertEqual(t.invoke("f%d" % i).json, 1)
            self.assertEqual(t.invoke("f19").json, 2)
            self.assertLess(len(workers_of(t)), 8)
            self.assertNotIn("no worker process", t.output())

    def test_when_nothing_makes_room_the_invocation_fails_with_a_word(self):
        with Tidepool(files=app(1)) as t:
            limit_files(t, open_files(t) + 2)  # one for the connection
            for _ in range(3):
                a = t.invoke("f0")
                self.assertEqual((a.status, a.headers["x-amzn-errortype"]), (500, "ServiceException"))
                self.assertIn("No worker process can be started: Too many open files", a.body.decode())
            self.assertEqual(t.output().count("f0: no worker process can be started: Too many open files"), 1)
            limit_files(t, open_files(t) + 20)
            until(lambda: t.invoke("f0").status == 200, every=0.1)

    def test_the_limit_of_open_files_is_raised_to_what_it_may_be(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048))

        with Tidepool(files=app(1), prepare=few) as t:
            self.assertEqual(resource.prlimit(t.process.pid, resource.RLIMIT_NOFILE), (2048, 2048))

    def test_who_may_start_no_process_is_told_that_handlers_run_inside(self):
        def alone():
            if os.geteuid() == 0:  # whom this limit does not bind
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

        # LeakSanitizer would want a process of its own
        t = Tidepool(files=app(1), start=False, prepare=alone, env={"ASAN_OPTIONS": "detect_leaks=0"})
        t.binary = shutil.copy(BINARY, os.path.join(t.folder, "tidepool"))  # where nobody can reach it
        for folder, _, _ in os.walk(t.folder):
            os.chmod(folder, 0o777)
        try:
            t.start()
            self.assertEqual(t.invoke("f0").json, 1)
            self.assertEqual(t.descendants(), set())
            self.assertEqual(t.output().count("handlers run inside this one"), 1)
        finally:
            t.close()


if __name__ == "__main__":
    unittest.main()
