#!/usr/bin/env python3
"""make bench: tidepool beside its peers, in turn, on this machine; ratios, never lone seconds.

Each row is the median of some rounds; in a round every subject is started fresh, warmed and asked by wrk, one after the
other, and a ratio is taken inside the round.  "CPU" is what all processes of the server used per request.  Peers that are not
installed (Java for DynamoDB Local, nginx) are named and left out.

    bench.py [--rounds 3] [--secs 2] [--what hello,life,tables,queues,invoke,events]
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from harness import ROOT, Tidepool, free_ports, request, until

RELEASE = os.path.join(ROOT, "build", "release", "tidepool")
PEERS = os.path.join(HERE, "peers")
KEY = "bench-key-0123456789abcdef"
HZ = os.sysconf("SC_CLK_TCK")
AUTH = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"


# --- processes
def tree(pid):
    """The process and all below it."""
    below = {}
    for d in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % d) as f:
                below.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(d))
        except OSError:
            pass
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        todo += below.get(p, [])
    return found


def cpu_us(pid):
    ticks = 0
    for p in tree(pid):
        try:
            with open("/proc/%d/stat" % p) as f:
                ticks += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            pass
    return ticks * 1e6 / HZ


def pss_kb(pid):
    total = 0
    for p in tree(pid):
        try:
            with open("/proc/%d/smaps_rollup" % p) as f:
                total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except (OSError, StopIteration):
            pass
    return total


class Server:
    """A started subject; `ready` is asked until it is true."""

    def __init__(self, command, port, ready, cwd=None):
        self.port = port
        self.process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until(lambda: self.alive(ready), 60, 0.02)

    def alive(self, ready):
        if self.process.poll() is not None:
            raise RuntimeError("%s ended" % self.process.args)
        try:
            return ready(self.port)
        except (OSError, http.client.HTTPException):
            return False

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(5)
        except (subprocess.TimeoutExpired, ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def wrk(server, path, secs, conns, script=(), headers=()):
    """(requests per second, server CPU in us per request)."""
    command = ["wrk", "-t1", "-c%d" % conns, "-d%gs" % secs]
    for h in headers:
        command += ["-H", h]
    if script:
        command += ["-s", os.path.join(HERE, "aws.lua")]
    before = cpu_us(server.process.pid)
    out = subprocess.run(command + ["http://127.0.0.1:%d%s" % (server.port, path)] + (["--", *script] if script else []),
                         capture_output=True, text=True, check=True).stdout
    used = cpu_us(server.process.pid) - before
    n = int(next(line.split()[0] for line in out.splitlines() if "requests in" in line))
    bad = next((line for line in out.splitlines() if "Non-2xx" in line), "")
    if bad:
        print("    %s" % bad.strip(), file=sys.stderr)
    return n / secs, used / max(n, 1)


# --- tables of ratios
def compare(title, subjects, measure, rounds):
    """subjects: name -> function that starts a Server; measure(server) -> {row: (rate, cpu)}; the first subject is ours."""
    results = {}
    for r in range(rounds):
        order = list(subjects) if r % 2 == 0 else list(reversed(subjects))
        for name in order:
            server = subjects[name]()
            try:
                for row, figure in measure(server).items():
                    results.setdefault(row, {}).setdefault(name, []).append(figure)
            finally:
                server.stop()
    ours = next(iter(subjects))
    print("\n%s\n" % title)
    print("| | " + " | ".join("to %s" % n for n in subjects if n != ours) + " | CPU, us: " + ", ".join(subjects) + " |")
    print("|" + " --- |" * (len(subjects) + 1))
    for row, by in results.items():
        ratios = ["%.1f x" % statistics.median(a[0] / max(b[0], 1e-9) for a, b in zip(by[ours], by[n])) for n in subjects if n != ours]
        print("| %s | %s | %s |" % (row, " | ".join(ratios), ", ".join("%.1f" % statistics.median(f[1] for f in by[n]) for n in subjects)))
    sys.stdout.flush()


def post(port, target, body, service="dynamodb"):
    a = request(port, "POST", "/", json.dumps(body), {"content-type": "application/x-amz-json-1.0", "x-amz-target": target,
                                                       "authorization": AUTH % service}, 60)
    if a.status != 200:
        raise RuntimeError("%s: %r" % (target, a))
    return a.json


def tidepool(*args, ready=None, which=0):
    def start():
        port = free_ports(3)
        ports = ["--api-port", str(port), "--port", str(port + 2)]
        return Server([RELEASE, "start", *ports, "--log-level", "error", *args], port + 2 if which else port, ready or health)
    return start


def health(port):
    return request(port, "GET", "/_tidepool/health").status == 200


def node(script, *args, ready, env=None):
    def start():
        port = free_ports(1)
        return Server(["node", os.path.join(PEERS, script), *[str(port) if a == "PORT" else a for a in args]], port, ready, cwd=PEERS)
    return start


def hello(port):
    return request(port, "GET", "/hello/bob", headers={"x-api-key": KEY}).status == 200


def bench_hello(a):
    template = os.path.join(HERE, "template.json")
    subjects = {
        "tidepool": tidepool(template, "--ephemeral", ready=hello),
        "ceiling": lambda: (lambda p: Server([os.path.join(ROOT, "build/bench/ceiling"), str(p)], p, hello))(free_ports(1)),
        "Express": node("express.js", "PORT", KEY, ready=hello),
    }

    def measure(server):
        wrk(server, "/hello/bob", 1, 64, headers=["x-api-key: " + KEY])
        return {"hello at %d connections" % c: wrk(server, "/hello/bob", a.secs, c, headers=["x-api-key: " + KEY]) for c in (1, 64)}
    compare("The hello route (key, CORS, usage plan, handler); ceiling: libuv and llhttp with a constant answer", subjects, measure, a.rounds)


def bench_tables(a):
    data = tempfile.mkdtemp(prefix="tidepool-bench-")
    subjects = {"tidepool, on disk": lambda: (shutil.rmtree(data), tidepool("--data", data, which=1)())[1]}
    local = os.path.join(PEERS, "node_modules/amplify-dynamodb-simulator/emulator")
    listed = lambda p: post(p, "DynamoDB_20120810.ListTables", {}) is not None
    if shutil.which("java") and os.path.isdir(local):
        subjects["DynamoDB Local, in memory"] = lambda: (lambda p: Server(
            ["java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-disableTelemetry",
             "-port", str(p)], p, listed, cwd=local))(free_ports(1))
    else:
        print("DynamoDB Local is left out: it needs Java")
    subjects["dynalite, in memory"] = node("node_modules/dynalite/cli.js", "--port", "PORT", "--createTableMs", "0", ready=listed)

    def load(port):
        s = {"AttributeType": "S"}
        one = dict(AttributeDefinitions=[{"AttributeName": "pk", **s}], KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
        two = dict(AttributeDefinitions=[{"AttributeName": "pk", **s}, {"AttributeName": "sk", **s}], BillingMode="PAY_PER_REQUEST",
                   KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
        for name, shape in (("bench", one), ("benchq", two)):
            post(port, "DynamoDB_20120810.CreateTable", dict(TableName=name, **shape))
            until(lambda: post(port, "DynamoDB_20120810.DescribeTable", {"TableName": name})["Table"]["TableStatus"] == "ACTIVE", 20)
        items = [("bench", {"pk": {"S": "k%08d" % i}, "d": {"S": "x" * 985}}) for i in range(10000)]
        items += [("benchq", {"pk": {"S": "p%d" % (i // 100)}, "sk": {"S": "s%03d" % (i % 100)}, "d": {"S": "x" * 200}}) for i in range(1000)]
        for i in range(0, len(items), 25):
            batch = {}
            for table, item in items[i:i + 25]:
                batch.setdefault(table, []).append({"PutRequest": {"Item": item}})
            post(port, "DynamoDB_20120810.BatchWriteItem", {"RequestItems": batch})

    def measure(server):
        load(server.port)
        out = {}
        for op in ("put", "update", "get", "query"):
            wrk(server, "/", 1, 16, [op, ""])
            out[op + ", 16 connections"] = wrk(server, "/", a.secs, 16, [op, ""])
        return out
    compare("Tables, 1 KB items", subjects, measure, a.rounds)
    shutil.rmtree(data, ignore_errors=True)


def bench_queues(a):
    data = tempfile.mkdtemp(prefix="tidepool-bench-")
    listed = lambda p: post(p, "AmazonSQS.ListQueues", {}, "sqs") is not None
    subjects = {"tidepool, on disk": lambda: (shutil.rmtree(data), tidepool("--data", data, which=1)())[1]}

    def fauxqs():
        port = free_ports(1)
        os.environ.update(FAUXQS_HOST="127.0.0.1", FAUXQS_PORT=str(port), FAUXQS_LOGGER="false")
        return Server(["node", os.path.join(PEERS, "node_modules/fauxqs/dist/cli.js")], port, listed)
    subjects["fauxqs, in memory"] = fauxqs

    def measure(server):
        out = {}
        for op in ("send", "cycle"):
            url = post(server.port, "AmazonSQS.CreateQueue", {"QueueName": op}, "sqs")["QueueUrl"]
            for _ in range(200):
                post(server.port, "AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": "x"}, "sqs")
            out[op + ", 16 connections"] = wrk(server, "/", a.secs, 16, [op, url])
        return out
    compare("Queues, 1 KB messages; cycle: send, receive, delete", subjects, measure, a.rounds)
    shutil.rmtree(data, ignore_errors=True)


def bench_invoke(a):
    path = "/2015-03-31/functions/bench-dev-hello/invocations"
    ready = lambda p: request(p, "POST", path, '{"pathParameters":{"name":"bob"}}', {"authorization": AUTH % "lambda"}).status == 200
    subjects = {
        "tidepool": tidepool(os.path.join(HERE, "template.json"), "--ephemeral", ready=ready, which=1),
        "bare Node": node("invoke.js", "PORT", ready=ready),
    }

    def measure(server):
        wrk(server, path, 1, 16, ["invoke", path])
        return {"Invoke, 16 connections": wrk(server, path, a.secs, 16, ["invoke", path])}
    compare("Warm Invoke", subjects, measure, a.rounds)


# --- tidepool alone: these have no peer that does the same work, so a limit stands beside each figure
def bench_life(a):
    starts, memory = [], []
    for _ in range(max(5, a.rounds)):
        with Tidepool(folder=ROOT, binary=RELEASE, start=False) as t:
            began = time.perf_counter()
            t.spawn()
            header = {"x-api-key": "tidepooldemokey000000001"}
            while True:
                try:
                    if t.get("/hello/ada", headers=header).status == 200:
                        break
                except OSError:
                    time.sleep(0.0005)
            starts.append((time.perf_counter() - began) * 1e3)
            time.sleep(0.3)
            memory.append(pss_kb(t.process.pid) / 1024)
    print("\nLife of the sample app\n\n| | median | least | limit |\n| --- | --- | --- | --- |")
    print("| start to the first 200, ms | %.1f | %.1f | 20 |" % (statistics.median(starts), min(starts)))
    print("| idle memory of all processes, MB PSS | %.1f | %.1f | 15 |" % (statistics.median(memory), min(memory)))


def bench_events(a):
    with Tidepool(folder=ROOT, binary=RELEASE, args=["--log-level", "error"]) as t:
        header = {"x-api-key": "tidepooldemokey000000001"}
        chains, streams = [], []

        def chain():
            order = t.api("POST", "/orders", {"customer": "ada", "item": "tea", "quantity": 1}, header)
            until(lambda: t.get("/orders/" + order.json["id"], headers=header).json["status"] == "SHIPPED", 10, 0.0002)
            return order
        for i in range(110):
            order = chain()
            tree = t.control("why", id=order.headers["x-amzn-requestid"])
            nodes, todo = [], [tree]
            while todo:
                node_ = todo.pop()
                nodes.append(node_)
                todo += node_.get("caused", [])
            put = next(n for n in nodes if n["what"] == "dynamodb PutItem")
            handler = next(n for n in nodes if n["what"] == "on_order_change")
            ship = next(n for n in nodes if n["what"] == "dynamodb UpdateItem")
            if i >= 10:
                streams.append((handler["atUs"] - put["atUs"] - put["tookMs"] * 1000) / 1000)
                chains.append((ship["atUs"] + ship["tookMs"] * 1000 - tree["atUs"]) / 1000)
    print("\nEvents of the sample app, from its own event stream\n\n| | median | p90 | limit |\n| --- | --- | --- | --- |")
    p90 = lambda xs: sorted(xs)[int(len(xs) * .9)]
    print("| PutItem answered to the stream's handler, ms | %.2f | %.2f | 2 |" % (statistics.median(streams), p90(streams)))
    print("| order posted to SHIPPED, ms | %.2f | %.2f | 10 |" % (statistics.median(chains), p90(chains)))


PARTS = {"hello": bench_hello, "life": bench_life, "tables": bench_tables, "queues": bench_queues, "invoke": bench_invoke, "events": bench_events}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--secs", type=float, default=2)
    p.add_argument("--what", default=",".join(PARTS))
    a = p.parse_args()
    if not shutil.which("wrk"):
        sys.exit("bench needs wrk (Debian package wrk)")
    for part in a.what.split(","):
        PARTS[part](a)


if __name__ == "__main__":
    main()
