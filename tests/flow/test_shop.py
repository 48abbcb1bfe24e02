"""The sample app, as a newcomer uses it: an order goes through HTTP, function, table, stream, topic, queue and function."""
import unittest

from harness import ROOT, Tidepool, until

KEY = {"x-api-key": "tidepooldemokey000000001"}
ORDER = {"customer": "ada", "item": "tea", "quantity": 2}


class Shop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.t = Tidepool(folder=ROOT)

    @classmethod
    def tearDownClass(cls):
        cls.t.close()

    def order(self):
        a = self.t.api("POST", "/orders", ORDER, KEY)
        self.assertEqual(a.status, 201, a)
        self.assertEqual(a.json["status"], "NEW")
        return a

    def shipped(self, order_id):
        a = self.t.get("/orders/" + order_id, headers=KEY)
        return a.status == 200 and a.json["status"] == "SHIPPED" and a.json

    def test_hello_needs_the_key(self):
        refused = self.t.get("/hello/ada")
        self.assertEqual((refused.status, refused.json), (403, {"message": "Forbidden"}))
        self.assertIn("x-api-key", refused.headers["x-tidepool-reason"])
        self.assertEqual(self.t.get("/hello/ada", headers=KEY).json, {"message": "hello ada"})

    def test_menu_is_public(self):
        a = self.t.get("/menu", n=1)
        self.assertEqual(a.status, 200)
        self.assertTrue(a.json)

    def test_unknown_paths_answer_as_each_kind_of_api(self):
        rest, http = self.t.get("/nope", headers=KEY), self.t.get("/nope", n=1)
        self.assertEqual((rest.status, rest.json), (403, {"message": "Missing Authentication Token"}))
        self.assertEqual((http.status, http.json), (404, {"message": "Not Found"}))

    def test_an_order_is_shipped(self):
        order_id = self.order().json["id"]
        order = until(lambda: self.shipped(order_id))
        self.assertEqual((order["customer"], order["item"], order["quantity"]), ("ada", "tea", 2))
        listed = self.t.get("/orders?customer=ada", headers=KEY).json
        self.assertIn(order_id, [o["id"] for o in (listed if isinstance(listed, list) else listed["orders"])])

    def test_why_shows_the_whole_chain(self):
        a = self.order()
        until(lambda: self.shipped(a.json["id"]))
        self.t.control("settle")
        tree = self.t.control("why", id=a.headers["x-amzn-requestid"])
        seen = []

        def walk(node):
            seen.append(node["what"])
            for child in node.get("caused", []):
                walk(child)

        walk(tree)
        for part in ("POST /orders", "dynamodb PutItem", "sns Publish", "sqs SendMessage", "dynamodb UpdateItem"):
            self.assertTrue(any(part in what for what in seen), "%s is not in %s" % (part, seen))
        printed = self.t.cli("why", a.headers["x-amzn-requestid"])
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertIn("sqs SendMessage", printed.stdout)

    def test_preflight_is_answered(self):
        a = self.t.api("OPTIONS", "/orders", headers={"origin": "http://example.com", "access-control-request-method": "POST"})
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["access-control-allow-origin"], "*")
        self.assertIn("POST", a.headers["access-control-allow-methods"])


class Survival(unittest.TestCase):
    def test_orders_survive_kill_9(self):
        with Tidepool(folder=ROOT) as t:
            ids = [t.api("POST", "/orders", ORDER, KEY).json["id"] for _ in range(20)]
            t.kill()
            t.start()
            # What `ship` held when it was killed comes again after the queue's visibility timeout of 60 s, as on AWS.
            t.control("clock", action="advance", value="61s")
            for order_id in ids:
                until(lambda: t.get("/orders/" + order_id, headers=KEY).json.get("status") == "SHIPPED")


if __name__ == "__main__":
    unittest.main()
