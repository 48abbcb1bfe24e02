// STS through AWS SDK for JavaScript v3.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { start } from "./harness.mjs";

let t;

before(async () => {
    t = await start();
});

after(() => t.stop());

test("who is asking", async () => {
    const { Account, Arn, UserId } = await new STSClient(t.config).send(new GetCallerIdentityCommand({}));
    assert.deepEqual([Account, Arn], ["000000000000", "arn:aws:iam::000000000000:user/tidepool"]);
    assert.match(UserId, /^AIDA[A-Z2-7]{17}$/);
});

test("an account of its own", async () => {
    const other = new STSClient({ ...t.config, region: "eu-west-1", credentials: { accessKeyId: "111122223333", secretAccessKey: "x" } });
    assert.equal((await other.send(new GetCallerIdentityCommand({}))).Account, "111122223333");
});

test("other actions are refused", async () => {
    await assert.rejects(new STSClient(t.config).send(new GetSessionTokenCommand({})), {
        name: "InvalidAction", message: "Could not find operation GetSessionToken for version 2011-06-15",
    });
});
