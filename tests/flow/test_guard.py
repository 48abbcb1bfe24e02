"""Who may use the AWS endpoint: no page that a developer looks at, unless it is of this machine or allowed by name.

What a browser really sends is shown in tests/deep; here the same requests go over the wire by hand."""
import unittest

from harness import Tidepool, request

HELLO = {"Type": "AWS::Serverless::Function", "Properties": {
    "InlineCode": "return function() return 'hello' end", "Handler": "index", "Runtime": "lua5.4",
    "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/hello", "Method": "GET", "ApiId": {"Ref": "Shop"}}}}}}

TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
    "Hello": HELLO,
    "Shop": {"Type": "AWS::Serverless::HttpApi", "Properties": {"CorsConfiguration": {"AllowOrigins": ["https://evil.example"]}}},
    "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}}}

EVIL, LOCAL, NAMED = "https://evil.example", "http://localhost:5173", "https://app.test"
PURGE = "/?Action=PurgeQueue&Version=2012-11-05&QueueUrl=http://localhost/000000000000/jobs"
LIST = "/?Action=ListQueues&Version=2012-11-05"
FORM = "application/x-www-form-urlencoded"

# What changes the world: method, path, headers, body.
CHANGES = [
    ("POST", "/_tidepool/reset", {}, "{}"),
    ("POST", "/_tidepool/clock?action=advance&value=1h", {"content-type": "text/plain"}, ""),
    ("POST", "/_tidepool/settle", {}, ""),
    ("GET", PURGE, {}, None),
    ("POST", "/", {"content-type": FORM}, PURGE[2:]),
    ("POST", "/", {"x-amz-target": "AmazonSQS.PurgeQueue"}, '{"QueueUrl": "http://localhost/000000000000/jobs"}'),
    ("POST", "/2015-03-31/functions/tidepool-Hello/invocations", {}, "{}"),
]
# What only looks.
LOOKS = [
    ("GET", "/_tidepool/trace", {}, None),
    ("GET", "/_tidepool/why?id=x", {}, None),
    ("GET", "/_tidepool/clock", {}, None),
    ("GET", "/2015-03-31/functions", {}, None),
    ("POST", "/", {"x-amz-target": "AmazonSQS.ListQueues"}, "{}"),
]


def fetch(site, mode="cors", dest="empty", **more):
    return {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest, **more}


# What a page of another site can send: without an Origin (images, frames, links that are no GET), or with one.
FOREIGN = {
    "image": fetch("cross-site", "no-cors", "image"),
    "script": fetch("cross-site", "no-cors", "script"),
    "frame": fetch("cross-site", "navigate", "iframe"),
    "fetch": fetch("cross-site", origin=EVIL),
    "fetch by an old browser": {"origin": EVIL},
    "form": fetch("cross-site", "navigate", "document", origin=EVIL),
    "sandboxed frame": fetch("cross-site", origin="null"),
    "name that begins as ours": {"origin": "http://localhost.evil.example"},
    "name that ends as ours": {"origin": "http://evillocalhost"},
    "address that begins as ours": {"origin": "http://127.0.0.1.evil.example"},
}
# Hosts by which a page would be "the same origin" as we are.
REBOUND = ["evil.example", "evil.example:4566", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "10.0.0.1", "[::2]", "1.2.3.4:80"]
OURS = ["localhost", "LOCALHOST:1", "localhost.", "sqs.us-east-1.localhost:4566", "127.0.0.1", "127.1.2.3:80", "[::1]:4566",
        "aws.test", "sqs.aws.test:4566"]


class Guard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.t = Tidepool(files={"template.json": TEMPLATE}, args=["--allowed-host", "aws.test", "--allowed-origin", NAMED])
        cls.sqs = cls.t.client("sqs")
        cls.queue = cls.t.url() + "/000000000000/jobs"

    @classmethod
    def tearDownClass(cls):
        cls.t.close()

    def setUp(self):
        self.sqs.send_message(QueueUrl=self.queue, MessageBody="precious")
        self.before = self.state()

    def state(self):
        depth = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["ApproximateNumberOfMessages"])
        invoked = sum(e["kind"] == "invoke" for e in self.t.control("trace")["events"])
        return depth["Attributes"], invoked, self.t.control("clock")["frozen"]

    def ask(self, what, **headers):
        method, path, own, body = what
        return request(self.t.port, method, path, body, {**own, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def assert_refused(self, a):
        self.assertEqual(a.status, 403, a)
        self.assertEqual([k for k in a.headers if k.startswith("access-control")], [])
        self.assertIn("--allowed-", a.json["message"])

    def test_a_page_of_another_site_changes_nothing_and_reads_nothing(self):
        for name, headers in FOREIGN.items():
            for what in CHANGES + LOOKS:
                with self.subTest(name, what=what[:2]):
                    self.assert_refused(self.ask(what, **headers))
        self.assertEqual(self.state(), self.before)

    def test_a_name_that_foreign_dns_leads_here_changes_nothing_and_reads_nothing(self):
        for host in REBOUND:
            for what in CHANGES + LOOKS:
                with self.subTest(host, what=what[:2]):
                    self.assert_refused(self.ask(what, host=host))
        self.assertEqual(self.state(), self.before)

    def test_our_own_names_are_answered(self):
        for host in OURS:
            for what in LOOKS:
                with self.subTest(host, what=what[:2]):
                    self.assertNotEqual(self.ask(what, host=host).status, 403)

    def test_pages_of_this_machine_and_of_allowed_origins_are_answered(self):
        for origin, site in ((LOCAL, "same-site"), ("http://127.0.0.1:8000", "cross-site"), ("http://app.localhost", "cross-site"),
                             ("http://[::1]:3000", "cross-site"), ("http://aws.test:4566", "same-origin"), (NAMED, "cross-site")):
            for what in LOOKS:
                with self.subTest(origin, what=what[:2]):
                    a = self.ask(what, **fetch(site, origin=origin))
                    self.assertIn(a.status, (200, 404))
                    self.assertEqual(a.headers["access-control-allow-origin"], origin)
        self.assertEqual(self.ask(("GET", LIST, {}, None), **fetch("same-site", "no-cors", "image")).status, 200)
        self.assertEqual(self.ask(("POST", "/", {"content-type": FORM}, LIST[2:]), **fetch("same-site", origin=LOCAL)).status, 200)

    def test_a_preflight_is_answered_as_its_request_would_be(self):
        preflight = {"access_control_request_method": "POST", "access_control_request_headers": "x-amz-target"}
        for path in "/", "/_tidepool/reset":
            self.assert_refused(self.ask(("OPTIONS", path, {}, None), origin=EVIL, **preflight))
            self.assertEqual(self.ask(("OPTIONS", path, {}, None), origin=LOCAL, host="evil.example", **preflight).status, 403)
            for origin in LOCAL, NAMED:
                a = self.ask(("OPTIONS", path, {}, None), origin=origin, **preflight)
                self.assertEqual((a.status, a.headers["access-control-allow-origin"], a.headers["access-control-allow-headers"]),
                                 (204, origin, "x-amz-target"))

    def test_what_changes_the_world_is_asked_by_post_alone(self):
        for path in ("reset", "settle", "clock?action=advance&value=1h", "clock?action=freeze", "clock?action=show&action=freeze",
                     "clock?Action=show&action=freeze"):
            for method in "GET", "HEAD", "PUT", "DELETE":
                with self.subTest(method, path=path):
                    a = request(self.t.port, method, "/_tidepool/" + path)
                    self.assertEqual((a.status, a.headers["allow"]), (405, "POST"))
        self.assertEqual(request(self.t.port, "PUT", "/_tidepool/trace").headers["allow"], "GET, HEAD, POST")
        for path in "health", "trace", "logs", "clock", "clock?action=show":
            self.assertEqual(request(self.t.port, "GET", "/_tidepool/" + path).status, 200, path)
        self.assertEqual(self.state(), self.before)

    def test_a_link_that_only_looks_may_be_followed(self):
        link = fetch("cross-site", "navigate", "document")
        for what in LOOKS[:4]:
            self.assertIn(self.ask(what, **link).status, (200, 404), what)
        for purge in PURGE, PURGE.replace("Action", "%41ction"):
            self.assert_refused(self.ask(("GET", purge, {}, None), **link))
        self.assertEqual(self.ask(("GET", "/_tidepool/reset", {}, None), **link).status, 405)
        self.assertEqual(self.ask(("GET", LIST, {}, None), **fetch("none", "navigate", "document")).status, 200)  # typed by hand

    def test_a_browser_that_does_not_say_which_page_asks_gets_no_action_by_get(self):
        """Over plain http beyond localhost no browser says it, and old ones nowhere: <img src="http://192.168.1.5:4566/?Action=...">."""
        silent = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"}
        for path in PURGE, LIST, PURGE.replace("Action", "%41ction"), PURGE.replace("/?", "/000000000000/jobs?"), "/?Action=Unsubscribe":
            for method in "GET", "HEAD":
                with self.subTest(method, path=path):
                    self.assertEqual(self.ask((method, path, {}, None), **silent).status, 403)
        self.assertIn("by POST", self.ask(("GET", PURGE, {}, None), **silent).json["message"])
        self.assertEqual(self.state(), self.before)
        for what in LOOKS[:4]:
            self.assertIn(self.ask(what, **silent).status, (200, 404), what)
        self.assertEqual(self.ask(("GET", LIST, {}, None), user_agent="curl/8.5.0").status, 200)
        self.assertEqual(self.ask(("GET", LIST, {}, None), **silent, **fetch("none", "navigate", "document")).status, 200)
        self.assertEqual(self.ask(("GET", LIST, {}, None), **silent, origin=LOCAL).status, 200)

    def test_the_links_in_messages_of_topics_may_be_clicked_wherever_they_are_read(self):
        sns = self.t.client("sns")
        topic = sns.create_topic(Name="news")["TopicArn"]
        for headers in {"user_agent": "Mozilla/5.0"}, fetch("cross-site", "navigate", "document"):
            link = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:jobs",
                                 ReturnSubscriptionArn=True)["SubscriptionArn"]
            self.assertEqual(self.ask(("GET", "/?Action=Unsubscribe&SubscriptionArn=" + link, {}, None), **headers).status, 200)
            self.assertEqual(sns.list_subscriptions()["Subscriptions"], [])
            confirm = self.ask(("GET", "/?Action=ConfirmSubscription&TopicArn=%s&Token=x" % topic, {}, None), **headers)
            self.assertIn(b"Invalid parameter: Token", confirm.body)
        link = "/?Action=Unsubscribe&SubscriptionArn=%s:x&Action=DeleteTopic&TopicArn=%s" % (topic, topic)
        self.assertIn(b"UnsubscribeResponse", self.ask(("GET", link, {}, None), user_agent="Mozilla/5.0").body)  # the first is what is done
        self.assertEqual([x["TopicArn"] for x in sns.list_topics()["Topics"]], [topic])

    def test_a_neighbour_of_an_allowed_host_is_not_let_in(self):
        image = fetch("same-site", "no-cors", "image")
        self.assert_refused(self.ask(("GET", LIST, {}, None), host="aws.test", **image))
        self.assertEqual(self.ask(("GET", LIST, {}, None), host="localhost:4566", **image).status, 200)

    def test_apis_answer_by_their_own_cors(self):
        api = self.t.client("apigatewayv2").get_apis()["Items"][0]["ApiId"]
        foreign = {**FOREIGN["fetch"], "host": "evil.example"}
        for port, path, host in ((self.t.api_port, "/hello", None), (self.t.port, "/_aws/execute-api/%s/$default/hello" % api, None),
                                 (self.t.port, "/hello", api + ".execute-api.localhost")):
            a = request(port, "GET", path, headers={**foreign, **({"host": host} if host else {})})
            self.assertEqual((a.status, a.body, a.headers["access-control-allow-origin"]), (200, b"hello", EVIL))
        a = request(self.t.port, "GET", "/_tidepool/reset", headers={"host": api + ".execute-api.evil.example"})
        self.assertEqual(a.status, 404)  # of the API: an API's name reaches nothing else
        self.assertEqual(self.state()[0], self.before[0])


WIPE = """
return function()
    local ok, e = pcall(aws["tidepool\\0x"].reset, {})
    if not ok then ok, e = pcall(aws.tidepool.reset, {}) end
    return { statusCode = 200, body = ok and "wiped" or e.code .. ": " .. e.message }
end
"""
WIPER = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Wipe": {"Type": "AWS::Serverless::Function", "Properties": {
    "InlineCode": WIPE, "Handler": "index", "Runtime": "lua5.4",
    "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/wipe", "Method": "GET"}}}}}}}

ASK = """
return function(event)
    local asked = json.decode(event.body)
    local ok, a = pcall(http.request, {url = asked.url, method = asked.method or "POST", headers = asked.headers})
    return { statusCode = 200, body = json.encode{ok and a.status or "no answer", ok and a.body or a.message} }
end
"""
ASKER = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Ask": {"Type": "AWS::Serverless::Function", "Properties": {
    "InlineCode": ASK, "Handler": "index", "Runtime": "lua5.4", "Timeout": 60,
    "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/ask", "Method": "POST"}}}}}}}


class Beyond(unittest.TestCase):
    def test_who_listens_beyond_loopback_is_warned_once_of_what_is_open(self):
        with Tidepool(files={"template.json": WIPER}, args=["--host", "0.0.0.0"]) as t:
            warnings = [line for line in t.output().splitlines() if line.startswith("warn")]
            self.assertEqual(len(warnings), 1, warnings)
            for part in ("0.0.0.0", "port %d (every AWS service" % t.port, "/_tidepool/", "APIs on port %d" % t.api_port):
                self.assertIn(part, warnings[0])
            self.assertEqual(request(t.port, "GET", "/_tidepool/trace", headers={"host": "evil.example"}).status, 403)
            self.assertEqual(t.cli("clock", "--host", "0.0.0.0").returncode, 0)
        with Tidepool(files={"template.json": WIPER}) as t:
            self.assertNotIn("warn", t.output())

    def test_a_handler_cannot_go_around_that_by_http(self):
        """Whatever it calls this machine, and whatever it says in its headers."""
        with Tidepool(files={"template.json": ASKER}, args=["--host", "::"]) as t:
            hosts = ("localhost", "127.0.0.1", "127.0.0.2", "127.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]")
            for host in hosts:
                for headers in ({}, {"x-tidepool-handler": "0", "connection": "x-tidepool-handler"}, {"host": "a", "user-agent": "curl"}):
                    with self.subTest(host, headers=headers):
                        a = t.api("POST", "/ask", {"url": "http://%s:%d/_tidepool/reset" % (host, t.port), "headers": headers})
                        self.assertIn(a.json[0], (403, "no answer"), a)
            a = t.api("POST", "/ask", {"url": "http://localhost:%d/_tidepool/reset" % t.port})
            self.assertEqual(a.json[0], 403)
            self.assertIn("--allow-control", a.json[1])
            self.assertEqual(t.api("POST", "/ask", {"url": "http://localhost:%d/2015-03-31/functions" % t.port, "method": "GET"}).json[0], 200)
            self.assertEqual([e for e in t.control("trace")["events"] if "Reset" in e.get("what", "")], [])
        with Tidepool(files={"template.json": ASKER}, args=["--allow-control"]) as t:
            a = t.api("POST", "/ask", {"url": "http://localhost:%d/_tidepool/clock?action=freeze" % t.port})
            self.assertEqual((a.json[0], t.control("clock")["frozen"]), (200, True))

    def test_handlers_control_the_world_only_where_that_is_allowed(self):
        with Tidepool(files={"template.json": WIPER}) as t:
            self.assertEqual(t.get("/wipe").body, b"AccessDeniedException: aws.tidepool is open to handlers only with --allow-control")
        with Tidepool(files={"template.json": WIPER}, args=["--allow-control"]) as t:
            self.assertEqual(t.get("/wipe").body, b"wiped")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
