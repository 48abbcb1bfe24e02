"""With --inline, a seed and a clock that stands still, the same inputs give the same bytes."""
import json
import unittest

from harness import ROOT, Tidepool

KEY = {"x-api-key": "tidepooldemokey000000001"}


class Seed(unittest.TestCase):
    def run_of(self, seed):
        """What a client sees of a run, the tree of causes and the log; ports stand in it as in every URL."""
        seen = []
        with Tidepool(folder=ROOT, args=["--inline", "--seed", str(seed), "--ephemeral"]) as t:
            t.control("clock", action="freeze")
            t.control("clock", action="set", value="2030-01-01T00:00:00Z")

            def see(a):
                seen.append((a.status, {k: v for k, v in a.headers.items() if k != "date"}, a.body))
                return a

            for n in range(1, 6):  # each input comes when the world is at rest: when it comes is an input, too
                order = see(t.api("POST", "/orders", {"customer": "ada", "item": "tea", "quantity": n}, KEY)).json["id"]
                t.control("settle")
                self.assertEqual(see(t.get("/orders/" + order, headers=KEY)).json["status"], "SHIPPED")
            see(t.get("/orders?customer=ada", headers=KEY))
            see(t.get("/menu", n=1))
            see(t.invoke("report"))
            seen.append(t.control("why", id=seen[0][1]["x-amzn-requestid"]))
            seen.append(t.cli("logs").stdout.splitlines())
            return json.dumps(seen, default=repr, indent=1).replace("localhost:%d" % t.port, "localhost:PORT")

    def test_the_same_seed_gives_the_same_bytes(self):
        first = self.run_of(7)
        self.assertEqual(first.splitlines(), self.run_of(7).splitlines())
        self.assertNotEqual(first, self.run_of(8))


if __name__ == "__main__":
    unittest.main()
