"""A tidepool under test: started in a folder of its own on free ports, asked over HTTP, by boto3 and on its command line.

    with Tidepool(files={"template.json": {...}, "functions/hello.lua": "return ..."}) as t:
        t.get("/hello/ada").json
        t.client("dynamodb").put_item(...)
        t.kill(); t.start()           # kill -9, and again on the same state
"""
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.abspath(os.environ.get("TIDEPOOL", os.path.join(ROOT, "build", "asan", "tidepool")))  # it runs in other folders


def free_ports(n):
    """The first of n neighbouring ports that nobody listens on, none of those that the system gives to connections: a
    server that was killed must find its own free again."""
    while True:
        port = random.randrange(10000, 32000)
        try:
            for i in range(n):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port + i))
            return port
        except OSError:
            continue


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%d %s %r" % (self.status, self.headers, self.body)


# Seconds after which we believe that something will never come.  No test measures: a slow machine passes them all.
PATIENCE = 120


def request(port, method, path, body=None, headers=None, timeout=PATIENCE):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = {"content-type": "application/json", **(headers or {})}
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        names = {k.lower() for k, _ in r.getheaders()}
        return Answer(r.status, {name: r.getheader(name) for name in names}, r.read())  # several of a name: "a, b"
    finally:
        c.close()


class Tidepool:
    def __init__(self, files=None, folder=None, args=(), env=None, start=True, binary=BINARY, prepare=None):
        self.temp = tempfile.mkdtemp(prefix="tidepool-test-")
        self.folder = self.temp
        for name, content in (files or {}).items():
            self.write(name, content)
        if folder:
            shutil.copytree(folder, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".tidepool", "build", ".git", "node_modules"))
        self.port = free_ports(5)
        self.api_port = self.port + 1
        self.args, self.env, self.binary = list(args), env or {}, binary
        self.prepare = prepare  # runs in the new process before it becomes a tidepool
        self.process = None
        self.log = os.path.join(self.temp, "tidepool.log")
        if start:
            self.start()

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(content if isinstance(content, str) else json.dumps(content, indent=2))

    def spawn(self, output=None):
        command = [self.binary, "start", "--port", str(self.port), "--api-port", str(self.api_port), *self.args]
        with open(self.log, "ab") as log:
            output = log if output is None else output
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.env}, preexec_fn=self.prepare)

    def start(self):
        self.spawn()
        try:
            until(self.serves, every=0.01)
        except AssertionError:
            raise RuntimeError("tidepool does not answer:\n" + self.output())
        return self

    def serves(self):
        if self.process.poll() is not None:
            raise RuntimeError("tidepool ended with %s:\n%s" % (self.process.returncode, self.output()))
        try:
            return request(self.port, "GET", "/_tidepool/health").status == 200
        except OSError:
            return False

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def stop(self):
        """As Ctrl-C; returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE) if self.process else None

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self):
        status = None
        try:
            status = self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
        text = self.output() if os.path.exists(self.log) else ""
        shutil.rmtree(self.temp, ignore_errors=True)
        if "AddressSanitizer" in text or "runtime error:" in text or "LeakSanitizer" in text:
            raise AssertionError("the sanitizers complain:\n" + text[-8000:])
        return status

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    # --- asking

    def api(self, method, path, body=None, headers=None, n=0, **kw):
        return request(self.api_port + n, method, path, body, headers, **kw)

    def get(self, path, **kw):
        return self.api("GET", path, **kw)

    def control(self, operation, **inputs):
        a = request(self.port, "POST", "/_tidepool/" + operation, inputs, timeout=10 * PATIENCE)
        if a.status != 200:
            raise AssertionError("%s: %r" % (operation, a))
        return a.json

    def invoke(self, function, event=None, kind="RequestResponse"):
        return request(self.port, "POST", "/2015-03-31/functions/%s/invocations" % function, event or {},
                       {"x-amz-invocation-type": kind})

    def begin(self, function, event, says):
        """Lets an invocation run, and returns when its handler says so: the thread that waits for it, and its answer to be."""
        answer = []

        def ask():
            try:
                answer.append(self.invoke(function, event))
            except OSError as e:
                answer.append(e)

        said, asking = self.output().count(says), threading.Thread(target=ask)
        asking.start()
        until(lambda: self.output().count(says) > said)
        return asking, answer

    def descendants(self):
        """The processes that the server started, and those that they started."""
        found, new = set(), {self.process.pid}
        while new:
            pid = new.pop()
            try:
                with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                    children = {int(child) for child in f.read().split()}
            except OSError:
                continue
            found |= children
            new |= children
        return found

    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def client(self, service, **kw):
        import boto3
        from botocore.config import Config
        return boto3.client(service, endpoint_url=self.url(), region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, **kw))

    def cli(self, *args, input=None, timeout=10 * PATIENCE):
        return subprocess.run([self.binary, *args, "--port", str(self.port)], cwd=self.folder, capture_output=True, text=True,
                              input=input, timeout=timeout)

    def aws(self, *args):
        """The aws CLI; its output as JSON, or an error's text raised."""
        r = subprocess.run(["aws", "--endpoint-url", self.url(), *args], capture_output=True, text=True, timeout=10 * PATIENCE)
        if r.returncode:
            raise AssertionError(r.stderr)
        return json.loads(r.stdout) if r.stdout.strip().startswith(("{", "[")) else r.stdout


def process_fields(pid):
    """What /proc says after the name: state, parent, ...; None when there is no such process."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields


def parent_of(pid):
    fields = process_fields(pid)
    return fields and int(fields[1])


def is_burning(pid):
    """Wants a core now, whether it has one or waits for it."""
    fields = process_fields(pid)
    return fields is not None and fields[0] == "R"


def until(check, seconds=PATIENCE, every=0.005):
    """The first true answer of check(); an AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError("nothing came in %s s" % seconds)
        time.sleep(every)
