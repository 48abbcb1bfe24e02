"""What comes over the wire and should not: each gets a clear answer or the door, and everybody else is served."""
import re
import resource
import socket
import struct
import time
import unittest

from harness import PATIENCE, Tidepool, request

APP = """
local M = {}
function M.hello() return "hello" end
function M.big() return ("x"):rep(1 << 20) end
function M.echo(event) return { statusCode = 200, body = tostring(#(event.body or "")) } end
return M
"""


def function(name, method):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": name, "Handler": "app." + name, "CodeUri": ".", "Runtime": "lua5.4", "Timeout": 60,
        "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/" + name, "Method": method}}}}}


TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
    "Hello": function("hello", "GET"), "Big": function("big", "GET"), "Echo": function("echo", "POST")}}

HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


def get(path=b"/hello", *lines):
    return b"\r\n".join((b"GET " + path + b" HTTP/1.1", b"Host: x") + lines) + b"\r\n\r\n"


def post(*lines, body=b""):
    return b"\r\n".join((b"POST /echo HTTP/1.1", b"Host: x", b"Content-Type: text/plain") + lines) + b"\r\n\r\n" + body


# Bytes that are no request that we can trust: status, bytes.
WRONG = {
    "no HTTP at all": (400, b"hello?\r\n\r\n"),
    "zeros": (400, b"\0" * 64),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 64),
    "no path": (400, b"GET\r\n\r\n"),
    "no host": (400, b"GET /hello HTTP/1.1\r\n\r\n"),
    "two hosts": (400, get(b"/hello", b"Host: y")),
    "unknown version": (505, b"GET /hello HTTP/3.1\r\nHost: x\r\n\r\n"),
    "space before the colon": (400, get(b"/hello", b"X-A : b")),
    "folded header": (400, get(b"/hello", b"X-A: b", b" c")),
    "odd header name": (400, get(b"/hello", b"X(A): b")),
    "zero in a header": (400, get(b"/hello", b"X-A: b\0c")),
    "return in a header": (400, get(b"/hello", b"X-A: b\rX-B: c")),
    "length that is no number": (400, post(b"Content-Length: abc")),
    "negative length": (400, post(b"Content-Length: -1")),
    "length with a plus": (400, post(b"Content-Length: +5", body=b"12345")),
    "length beyond numbers": (400, post(b"Content-Length: 99999999999999999999999")),
    "two lengths": (400, post(b"Content-Length: 5", b"Content-Length: 6", body=b"12345")),
    "list of lengths": (400, post(b"Content-Length: 5, 6", body=b"12345")),
    "length and chunks": (400, post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HELLO)),
    "chunks and length": (400, post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n" + HELLO)),
    "unknown coding": (501, post(b"Transfer-Encoding: gzip")),
    "chunked is not the last coding": (400, post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n")),
    "hidden coding": (400, post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n")),
    "chunk size that is no number": (400, post(b"Transfer-Encoding: chunked", body=b"zz\r\nx\r\n0\r\n\r\n")),
    "chunk size beyond numbers": (400, post(b"Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\nx\r\n")),
    "chunk longer than told": (400, post(b"Transfer-Encoding: chunked", body=b"1\r\nxyz\r\n0\r\n\r\n")),
    "long chunk extension": (413, post(b"Transfer-Encoding: chunked", body=b"1;x=" + b"y" * 20000 + b"\r\nx\r\n0\r\n\r\n")),
    "unknown expectation": (417, post(b"Expect: tea", b"Content-Length: 2", body=b"hi")),
    "long target": (414, get(b"/" + b"x" * 9000)),
    "long header": (431, get(b"/hello", b"X-A: " + b"x" * 70000)),
    "many headers": (431, get(b"/hello", *(b"X-%d: y" % i for i in range(300)))),
    "endless head": (431, b"GET /hello HTTP/1.1\r\n" + b"X-A: b\r\n" * 20000),
    "large body, told": (413, post(b"Content-Length: 100000000")),
    "large body in chunks": (413, post(b"Transfer-Encoding: chunked", body=(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n") * 20)),
}


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # refused in the middle; the answer says why
        return self

    def rest(self):
        """All that comes until the other side ends."""
        got = b""
        try:
            while part := self.socket.recv(1 << 20):
                got += part
        except ConnectionResetError:
            pass
        finally:
            self.socket.close()
        return got

    def statuses(self):
        return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d+) ", self.rest())]


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        cls.t = Tidepool(files={"template.json": TEMPLATE, "app.lua": APP})
        cls.slow_head = Client(cls.t.api_port).send(b"GET /hello HTTP/1.1\r\nHos")  # looked at in the end
        cls.slow_body = Client(cls.t.port).send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12")
        cls.slow_since = time.monotonic()

    @classmethod
    def tearDownClass(cls):
        cls.t.close()

    def ask(self, data):
        return Client(self.t.api_port).send(data)

    def assert_served(self):
        self.assertEqual(self.t.get("/hello").body, b"hello")

    def test_what_is_no_request_is_refused_on_every_port(self):
        for name, (status, data) in WRONG.items():
            for port in (self.t.api_port, self.t.port):
                with self.subTest(name, port=port):
                    self.assertEqual(Client(port).send(data).statuses(), [status])
        self.assert_served()

    def test_api_gateway_has_lower_limits(self):
        a = self.t.get("/hello", headers={"x-a": "x" * 11000})
        self.assertEqual((a.status, a.json), (431, {"message": "Request Header Fields Too Large"}))
        a = self.t.api("POST", "/echo", b"x" * (10 * 1024 * 1024 + 1))
        self.assertEqual((a.status, a.json), (413, {"message": "Request Entity Too Large"}))

    def test_a_form_with_more_fields_than_are_read_is_refused(self):
        many = "a&" * 4050
        for method, path, body in (("GET", "/2015-03-31/functions?" + many, None), ("GET", "/_tidepool/trace?" + many, None),
                                   ("POST", "/", "Action=ListQueues&Version=2012-11-05&" + many)):
            a = request(self.t.port, method, path, body)
            self.assertEqual(a.status, 400, path[:30])
            self.assertIn(b"too many fields", a.body)

    def test_requests_in_a_row_are_answered_in_order(self):
        row = b"".join(post(b"Content-Length: %d" % n, body=b"x" * n) for n in range(200))
        bodies = re.findall(rb"\r\n\r\n(\d+)HTTP", self.ask(row + get(b"/hello", b"Connection: close")).rest())
        self.assertEqual(bodies, [b"%d" % n for n in range(200)])

    def test_nothing_is_taken_after_what_is_wrong(self):
        self.assertEqual(self.ask(HELLO + b"rubbish\r\n\r\n" + HELLO).statuses(), [200, 400])
        self.assertEqual(self.ask(get(b"/hello", b"Connection: close") + HELLO).statuses(), [200])
        chunked = b"POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        self.assertEqual(self.ask(chunked + HELLO).statuses(), [200])  # HTTP/1.0 knows no chunks: its end is doubtful

    def test_a_request_in_pieces(self):
        c = self.ask(b"")
        for byte in post(b"Transfer-Encoding: chunked", b"Connection: close", body=b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n"):
            c.send(bytes([byte]))
        self.assertTrue(c.rest().endswith(b"\r\n\r\n5"))

    def test_continue_and_head(self):
        c = self.ask(post(b"Expect: 100-continue", b"Content-Length: 2", b"Connection: close"))
        self.assertEqual(c.socket.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertTrue(c.send(b"hi").rest().endswith(b"\r\n\r\n2"))
        head = self.ask(b"HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").rest()
        self.assertTrue(head.endswith(b"\r\n\r\n"), head)

    def test_a_client_that_ends_its_side_is_answered(self):
        c = self.ask(HELLO)
        c.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(c.statuses(), [200])
        half = self.ask(b"GET /hel")
        half.socket.shutdown(socket.SHUT_WR)
        self.assertIn(half.statuses(), ([], [400]))

    def test_clients_that_vanish(self):
        for data in (b"", b"GET /h", HELLO, get(b"/big"), post(b"Content-Length: 100", body=b"x")) * 20:
            c = self.ask(data)
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
            c.socket.close()
        self.assert_served()

    def test_a_client_that_never_reads_costs_little(self):
        clients = [self.ask(get(b"/big") * 500) for _ in range(4)]
        for _ in range(50):
            self.assert_served()
        with open("/proc/%d/status" % self.t.process.pid) as f:
            resident = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])
        self.assertLess(resident, 700 * 1024)  # 2 GB were asked for
        for c in clients:
            c.socket.close()

    def test_hundreds_of_slow_connections_hold_nobody(self):
        clients = [self.ask(post(b"Content-Length: 3", b"Connection: close", body=b"a")) for _ in range(500)]
        for i in range(20):
            for c in clients[i::20]:
                c.send(b"b")  # its patience begins anew
            self.assert_served()
        for c in clients:
            c.send(b"c")
        answers = [status for c in clients for status in c.statuses()]
        self.assertEqual((len(answers), set(answers)), (500, {200}))

    def test_who_is_too_slow_is_told(self):
        self.assertEqual(self.slow_head.statuses(), [408])
        self.assertEqual(self.slow_body.statuses(), [408])
        self.assertGreater(time.monotonic() - self.slow_since, 25)
        self.assert_served()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
