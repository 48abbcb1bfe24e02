#!/usr/bin/env python3
"""DynamoDB beside Amazon's DynamoDB Local: first the edges, one by one, then random items, expressions, queries
and scans go to both, and the answers must be the same.

  dynamodb.py OURS ORACLE [--seed N] [--rounds N]        e.g. http://127.0.0.1:4566 http://127.0.0.1:8000

Not part of `make test`: it needs Java and the oracle (npm amplify-dynamodb-simulator, folder emulator, started
with -inMemory -sharedDb).  Where the oracle is known to differ from the service, KNOWN says so.
"""
import argparse, http.client, json, random, re, sys
from urllib.parse import urlparse

AUTH = ("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, "
        "Signature=" + "0" * 64)

# Texts of the oracle that the service does not use (first), and the service's (second).
KNOWN = [
    (r"^A value provided cannot be converted into a number$", r"cannot be converted to a numeric value"),
    (r"DynamoDB only supports precision up to 38 digits", r"more than 38 significant digits"),
    (r"Invalid attribute type name found", r"Invalid attribute type name found"),
    (r"operand type: \{DECIMAL", r"operand type: \{NS,SS"),
    (r"^The number of conditions on the keys is invalid$", r"does not match the schema"),
    (r"Type mismatch for key$", r"does not match the schema|Type mismatch for key"),
    (r"too many operators", r"too many operators"),
    (r"Two document paths overlap", r"Two document paths overlap"),  # which of three paths it names
    (r"Two document paths conflict", r"Two document paths conflict"),
    (r"^Query condition missed key schema element$", r"^Query condition missed key schema element: "),
    (r"The BETWEEN operator requires upper bound", r"The BETWEEN operator requires upper bound"),  # 2.5 and 2.50
    (r"ALL_PROJECTED_ATTRIBUTES can be used only", r"ALL_PROJECTED_ATTRIBUTES can be used only"),
    (r'token: "<EOF>", near: ":v', r"Syntax error"),
    (r"HeapByteBuffer", r"The BETWEEN operator"),
    # of two things that are wrong with the item it says the one that its hash map meets first
    (r"has an incorrect data type|invalid for update|does not exist in the item",
     r"has an incorrect data type|invalid for update|does not exist in the item"),
    (r"Input collection .*contains duplicates", r"Input collection .*contains duplicates"),
    (r"One of the required keys was not given a value", r"Missing the key|does not match the schema"),
    (r"Type mismatch for Index Key$", r"Type mismatch for Index Key"),
    (r"^Invalid attribute value type$", r"Type mismatch|does not match the schema"),
    (r"Size limit exceeded|^Hash primary key values must be under", r"has exceeded the .*size limit"),
    (r"Key attributes must be scalars", r"cannot have conditions on nested attributes"),
    (r"^Nesting Levels have exceeded supported limits", r"Nesting Levels have exceeded supported limits"),
    (r"must have same size as table's key schema|^Type mismatch for attribute to update$",
     r"The provided starting key is invalid"),
    (r"does not match the range key predicate", r"outside query boundaries"),
    (r"cannot be restarted. The provided starting key", r"The provided starting key is invalid"),
    (r"secondary index key .*empty \w+ value.$", r"secondary index key .*empty \w+ value. IndexName"),
]


class Endpoint:
    def __init__(self, url):
        u = urlparse(url)
        self.c = http.client.HTTPConnection(u.hostname, u.port, timeout=30)

    def call(self, op, body):
        self.c.request("POST", "/", json.dumps(body), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810." + op,
            "Authorization": AUTH, "X-Amz-Date": "20260101T000000Z"})
        r = self.c.getresponse()
        return r.status, json.loads(r.read())


NAMES = ["a", "b", "c", "m", "l", "ss", "ns", "#r", "d"]
WORDS = ["x", "xy", "y", "", "hello", "Zz", "0"]


class Random(random.Random):
    def number(self):
        return self.choice(["0", "1", "2", "-1", "10", "1.5", "-2.50", "1e3", "0.001", "99999999999999999999", "7"])

    def value(self, depth=0):
        t = self.choice(["S", "S", "N", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"] if depth < 3 else ["S", "N"])
        if t == "S":
            return {"S": self.choice(WORDS)}
        if t == "N":
            return {"N": self.number()}
        if t == "B":
            return {"B": self.choice(["", "YQ==", "YWI=", "/w=="])}
        if t == "BOOL":
            return {"BOOL": self.random() < 0.5}
        if t == "NULL":
            return {"NULL": True}
        if t == "SS":
            return {"SS": self.sample(["p", "q", "r", "x"], self.randint(1, 3))}
        if t == "NS":
            return {"NS": self.sample(["1", "2", "3", "10", "-1"], self.randint(1, 3))}
        if t == "BS":
            return {"BS": self.sample(["YQ==", "Yg==", "Yw=="], self.randint(1, 2))}
        if t == "L":
            return {"L": [self.value(depth + 1) for _ in range(self.randint(0, 3))]}
        return {"M": {k: self.value(depth + 1) for k in self.sample(["a", "b", "x", "year"], self.randint(0, 3))}}

    def key(self):
        return {"pk": {"S": self.choice("pqr")}, "sk": {"N": str(self.randint(-3, 6))}}

    def item(self):
        it = self.key()
        for k in self.sample(["a", "b", "c", "m", "l", "ss", "ns", "year", "d"], self.randint(0, 6)):
            it[k] = self.value()
        if self.random() < 0.6:
            it["g"] = {"S": self.choice("uvw")}
        if self.random() < 0.6:
            it["h"] = {"N": str(self.randint(0, 3))}
        if self.random() < 0.6:
            it["lk"] = {"S": self.choice(["a", "ab", "b", "c"])}
        return it

    def path(self, names):
        p = self.choice(NAMES)
        if p == "#r":
            names["#r"] = "year"
        for _ in range(self.choice([0, 0, 0, 1, 1, 2])):
            p += self.choice([".a", ".b", ".x", "[0]", "[1]", "[2]"])
        return p

    def ref(self, values, v=None):
        n = ":v%d" % len(values)
        values[n] = v or self.value(2)
        return n

    def operand(self, names, values):
        r = self.random()
        if r < 0.45:
            return self.path(names)
        if r < 0.9:
            return self.ref(values)
        return "size(%s)" % self.path(names)

    def condition(self, names, values, depth=0):
        r = self.random()
        if depth < 3 and r < 0.15:
            return "(%s) AND %s" % (self.condition(names, values, depth + 1), self.condition(names, values, depth + 1))
        if depth < 3 and r < 0.3:
            return "%s OR (%s)" % (self.condition(names, values, depth + 1), self.condition(names, values, depth + 1))
        if depth < 3 and r < 0.4:
            return "NOT %s" % self.condition(names, values, depth + 1)
        if r < 0.7:
            return "%s %s %s" % (self.operand(names, values), self.choice(["=", "<>", "<", "<=", ">", ">="]),
                                 self.operand(names, values))
        if r < 0.76:
            return "%s BETWEEN %s AND %s" % tuple(self.operand(names, values) for _ in range(3))
        if r < 0.82:
            return "%s IN (%s)" % (self.operand(names, values),
                                   ", ".join(self.operand(names, values) for _ in range(self.randint(1, 3))))
        f = self.choice(["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"])
        if f in ("attribute_exists", "attribute_not_exists"):
            return "%s(%s)" % (f, self.path(names))
        if f == "attribute_type":
            return "%s(%s, %s)" % (f, self.path(names), self.ref(values, {"S": self.choice(["S", "N", "L", "M", "SS"])}))
        return "%s(%s, %s)" % (f, self.operand(names, values), self.operand(names, values))

    def broken(self, text):
        """Now and then a text with a letter too few, or a word too many."""
        if self.random() > 0.08 or not text:
            return text
        i = self.randrange(len(text))
        return text[:i] + self.choice(["", " ", "(", ")", "abort", "=", ",", "#", "[", "."]) + text[i + 1:]

    def set_value(self, names, values):
        r = self.random()
        one = lambda: self.choice([self.path(names), self.ref(values)])
        num = lambda: self.choice([self.path(names), self.ref(values, {"N": self.number()})])
        if r < 0.4:
            return one()
        if r < 0.6:
            return "%s %s %s" % (num(), self.choice("+-"), num())
        if r < 0.8:
            return "if_not_exists(%s, %s)" % (self.path(names), one())
        return "list_append(%s, %s)" % (self.choice([self.path(names), self.ref(values, {"L": [self.value(2)]})]),
                                        self.choice([self.path(names), self.ref(values, {"L": [self.value(2)]})]))

    def update(self, names, values):
        parts = []
        if self.random() < 0.7:
            parts.append("SET " + ", ".join("%s = %s" % (self.path(names), self.set_value(names, values))
                                            for _ in range(self.randint(1, 2))))
        if self.random() < 0.3:
            parts.append("REMOVE " + ", ".join(self.path(names) for _ in range(self.randint(1, 2))))
        if self.random() < 0.3:
            parts.append("ADD %s %s" % (self.path(names), self.ref(values, self.choice(
                [{"N": self.number()}, {"SS": ["p", "z"]}, {"NS": ["1", "7"]}, self.value(2)]))))
        if self.random() < 0.2:
            parts.append("DELETE %s %s" % (self.path(names), self.ref(values, self.choice(
                [{"SS": ["p", "q"]}, {"NS": ["1", "2"]}]))))
        self.shuffle(parts)
        return " ".join(parts) or "REMOVE a"


# --- edges: what stands right beside a limit or a rule

NUMBERS = ["", "abc", " 1", "1.0", "1E3", "1e+3", "-0", "+5", ".5", "5.", ".", "1e", "00012.3400", "1" * 38, "1" * 39,
           "1" * 38 + "0", "1" + "0" * 125, "1" + "0" * 126, "9." + "9" * 37 + "E125", "1E126", "1E-130", "1E-131",
           "-1E-131", "0E500", "NaN", "0x10", "1,000"]
VALUES = [{"S": ""}, {"B": ""}, {"SS": []}, {"NS": []}, {"BS": []}, {"SS": ["a", "a"]}, {"SS": [""]}, {"BS": [""]},
          {"NS": ["1", "1.0"]}, {"NS": ["x"]}, {"SS": ["a", None]}, {"NULL": False}, {"L": []}, {"M": {}}, {"L": [{}]},
          {"M": {"": {"S": "x"}}}, {"S": "a", "N": "1"}, {}, {"X": "a"}, {"s": "a"}, {"S": None, "N": "1"},
          {"M": {"a": {"S": "x", "N": "1"}}}, {"L": [{"NS": ["1", "1"]}]}]
KEYS = [{}, {"pk": {"S": "a"}}, {"pk": {"N": "1"}, "sk": {"N": "1"}}, {"pk": {"S": ""}, "sk": {"N": "1"}},
        {"pk": {"S": "a"}, "sk": {"S": ""}}, {"pk": {"S": "a"}, "x": {"N": "1"}}, {"pk": {"M": {}}, "sk": {"N": "1"}},
        {"pk": {"S": "x" * 2048}, "sk": {"N": "1"}}, {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}},
        {"pk": {}, "sk": {"N": "1"}}, {"pk": {"S": "a", "N": "1"}, "sk": {"N": "1"}}]
INDEX_KEYS = [{"g": {"N": "1"}}, {"g": {"S": ""}}, {"h": {"S": "x"}}, {"lk": {"L": []}}, {"g": {"S": "x" * 2049}},
              {"lk": {"S": "x" * 1024}}, {"lk": {"S": "x" * 1025}}]
UPDATES = ["SET n = n + :n", "SET n = n - :n", "SET n = gone + :n", "SET n = s + :n", "SET n = n + :s", "SET n = gone",
           "SET n = if_not_exists(gone, :n)", "SET n = if_not_exists(n, :n) + :n", "SET l = list_append(l, :l)",
           "SET l = list_append(:l, l)", "SET l = list_append(gone, :l)", "SET l = list_append(s, :l)", "SET l[1] = :n",
           "SET l[9] = :n", "SET l[9] = :n, l[5] = :s", "SET m.a = :n", "SET m.gone.a = :n", "SET gone.a = :n",
           "SET s.a = :n", "SET m[0] = :n", "SET l.a = :n", "SET pk = :s", "SET a = :n, a = :n", "SET m = :n, m.a = :n",
           "SET m.a = :n, m[0] = :n", "SET year = :n", "SET m.year = :n", "REMOVE gone", "REMOVE l[0], l[1]",
           "REMOVE l[9]", "REMOVE gone.a", "REMOVE pk", "REMOVE s.a", "ADD n :n", "ADD gone :n", "ADD s :n", "ADD ss :ss",
           "ADD ss :n", "ADD ss :ns", "ADD n :s", "ADD n :l", "ADD m.a :n", "ADD l[0] :n", "DELETE ss :ss",
           "DELETE ss :all", "DELETE ss :ns", "DELETE n :n", "DELETE gone :ss", "SET a = :n SET b = :n", "SET", "SET a",
           "SET a = (:n)", "SET a = ((:n))", "SET a = :n + :n + :n", "SET a = size(l)", "SET a[-1] = :n", "SET a = 5", ""]
RANGES = ["", " AND sk = :n", " AND :n <= sk", " AND sk <> :n", " AND sk IN (:n)", " AND NOT sk = :n", " AND a = :n",
          " AND sk = :n AND a = :n", " AND sk BETWEEN :n AND :n", " AND sk BETWEEN :n AND :s", " AND begins_with(sk, :n)",
          " AND sk = :s", " AND sk.a = :n", " AND (sk = :n)", " AND ((sk = :n))", " OR sk = :n", " AND size(sk) = :n",
          " AND sk > :n AND sk < :n", " AND sk = sk", " AND sk = a", " AND pk = :p"]
STARTS = [{}, {"pk": {"S": "p"}}, {"pk": {"S": "z"}, "sk": {"N": "1"}}, {"pk": {"S": "p"}, "sk": {"S": "a"}},
          {"pk": {"S": "p"}, "sk": {"N": "0.5"}}, {"pk": {"S": ""}, "sk": {"N": "1"}}]


def nested(depth, leaf):
    return leaf if depth == 0 else {"M": {"a": nested(depth - 1, leaf)}}


def used(text, values):
    return {k: v for k, v in values.items() if re.search(re.escape(k) + r"(?!\w)", text)}


def canonical(v):
    """One form for values: numbers by value, sets sorted."""
    if isinstance(v, dict):
        if len(v) == 1:
            (t, x), = v.items()
            if t == "N" and isinstance(x, str):
                return {"N": number(x)}
            if t == "NS" and isinstance(x, list):
                return {"NS": sorted(number(n) for n in x)}
            if t in ("SS", "BS") and isinstance(x, list):
                return {t: sorted(x)}
        return {k: canonical(x) for k, x in v.items()}
    return [canonical(x) for x in v] if isinstance(v, list) else v


def number(text):
    from decimal import Decimal
    d = Decimal(text)
    return format(d.normalize(), "f") if d else "0"


def message(r):
    return r.get("message") or r.get("Message") or ""


def error(r):
    return r.get("__type", "").split("#")[-1]


class Run:
    def __init__(self, ours, oracle, seed):
        self.ours, self.oracle, self.r, self.n, self.bad = Endpoint(ours), Endpoint(oracle), Random(seed), 0, 0

    def both(self, op, body, sort=None):
        a, b = self.ours.call(op, body), self.oracle.call(op, body)
        self.n += 1
        x, y = self.form(a, sort), self.form(b, sort)
        if x != y and not self.known(a, b):
            self.bad += 1
            print(f"--- {op} {json.dumps(body)}\nours   {json.dumps(x)}\noracle {json.dumps(y)}", flush=True)
        return a

    @staticmethod
    def form(answer, sort):
        status, r = answer
        if status != 200:
            return [status, error(r), message(r)]
        r = canonical(r)
        r.pop("ConsumedCapacity", None)  # the oracle adds it to some deletes, unasked
        if sort and "Items" in r:
            r["Items"] = sorted(r["Items"], key=lambda i: json.dumps(i, sort_keys=True))
        return [status, json.loads(json.dumps(r, sort_keys=True))]

    @staticmethod
    def known(a, b):
        return any(re.search(theirs, message(b[1])) and re.search(ours, message(a[1])) for theirs, ours in KNOWN)

    def make_table(self):
        ad = [("pk", "S"), ("sk", "N"), ("g", "S"), ("h", "N"), ("lk", "S")]
        ks = lambda h, r=None: [{"AttributeName": h, "KeyType": "HASH"}] + (
            [{"AttributeName": r, "KeyType": "RANGE"}] if r else [])
        for e in (self.ours, self.oracle):
            e.call("DeleteTable", {"TableName": "oracle"})
            s, r = e.call("CreateTable", {
                "TableName": "oracle", "KeySchema": ks("pk", "sk"), "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in ad],
                "GlobalSecondaryIndexes": [
                    {"IndexName": "all", "KeySchema": ks("g", "sk"), "Projection": {"ProjectionType": "ALL"}},
                    {"IndexName": "keys", "KeySchema": ks("h"), "Projection": {"ProjectionType": "KEYS_ONLY"}}],
                "LocalSecondaryIndexes": [
                    {"IndexName": "local", "KeySchema": ks("pk", "lk"),
                     "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "m"]}}]})
            assert s == 200, r

    def with_expressions(self, body, names, values):
        if names:
            body["ExpressionAttributeNames"] = names
        if values:
            body["ExpressionAttributeValues"] = values
        return body

    def put(self, **attributes):
        self.both("PutItem", {"TableName": "oracle", "Item": {"pk": {"S": "edge"}, "sk": {"N": "1"}, **attributes}})

    def edges(self):
        """Each with the item read back, so that what was refused changed nothing."""
        key = {"pk": {"S": "edge"}, "sk": {"N": "1"}}
        values = [{"N": n} for n in NUMBERS] + VALUES + [nested(d, {"S": "x"}) for d in (30, 31, 32)]
        for a in [{"a": v} for v in values] + INDEX_KEYS + [{"a": {"S": "x" * n}} for n in (409589, 409590, 409591)]:
            self.put(**a)
            self.both("GetItem", {"TableName": "oracle", "Key": key})
        for k in KEYS:
            self.both("PutItem", {"TableName": "oracle", "Item": k})
            for op in ("GetItem", "DeleteItem", "UpdateItem"):
                self.both(op, {"TableName": "oracle", "Key": k})
        self.edges_of_updates(key)
        self.edges_of_queries()
        for e in (self.ours, self.oracle):
            for k in [key, KEYS[7]]:
                e.call("DeleteItem", {"TableName": "oracle", "Key": k})

    def edges_of_updates(self, key):
        known = {":n": {"N": "2"}, ":s": {"S": "x"}, ":l": {"L": [{"N": "3"}]}, ":ss": {"SS": ["a", "c"]},
                 ":all": {"SS": ["a", "b"]}, ":ns": {"NS": ["1"]}}
        for text in UPDATES:
            self.put(n={"N": "5"}, s={"S": "hello"}, l={"L": [{"N": "1"}, {"S": "x"}]}, ss={"SS": ["a", "b"]},
                     m={"M": {"a": {"N": "1"}}})
            self.both("UpdateItem", self.with_expressions(
                {"TableName": "oracle", "Key": key, "UpdateExpression": text, "ReturnValues": "ALL_NEW"}, {},
                used(text, known)))

    def edges_of_queries(self):
        known = {":p": {"S": "p"}, ":n": {"N": "1"}, ":s": {"S": "x"}}
        for text in ["pk = :p" + r for r in RANGES] + [":p = pk", "sk = :n", "pk < :p", "begins_with(pk, :p)", "pk", ""]:
            self.both("Query", self.with_expressions({"TableName": "oracle", "KeyConditionExpression": text}, {},
                                                     used(text, known)))
        for start in STARTS:
            self.both("Query", {"TableName": "oracle", "KeyConditionExpression": "pk = :p", "ExclusiveStartKey": start,
                                "ExpressionAttributeValues": {":p": {"S": "p"}}})

    def write(self):
        r, names, values = self.r, {}, {}
        kind = r.random()
        if kind < 0.35:
            body = {"TableName": "oracle", "Item": r.item(), "ReturnValues": r.choice(["NONE", "ALL_OLD"])}
            op = "PutItem"
        elif kind < 0.85:
            op = "UpdateItem"
            body = {"TableName": "oracle", "Key": r.key(), "UpdateExpression": r.broken(r.update(names, values)),
                    "ReturnValues": r.choice(["NONE", "ALL_OLD", "ALL_NEW"])}
        else:
            body, op = {"TableName": "oracle", "Key": r.key(), "ReturnValues": "ALL_OLD"}, "DeleteItem"
        if r.random() < 0.4:
            body["ConditionExpression"] = r.broken(r.condition(names, values))
            body["ReturnValuesOnConditionCheckFailure"] = r.choice(["NONE", "ALL_OLD"])
        self.both(op, self.with_expressions(body, names, values))

    def read(self):
        r, names = self.r, {}
        body = {"TableName": "oracle", "Key": r.key()}
        if r.random() < 0.6:
            body["ProjectionExpression"] = r.broken(", ".join(r.path(names) for _ in range(r.randint(1, 3))))
        self.both("GetItem", self.with_expressions(body, names, {}))

    def query(self):
        r, names, values = self.r, {}, {}
        index = r.choice([None, None, "all", "keys", "local"])
        body = {"TableName": "oracle"}
        if index:
            body["IndexName"] = index
        hash_, range_ = {None: ("pk", "sk"), "all": ("g", "sk"), "keys": ("h", None), "local": ("pk", "lk")}[index]
        value = {"pk": {"S": r.choice("pqr")}, "g": {"S": r.choice("uvw")}, "h": {"N": str(r.randint(0, 3))}}[hash_]
        text = "%s = %s" % (hash_, r.ref(values, value))
        if range_ and r.random() < 0.6:
            bound = lambda: {"N": str(r.randint(-4, 7))} if range_ == "sk" else {"S": r.choice(["a", "ab", "b", "bb"])}
            op = r.choice(["=", "<", "<=", ">", ">=", "between"] + ["begins"] * (range_ == "lk"))
            if op == "between":
                lo, hi = sorted([bound(), bound()], key=lambda v: float(v["N"]) if "N" in v else v["S"])
                text += " AND %s BETWEEN %s AND %s" % (range_, r.ref(values, lo), r.ref(values, hi))
            elif op == "begins":
                text += " AND begins_with(%s, %s)" % (range_, r.ref(values, bound()))
            else:
                text += " AND %s %s %s" % (range_, op, r.ref(values, bound()))
        body["KeyConditionExpression"] = r.broken(text)
        if r.random() < 0.3 and index != "keys":
            body["FilterExpression"] = r.condition(names, values)
        if r.random() < 0.2 and index != "keys":
            body["ProjectionExpression"] = ", ".join(r.path(names) for _ in range(r.randint(1, 2)))
        if r.random() < 0.2:
            body["Select"] = r.choice(["COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
        if r.random() < 0.3:
            body["ScanIndexForward"] = False
        unique = index is None
        if unique and r.random() < 0.5:
            body["Limit"] = r.randint(1, 4)
        self.with_expressions(body, names, values)
        for _ in range(4):
            status, answer = self.both("Query", body, sort=not unique)
            if status != 200 or "LastEvaluatedKey" not in answer:
                break
            body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def scan(self):
        r, names, values = self.r, {}, {}
        body = {"TableName": "oracle"}
        index = r.choice([None, "all", "keys", "local"])
        if index:
            body["IndexName"] = index
        if r.random() < 0.6 and index != "keys":
            body["FilterExpression"] = r.broken(r.condition(names, values))
        if r.random() < 0.2:
            body["Select"] = "COUNT"
        self.both("Scan", self.with_expressions(body, names, values), sort=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("ours")
    p.add_argument("oracle")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rounds", type=int, default=2000)
    a = p.parse_args()
    run = Run(a.ours, a.oracle, a.seed)
    run.make_table()
    run.edges()
    for _ in range(a.rounds):
        run.r.choices([run.write, run.read, run.query, run.scan], [10, 2, 4, 2])[0]()
    print(f"{run.n} requests, {run.bad} different (seed {a.seed})")
    sys.exit(run.bad != 0)


main()
