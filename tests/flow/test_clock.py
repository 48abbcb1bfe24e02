"""The world's clock by hand: what takes days in the cloud takes milliseconds here."""
import json
import re
import time
import unittest

from harness import Tidepool, until

NOTE = """
local notes = aws.table("Notes")
return function(event)
    notes:put { id = crypto.uuid(), what = event.what or "tick", at = os.time() }
    if event.what == "fails" then error "on purpose" end
end
"""


def function(name, code, **properties):
    return {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": name, "Runtime": "lua5.4", "Handler": "index", "InlineCode": code, "Timeout": 20, **properties}}


def queue(name, **properties):
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def redrive(resource):
    return {"deadLetterTargetArn": {"Fn::GetAtt": [resource, "Arn"]}, "maxReceiveCount": 2}


TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Notes": {"Type": "AWS::Serverless::SimpleTable", "Properties": {"TableName": "Notes"}},
        "Note": function("note", NOTE, Events={
            "Hourly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)"}},
            "Mondays": {"Type": "Schedule", "Properties": {"Schedule": "cron(30 9 ? * MON *)",
                                                           "Input": json.dumps({"what": "monday"})}}}),
        "Nap": function("nap", "return function() print 'naps'; time.sleep(3000) return 'awake' end", Timeout=600),
        "Failed": queue("Failed"),
        "Hand": queue("Hand", VisibilityTimeout=30, RedrivePolicy=redrive("Failed")),
        "Jobs": queue("Jobs", VisibilityTimeout=30, RedrivePolicy=redrive("Failed")),
        "Fail": function("fail", "return function() error 'on purpose' end", Events={
            "Jobs": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}}}}),
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "Auth": {"ApiKeyRequired": True}}},
        "Now": function("now", "return function() return { body = os.date('!%Y-%m-%dT%H:%M:%SZ') } end", Events={
            "Get": {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Api"}, "Method": "GET", "Path": "/now"}}}),
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": "a-key-of-twenty-chars", "Enabled": True}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {
            "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Api.Stage"}}], "Quota": {"Limit": 2, "Period": "DAY"}}},
        "KeyInPlan": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {
            "KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}},
    },
}


class Clock(unittest.TestCase):
    def setUp(self):
        self.t = Tidepool(files={"template.json": TEMPLATE})
        self.sqs, self.dynamodb = self.t.client("sqs"), self.t.client("dynamodb")
        self.clock("freeze")

    def tearDown(self):
        self.t.close()

    def clock(self, *args):
        r = self.t.cli("clock", *args)
        self.assertEqual((r.returncode, r.stderr), (0, ""))
        return r.stdout

    def settle(self, *args):
        return self.t.cli("settle", *args).stdout

    def notes(self, what):
        """When each note of this kind was written."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName="Notes")
        return sorted(int(i["at"]["N"]) for p in pages for i in p["Items"] if i["what"]["S"] == what)

    def send(self, name, body):
        self.sqs.send_message(QueueUrl=self.t.url() + "/000000000000/" + name, MessageBody=body)

    def receive(self, name):
        got = self.sqs.receive_message(QueueUrl=self.t.url() + "/000000000000/" + name)
        return [m["Body"] for m in got.get("Messages", [])]

    def test_a_message_comes_back_after_its_visibility_timeout_and_ends_in_the_dead_letter_queue(self):
        self.send("Hand", "one")
        for _ in range(2):
            self.assertEqual(self.receive("Hand"), ["one"])
            self.clock("advance", "29s")
            self.assertEqual(self.receive("Hand"), [])
            self.clock("advance", "1s")
        self.assertEqual(self.receive("Hand"), [])
        self.assertEqual(self.receive("Failed"), ["one"])

    def test_what_a_function_cannot_do_ends_in_the_dead_letter_queue(self):
        self.send("Jobs", "hopeless")
        printed = self.clock("advance", "5m")
        self.assertIn("on purpose", printed)
        self.assertEqual(self.receive("Failed"), ["hopeless"])

    def test_asynchronous_events_are_retried_after_one_and_two_minutes(self):
        self.t.invoke("note", {"what": "fails"}, kind="Event")
        self.settle()
        first = self.notes("fails")[0]
        for span, attempts in (("59s", 1), ("1s", 2), ("119s", 2), ("1s", 3), ("5h", 3)):
            self.clock("advance", span)
            self.assertEqual(self.notes("fails"), [first, first + 60, first + 180][:attempts])

    def test_two_weeks_of_schedules_pass_at_once(self):
        self.clock("set", "2030-01-01T00:00:00Z")
        self.settle()
        before = len(self.notes("tick"))
        self.clock("advance", "14d")
        self.assertEqual(len(self.notes("tick")) - before, 14 * 24)
        mondays = [time.strftime("%F %T", time.gmtime(at)) for at in self.notes("monday")]
        self.assertEqual([m for m in mondays if m > "2030-01-02"], ["2030-01-07 09:30:00", "2030-01-14 09:30:00"])

    def test_settle_goes_no_further_than_its_horizon(self):
        self.t.invoke("note", {"what": "fails"}, kind="Event")
        self.settle("2m")
        self.assertEqual(len(self.notes("fails")), 2)

    def test_a_quota_is_full_again_the_next_day(self):
        def now():
            return self.t.get("/now", headers={"x-api-key": "a-key-of-twenty-chars"})

        self.clock("set", "2030-06-01T12:00:00Z")
        self.assertEqual([now().status for _ in range(3)], [200, 200, 429])
        self.clock("advance", "11h")
        self.assertEqual(now().json, {"message": "Limit Exceeded"})
        self.clock("advance", "1h")
        self.assertEqual(now().body, b"2030-06-02T00:00:00Z")

    def test_the_clock_is_kept_over_a_restart_also_after_kill_9(self):
        self.clock("set", "2030-01-01")
        for end in (self.t.stop, self.t.kill):
            end()
            self.t.start()
            self.assertIn("2030-01-01T00:00:00.000Z  frozen", self.clock())
        self.clock("resume")
        self.t.stop()
        self.t.start()
        self.assertIn("2030-01-01T00:0", self.clock())
        self.assertNotIn("frozen", self.clock())

    def test_a_fast_clock_runs_deadlines_fast(self):
        self.t.invoke("note", {"what": "fails"}, kind="Event")
        self.clock("speed", "1000")
        self.assertIn("speed 1000", self.clock("resume"))
        until(lambda: len(self.notes("fails")) == 3)  # three minutes of the world are 0.2 s

    def test_reset_throws_all_away_and_runs_with_the_real_time(self):
        self.send("Hand", "one")
        self.clock("advance", "400d")
        self.assertEqual(self.t.cli("reset").returncode, 0)
        self.assertEqual((self.receive("Hand"), self.notes("tick")), ([], []))
        self.assertIn(time.strftime("%Y-%m-%d", time.gmtime()), self.clock())
        self.assertEqual(self.t.invoke("note").status, 200)

    def test_after_a_reset_schedules_go_by_the_clock_of_now(self):
        self.clock("advance", "400d")
        self.t.cli("reset")
        self.clock("freeze")
        now, due = re.findall(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", self.clock())
        self.assertLessEqual(due, self.clock("advance", "1h").split()[-1])
        self.assertLess(now, due)
        self.assertEqual(len(self.notes("tick")), 1)

    def test_set_back_schedules_are_planned_anew_and_what_stays_ahead_is_named(self):
        self.clock("set", "2030-01-07T09:10:00Z")
        self.settle()
        self.send("Hand", "one")
        self.assertEqual(self.receive("Hand"), ["one"])
        printed = self.clock("set", "2029-01-01T09:10:00Z")  # a Monday, too
        self.assertEqual(printed.splitlines()[0],
                         "ahead   2030-01-07T09:10:30.000Z  1 message(s) invisible until then or later  "
                         "arn:aws:sqs:us-east-1:000000000000:Hand")
        ticks = len(self.notes("tick"))
        self.clock("advance", "1h")
        self.assertEqual(len(self.notes("tick")), ticks + 1)
        self.assertEqual(self.notes("monday")[0], 1861954200)  # 2029-01-01 09:30
        self.assertEqual(self.receive("Hand"), [])
        self.assertNotIn("ahead", self.clock("set", "2030-01-07T09:11:00Z"))
        self.assertEqual(self.receive("Hand"), ["one"])

    def test_set_back_a_sleeping_handler_sleeps_for_the_rest_of_its_time(self):
        self.clock("resume")
        napping, answer = self.t.begin("nap", {}, "naps")
        self.clock("set", "2020-01-01")
        napping.join()
        self.assertEqual(answer[0].json, "awake")

    def test_nonsense_is_refused_in_one_line(self):
        for args in (("advance", "soon"), ("set", "tomorrow"), ("speed", "-1"), ("leap",)):
            r = self.t.cli("clock", *args)
            self.assertEqual((r.returncode, r.stdout, r.stderr.count("\n")), (2, "", 1), r)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
