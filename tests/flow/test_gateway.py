"""API Gateway in front of functions: both kinds of API, as AWS answers."""
import json
import unittest

from harness import Tidepool

APP = """
local M = {}

-- Which route was it?
function M.route(event)
    return { statusCode = 200, body = event.routeKey or (event.httpMethod .. " " .. event.resource) }
end

function M.late() time.sleep(1000) return { statusCode = 200 } end

function M.event(event) return { statusCode = 200, body = json.encode(event) } end

-- The body is Lua that makes the answer.
function M.answer(event) return load("return " .. event.body)() end

return M
"""


def function(name, *events, **properties):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": name, "Handler": "app." + name, "CodeUri": ".", "Runtime": "lua5.4", "Timeout": 60, **properties,
        "Events": {"E%d" % i: event for i, event in enumerate(events)}}}


def rest(method, path, api="Rest", **more):
    return {"Type": "Api", "Properties": {"RestApiId": {"Ref": api}, "Method": method, "Path": path, **more}}


def http(method, path, api="Http", **more):
    return {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": api}, "Method": method, "Path": path, **more}}


def key(value, enabled=True):
    return {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": value, "Enabled": enabled}}


def plan(**limits):
    return {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {
        "ApiStages": [{"ApiId": {"Ref": "Rest"}, "Stage": {"Ref": "Rest.Stage"}}], **limits}}


def in_plan(key_id, plan_id):
    return {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {
        "KeyId": {"Ref": key_id}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": plan_id}}}


BURST, QUOTA, LOOSE, OFF = ("%s-key-of-more-than-twenty" % k for k in ("burst", "quota", "loose", "off"))
KEYED = {"Auth": {"ApiKeyRequired": True}}

TEMPLATE = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
    "Rest": {"Type": "AWS::Serverless::Api", "Properties": {
        "StageName": "v1", "Variables": {"colour": "blue"}, "BinaryMediaTypes": ["image~1png"],
        "Cors": {"AllowOrigin": "'https://shop.example'", "AllowHeaders": "'content-type'", "MaxAge": "'600'"}}},
    "Http": {"Type": "AWS::Serverless::HttpApi", "Properties": {"CorsConfiguration": {
        "AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-one"],
        "ExposeHeaders": ["x-two"], "MaxAge": 600}}},
    "Route": function(
        "route", rest("GET", "/a/{id}"), rest("GET", "/a/b"), rest("ANY", "/a/{proxy+}"), rest("POST", "/a/{id}/c"),
        http("GET", "/a/{id}"), http("GET", "/a/b"), http("ANY", "/a/{proxy+}"), http("ANY", "/only"), http("GET", "/only"),
        http("ANY", "$default", api="Catch"), http("GET", "/one", api="Catch"), rest("GET", "/keyed", **KEYED)),
    "Catch": {"Type": "AWS::Serverless::HttpApi", "Properties": {"StageName": "live"}},
    "Text": function("event", rest("GET", "/text"), http("GET", "/text"), http("GET", "/old", api="Catch", PayloadFormatVersion="1.0"),
                     FunctionName="text"),
    "Event": function("event", rest("ANY", "/event/{name}"), http("ANY", "/event/{name}"),
                      http("GET", "/old", PayloadFormatVersion="1.0")),
    "Answer": function("answer", rest("POST", "/answer"), http("POST", "/answer"),
                       http("POST", "/old", PayloadFormatVersion="1.0"), Timeout=20),
    "Late": function("late", rest("GET", "/late", TimeoutInMillis=100), http("GET", "/late", TimeoutInMillis=100)),
    "BurstKey": key(BURST), "QuotaKey": key(QUOTA), "LooseKey": key(LOOSE), "OffKey": key(OFF, False),
    "BurstPlan": plan(Throttle={"RateLimit": 1, "BurstLimit": 3}), "QuotaPlan": plan(Quota={"Limit": 2, "Period": "WEEK"}),
    "BurstInPlan": in_plan("BurstKey", "BurstPlan"), "QuotaInPlan": in_plan("QuotaKey", "QuotaPlan"),
    "OffInPlan": in_plan("OffKey", "BurstPlan"),
}}

REST, HTTP, CATCH = 0, 1, 2  # the APIs' ports, in the order of the template
BAD_REST = (502, {"message": "Internal server error"})
BAD_HTTP = (500, {"message": "Internal Server Error"})


class Gateway(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.t = Tidepool(files={"template.json": TEMPLATE, "app.lua": APP})

    @classmethod
    def tearDownClass(cls):
        cls.t.close()

    def ask(self, api, method, path, body=None, **headers):
        return self.t.api(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()}, n=api)

    def answered(self, api, lua, path="/answer"):
        """What a client gets when the function answers this Lua value."""
        return self.ask(api, "POST", path, lua, content_type="text/plain")

    def assert_refused(self, a, status, message, reason):
        self.assertEqual((a.status, a.json), (status, {"message": message}))
        self.assertIn(reason, a.headers["x-tidepool-reason"])

    # --- routes

    def test_the_most_particular_route_is_taken(self):
        for api, prefix in ((REST, ""), (HTTP, "")):
            for method, path, route in (
                    ("GET", "/a/b", "GET /a/b"), ("GET", "/a/x", "GET /a/{id}"), ("DELETE", "/a/x", "{proxy+}"),
                    ("GET", "/a/x/y", "{proxy+}"), ("POST", "/a/b", "{proxy+}")):
                a = self.ask(api, method, prefix + path)
                self.assertEqual(a.status, 200, (path, a))
                self.assertIn(route, a.body.decode(), (api, method, path))
        self.assertEqual(self.ask(REST, "POST", "/a/x/c").body, b"POST /a/{id}/c")
        self.assertEqual(self.ask(HTTP, "GET", "/only").body, b"GET /only")
        self.assertEqual(self.ask(HTTP, "PATCH", "/only").body, b"ANY /only")

    def test_what_matches_no_route(self):
        self.assert_refused(self.ask(REST, "GET", "/a"), 403, "Missing Authentication Token", "closest: GET /a/")
        self.assert_refused(self.ask(HTTP, "GET", "/a"), 404, "Not Found", "closest: GET /a/")
        self.assertEqual(self.ask(CATCH, "PUT", "/what/ever").body, b"$default")
        self.assertEqual(self.ask(CATCH, "GET", "/one").body, b"GET /one")

    def test_an_api_is_at_its_aws_addresses_too(self):
        api = json.loads(self.ask(REST, "GET", "/event/x").body)["requestContext"]["apiId"]
        for path in ("/_aws/execute-api/%s/v1/a/b" % api, "/restapis/%s/v1/_user_request_/a/b" % api):
            a = self.t.api("GET", path, n=-1)
            self.assertEqual((a.status, a.body), (200, b"GET /a/b"), path)
        a = self.t.api("GET", "/v1/a/b", headers={"host": api + ".execute-api.localhost:%d" % self.t.port}, n=-1)
        self.assertEqual((a.status, a.body), (200, b"GET /a/b"))

    # --- events

    def test_the_event_of_a_rest_api(self):
        a = self.ask(REST, "POST", "/event/tea%20pot?q=1&q=2&e=", "hi", X_Thing="one")
        e = a.json
        self.assertEqual((e["resource"], e["path"], e["httpMethod"]), ("/event/{name}", "/event/tea%20pot", "POST"))
        self.assertEqual(e["pathParameters"], {"name": "tea%20pot"})
        self.assertEqual(e["queryStringParameters"], {"q": "2", "e": ""})
        self.assertEqual(e["multiValueQueryStringParameters"], {"q": ["1", "2"], "e": [""]})
        self.assertEqual((e["headers"]["X-Thing"], e["multiValueHeaders"]["X-Thing"]), ("one", ["one"]))
        self.assertEqual((e["body"], e["isBase64Encoded"]), ("hi", False))
        self.assertEqual(e["stageVariables"], {"colour": "blue"})
        self.assertEqual((e["requestContext"]["stage"], e["requestContext"]["path"]), ("v1", "/v1/event/tea%20pot"))
        self.assertEqual(e["requestContext"]["requestId"], a.headers["x-amzn-requestid"])
        bare = self.ask(REST, "GET", "/event/x").json
        self.assertEqual([bare[k] for k in ("body", "queryStringParameters", "multiValueQueryStringParameters")], [None] * 3)

    def test_headers_that_the_gateway_adds(self):
        e = self.ask(REST, "GET", "/event/x", X_Forwarded_For="10.1.2.3", x_forwarded_proto="gopher").json
        for name, value in {"X-Forwarded-For": "10.1.2.3, 127.0.0.1", "X-Forwarded-Proto": "http",
                            "X-Forwarded-Port": str(self.t.api_port + REST)}.items():
            self.assertEqual((e["headers"][name], e["multiValueHeaders"][name]), (value, [value]))
        self.assertRegex(e["headers"]["X-Amzn-Trace-Id"], "^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$")
        self.assertNotIn("x-forwarded-proto", e["headers"])
        headers = self.ask(HTTP, "GET", "/event/x").json["headers"]
        self.assertEqual((headers["x-forwarded-for"], headers["x-forwarded-proto"]), ("127.0.0.1", "http"))
        self.assertIn("x-amzn-trace-id", headers)

    def test_what_is_no_text_shows_as_such(self):
        for api in (REST, HTTP):
            e = self.ask(api, "GET", "/text?q=%ff%41", X_Name=b"caf\xe9").json
            self.assertEqual(e["queryStringParameters"], {"q": "\ufffdA"})
            self.assertEqual({k.lower(): v for k, v in e["headers"].items()}["x-name"], "caf\ufffd")

    def test_a_named_stage_is_in_the_paths_of_an_http_api(self):
        e = self.ask(CATCH, "GET", "/old").json
        self.assertEqual((e["path"], e["requestContext"]["path"]), ("/live/old", "/live/old"))
        self.assertEqual(e["requestContext"]["resourceId"], "GET /old")  # not an id, as on AWS

    def test_binary_bodies_cross_as_base64(self):
        e = self.ask(REST, "POST", "/event/x", b"\x89PNG", content_type="image/png").json
        self.assertEqual((e["body"], e["isBase64Encoded"]), ("iVBORw==", True))
        lua = '{ statusCode = 200, isBase64Encoded = true, body = "iVBORw==" }'
        self.assertEqual(self.ask(REST, "POST", "/answer", lua, accept="image/png").body, b"\x89PNG")
        self.assertEqual(self.ask(REST, "POST", "/answer", lua, accept="text/plain").body, b"iVBORw==")
        self.assertEqual(self.answered(HTTP, lua).body, b"\x89PNG")

    def test_the_event_of_an_http_api(self):
        e = self.ask(HTTP, "POST", "/event/tea?q=1&q=2", "hi", X_Thing="One", Cookie="a=1; b=2").json
        self.assertEqual((e["version"], e["routeKey"], e["rawPath"]), ("2.0", "ANY /event/{name}", "/event/tea"))
        self.assertEqual((e["rawQueryString"], e["queryStringParameters"]), ("q=1&q=2", {"q": "1,2"}))
        self.assertEqual((e["headers"]["x-thing"], e["cookies"]), ("One", ["a=1", "b=2"]))
        self.assertEqual(e["requestContext"]["http"]["method"], "POST")
        self.assertNotIn("multiValueHeaders", e)
        self.assertEqual(self.ask(HTTP, "GET", "/old").json["version"], "1.0")

    # --- answers

    def test_what_a_rest_api_takes_for_an_answer(self):
        for lua in ('"text"', '42', 'nil', '{ statusCode = "abc" }', '{ statusCode = 200, odd = 1 }',
                    '{ statusCode = 200, body = { 1 } }', '{ statusCode = 200, multiValueHeaders = { x = "y" } }', 'error "no"'):
            a = self.answered(REST, lua)
            self.assertEqual((a.status, a.json), BAD_REST, lua)
            self.assertIn("x-tidepool-reason", a.headers)
        a = self.answered(REST, '{ statusCode = "201", headers = { ["X-A"] = true }, multiValueHeaders = { ["X-A"] = { "1" } } }')
        self.assertEqual((a.status, a.headers["x-a"], a.headers["content-type"]), (201, "1, true", "application/json"))
        self.assertEqual(self.answered(REST, '{ headers = { a = "b" } }').status, 200)
        self.assertEqual((self.answered(REST, '{}').status, self.answered(REST, '{}').body), (200, b""))

    def test_what_an_http_api_takes_for_an_answer(self):
        for lua, body in (('{ a = 1 }', b'{"a":1}'), ('"text"', b"text"), ('42', b"42"), ('json.array {}', b"[]")):
            a = self.answered(HTTP, lua)
            self.assertEqual((a.status, a.body, a.headers["content-type"]), (200, body, "application/json"), lua)
        a = self.answered(HTTP, '{ statusCode = 201, cookies = { "a=1" }, headers = { ["X-A"] = "1" }, body = "made" }')
        self.assertEqual((a.status, a.body, a.headers["x-a"], a.headers["set-cookie"]), (201, b"made", "1", "a=1"))
        for lua, path in (('error "no"', "/answer"), ('{ statusCode = "abc" }', "/answer"), ('{ a = 1 }', "/old"), ('"text"', "/old")):
            a = self.answered(HTTP, lua, path)
            self.assertEqual((a.status, a.json), BAD_HTTP, lua)

    def test_a_function_that_is_late(self):
        self.assert_refused(self.ask(REST, "GET", "/late"), 504, "Endpoint request timed out", "within 0.10 seconds")
        self.assert_refused(self.ask(HTTP, "GET", "/late"), 503, "Service Unavailable", "within 0.10 seconds")

    # --- keys and plans

    def keyed(self, value=None):
        return self.ask(REST, "GET", "/keyed", **({"x_api_key": value} if value else {}))

    def test_keys_that_do_not_open(self):
        for value, reason in ((None, "x-api-key"), ("no-such-key-anywhere-here", "key"), (OFF, "disabled"), (LOOSE, "plan")):
            a = self.keyed(value)
            self.assert_refused(a, 403, "Forbidden", reason)
            self.assertEqual(a.headers["x-amzn-errortype"], "ForbiddenException")

    def test_a_burst_and_one_more(self):
        self.t.control("clock", action="freeze")  # so that the bucket does not fill
        self.addCleanup(self.t.control, "clock", action="resume")
        self.assertEqual([self.keyed(BURST).status for _ in range(3)], [200] * 3)
        self.assert_refused(self.keyed(BURST), 429, "Too Many Requests", "burst of 3")
        self.t.control("clock", action="advance", value="1s")
        self.assertEqual([self.keyed(BURST).status for _ in range(2)], [200, 429])

    def test_a_quota_and_one_more(self):
        self.assertEqual([self.keyed(QUOTA).status for _ in range(2)], [200] * 2)
        self.assert_refused(self.keyed(QUOTA), 429, "Limit Exceeded", "quota of 2")

    # --- CORS

    def test_cors_of_a_rest_api(self):
        a = self.ask(REST, "OPTIONS", "/a/b", origin="https://other.example", access_control_request_method="GET")
        self.assertEqual(a.status, 200)
        self.assertEqual({k: v for k, v in a.headers.items() if k.startswith("access-control-")}, {
            "access-control-allow-origin": "https://shop.example", "access-control-allow-headers": "content-type",
            "access-control-allow-methods": "GET,OPTIONS", "access-control-max-age": "600"})
        for a in (self.ask(REST, "GET", "/a", origin="https://shop.example"), self.ask(REST, "GET", "/a/b", origin="https://shop.example")):
            self.assertNotIn("access-control-allow-origin", a.headers)  # AWS adds nothing to answers
        a = self.answered(REST, '{ statusCode = 200, headers = { ["Access-Control-Allow-Origin"] = "*" } }')
        self.assertEqual(a.headers["access-control-allow-origin"], "*")

    def test_cors_of_an_http_api(self):
        ours = {"origin": "https://shop.example", "access_control_request_method": "GET"}
        a = self.ask(HTTP, "OPTIONS", "/no/route", **ours)
        self.assertEqual((a.status, a.headers["access-control-allow-origin"], a.headers["access-control-allow-methods"],
                          a.headers["access-control-allow-headers"], a.headers["access-control-max-age"]),
                         (204, "https://shop.example", "GET,POST", "x-one", "600"))
        other = self.ask(HTTP, "OPTIONS", "/a/b", **{**ours, "origin": "https://other.example"})
        self.assertEqual((other.status, [h for h in other.headers if h.startswith("access-control")]), (204, []))
        lua = '{ statusCode = 200, headers = { ["access-control-allow-origin"] = "*" } }'
        a = self.ask(HTTP, "POST", "/answer", lua, origin="https://shop.example")
        self.assertEqual((a.headers["access-control-allow-origin"], a.headers["access-control-expose-headers"]),
                         ("https://shop.example", "x-two"))
        self.assertNotIn("access-control-allow-origin", self.answered(HTTP, lua).headers)


if __name__ == "__main__":
    unittest.main()
