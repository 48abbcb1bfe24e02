"""What a large request took is given back to the system.  Asked of the release: under ASan memory has other ways."""
import os
import re
import threading
import unittest

from harness import ROOT, Tidepool, request, until

RELEASE = os.path.join(ROOT, "build", "release", "tidepool")
LARGE = '{"a":[' + '{"a":""},' * 49000 + '{}],"b":"' + "x" * 14000000 + '"}'  # nearly as large, and of as many values, as is read


class Memory(unittest.TestCase):
    def megabytes(self, t, what):
        with open("/proc/%d/status" % t.process.pid) as f:
            return int(re.search(what + r":\s+(\d+)", f.read())[1]) >> 10

    def test_eight_large_requests_at_once_cost_little_and_leave_nothing(self):
        with Tidepool(binary=RELEASE, files={"template.json": {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
                "Things": {"Type": "AWS::Serverless::SimpleTable"}}}}) as t:
            answers, before = [], self.megabytes(t, "VmRSS")

            def ask():
                answers.append(request(t.port, "POST", "/", LARGE, {"x-amz-target": "DynamoDB_20120810.PutItem"}).status)

            asking = [threading.Thread(target=ask) for _ in range(8)]
            for a in asking:
                a.start()
            for a in asking:
                a.join()
            self.assertEqual(answers, [400] * 8)  # it was read, and names no table
            self.assertLess(self.megabytes(t, "VmHWM"), before + 400)
            until(lambda: self.megabytes(t, "VmRSS") < before + 25)


if __name__ == "__main__":
    unittest.main()
