"""A server that is killed (-9) while it fills a new index goes on at its next start, and settle waits for it."""
import unittest

from harness import Tidepool

ITEMS = 2500  # five portions
TABLE = {"Type": "AWS::Serverless::SimpleTable", "Properties": {"TableName": "Others"}}


class Backfill(unittest.TestCase):
    def test_it_goes_on_after_a_kill(self):
        template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Others": TABLE}}
        with Tidepool(files={"template.json": template}) as t:
            db = t.client("dynamodb")
            db.create_table(TableName="Items", BillingMode="PAY_PER_REQUEST",
                            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
            for first in range(0, ITEMS, 25):
                db.batch_write_item(RequestItems={"Items": [
                    {"PutRequest": {"Item": {"id": {"S": str(i)}, "g": {"S": "all"}}}} for i in range(first, first + 25)]})
            made = db.update_table(
                TableName="Items", AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
                GlobalSecondaryIndexUpdates=[{"Create": {
                    "IndexName": "byG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"}}}])["TableDescription"]
            self.assertEqual(made["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING")
            t.kill()
            t.start()
            t.control("settle")
            index = db.describe_table(TableName="Items")["Table"]["GlobalSecondaryIndexes"][0]
            self.assertEqual((index["IndexStatus"], index["ItemCount"], index.get("Backfilling")), ("ACTIVE", ITEMS, None))
            pages = db.get_paginator("query").paginate(
                TableName="Items", IndexName="byG", KeyConditionExpression="g = :g", ExpressionAttributeValues={":g": {"S": "all"}})
            self.assertEqual(sum(page["Count"] for page in pages), ITEMS)


if __name__ == "__main__":
    unittest.main()
