"""The shop in one process under valgrind: no byte is read that was not written, none is lost.  ASan sees more of the stack,
valgrind more of the libraries."""
import os
import shutil
import tempfile
import unittest

from harness import ROOT, Tidepool, until

KEY = {"x-api-key": "tidepooldemokey000000001"}
FOUND = 99
COMMAND = "exec valgrind -q --track-origins=yes --leak-check=full --error-exitcode=%d %s/build/release/tidepool \"$@\"\n" % (FOUND, ROOT)


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Valgrind(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tidepool-test-")
        self.binary = os.path.join(self.folder, "tidepool")
        with open(self.binary, "w") as f:
            f.write("#!/bin/sh\n" + COMMAND)
        os.chmod(self.binary, 0o755)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_the_shop(self):
        with Tidepool(folder=ROOT, args=["--inline"], binary=self.binary) as t:
            def shipped(order):
                return t.get("/orders/" + order, headers=KEY).json["status"] == "SHIPPED"

            for _ in range(3):
                order = t.api("POST", "/orders", {"customer": "ada", "item": "tea", "quantity": 2}, KEY).json["id"]
                until(lambda: shipped(order))
            self.assertEqual(len(t.get("/orders?customer=ada", headers=KEY).json["orders"]), 3)
            refused = [t.get("/hello/ada"), t.get("/nope", n=1), t.api("POST", "/orders", b"{bad", KEY), t.invoke("nobody")]
            self.assertEqual([a.status for a in refused], [403, 404, 400, 404])
            t.control("clock", action="advance", value="2d")
            t.control("why", id="Orders/" + order)
            t.write("functions/hello.lua", "return function( end")
            until(lambda: "goes on serving" in t.output())
            t.write("functions/hello.lua", "return function() return { statusCode = 200, body = 'new' } end")
            until(lambda: t.get("/hello/ada", headers=KEY).body == b"new")
            t.control("reset")
            self.assertEqual(t.stop(), 0, t.output()[-8000:])


if __name__ == "__main__":
    unittest.main()
