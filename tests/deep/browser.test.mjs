// Debian's Chromium before a tidepool that runs: what pages of other origins send does nothing and tells nothing.
//
// Each attack is tried from a foreign page and, as a proof that it would work, from a page of localhost.  What the
// server answered is seen on the network, where no page can look.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import net from "node:net";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { start, until } from "../sdk/harness.mjs";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
let tidepool, wire, port, browser, pages, pagesPort, answers = [];

// --- the world, asked without a browser

async function sqs(action, input) {
    const r = await fetch(tidepool.url, { method: "POST", body: JSON.stringify(input), headers: { "x-amz-target": `AmazonSQS.${action}`, "content-type": "application/x-amz-json-1.0" } });
    return r.json();
}

async function control(operation, input = {}) {
    const r = await fetch(`${tidepool.url}/_tidepool/${operation}`, { method: "POST", body: JSON.stringify(input) });
    return r.json();
}

const queue = () => `${tidepool.url}/000000000000/precious`;

// What an attack wants to change: a queue that no template makes, its message, the clock.
async function world() {
    const depth = await sqs("GetQueueAttributes", { QueueUrl: queue(), AttributeNames: ["ApproximateNumberOfMessages"] });
    return { messages: depth.Attributes?.ApproximateNumberOfMessages, frozen: (await control("clock")).frozen };
}

const whole = { messages: "1", frozen: false };

async function makeWhole() {
    await control("reset");
    await sqs("CreateQueue", { QueueName: "precious" });
    await sqs("SendMessage", { QueueUrl: queue(), MessageBody: "secret" });
    assert.deepEqual(await world(), whole);
}

// --- pages

// Hands bytes through to tidepool, and notes what was asked and answered: "GET /path 403".
function listenOnWire(to) {
    return net.createServer((browser) => {
        const server = net.connect(to, "127.0.0.1"), asked = [];
        browser.on("data", (bytes) => {
            for (const m of bytes.toString("latin1").matchAll(/(\w+) (\/\S*) HTTP\/1\.1\r\n/g)) asked.push(`${m[1]} ${m[2]}`);
            server.write(bytes);
        });
        server.on("data", (bytes) => {
            for (const m of bytes.toString("latin1").matchAll(/HTTP\/1\.1 (\d+) /g)) answers.push(`${asked.shift()} ${m[1]}`);
            answers = answers.filter((a) => !a.includes("/favicon.ico"));
            browser.write(bytes);
        });
        for (const [one, other] of [[browser, server], [server, browser]]) one.on("close", () => other.destroy()).on("error", () => {});
    });
}

const listening = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

before(async () => {
    tidepool = await start(join(dirname(fileURLToPath(import.meta.url)), "app"));
    wire = listenOnWire(new URL(tidepool.url).port);
    port = await listening(wire);
    pages = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><body>a page</body>"));
    pagesPort = await listening(pages);
    browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1",
            // what the browser itself would keep from a server on this machine reaches ours all the same
            "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"],
    });
});

after(async () => {
    await browser?.close();
    pages?.close();
    wire?.close();
    await tidepool?.stop();
});

// Opens a page of this origin, and forgets what was answered before.
async function onPage(origin, use) {
    const context = await browser.newContext({ serviceWorkers: "block" });
    try {
        const page = await context.newPage();
        await page.goto(origin);
        answers = [];
        await use(page);
    } finally {
        await context.close();
    }
}

const evil = () => `http://evil.example:${pagesPort}/`;
const local = () => `http://localhost:${pagesPort}/`;
const here = (path) => `http://localhost:${port}${path}`;

// --- attacks: what a page runs; each wants to change the world, by what pages can send without asking

const RESET = "/_tidepool/reset", FREEZE = "/_tidepool/clock?action=freeze";
const DELETE = () => `Action=DeleteQueue&Version=2012-11-05&QueueUrl=${encodeURIComponent(queue())}`;

function fetches(url, init) {
    return fetch(url, init).then((r) => r.text().then((text) => `${r.type} ${text}`), (e) => `error ${e.name}`);
}

function loads(kind, url) {
    return new Promise((resolve) => {
        const e = document.createElement(kind);
        e.onload = e.onerror = () => resolve();
        if (kind === "link") e.rel = "stylesheet", e.href = url;
        else if (kind === "object") e.data = url;
        else e.src = url;
        document.body.append(e);
    });
}

function submits(method, url, fields, target) {
    const form = document.createElement("form");
    if (target) {
        const frame = document.createElement("iframe");
        frame.name = target;
        document.body.append(frame);
    }
    Object.assign(form, { method, action: url, target: target ?? "_self" });
    for (const [name, value] of fields) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
}

const run = (f, ...args) => (page) => page.evaluate(`(${f})(...${JSON.stringify(args)})`);
const fields = () => [...new URLSearchParams(DELETE())];

const attacks = () => ({
    "fetch POST, no-cors": run(fetches, here(RESET), { method: "POST", mode: "no-cors" }),
    "fetch POST of text, cors": run(fetches, here(FREEZE), { method: "POST", body: "{}" }),
    "fetch POST of JSON, with a preflight": run(fetches, here(RESET), { method: "POST", body: "{}", headers: { "content-type": "application/json" } }),
    "fetch POST with a target, with a preflight": run(fetches, here("/"), { method: "POST", body: JSON.stringify({ QueueUrl: queue() }), headers: { "x-amz-target": "AmazonSQS.DeleteQueue" } }),
    "fetch POST of a form, no-cors": run(fetches, here("/"), { method: "POST", mode: "no-cors", body: DELETE(), headers: FORM }),
    "fetch GET of an Action, no-cors": run(fetches, here(`/?${DELETE()}`), { mode: "no-cors" }),
    "fetch GET of an Action, cors": run(fetches, here(`/?${DELETE()}`)),
    "image": run(loads, "img", here(`/?${DELETE()}`)),
    "script": run(loads, "script", here(`/?${DELETE()}`)),
    "style sheet": run(loads, "link", here(`/?${DELETE()}`)),
    "frame": run(loads, "iframe", here(`/?${DELETE()}`)),
    "object": run(loads, "object", here(`/?${DELETE()}`)),
    "beacon": run((url, body) => navigator.sendBeacon(url, new URLSearchParams(body)), here("/"), DELETE()),
    "form POST into a frame": run(submits, "post", here("/"), fields(), "into"),
    "form GET into a frame": run(submits, "get", here("/"), fields(), "into"),
    "form POST in place of the page": run(submits, "post", here(RESET), []),
    "form GET in place of the page": run(submits, "get", here("/"), fields()),
});

const answered = () => until(() => answers.length > 0, 60);

test("no page of another origin changes anything", async (t) => {
    await makeWhole();
    for (const [name, attack] of Object.entries(attacks()))
        await t.test(name, () => onPage(evil(), async (page) => {
            await attack(page);
            await answered();
            for (const a of answers) assert.match(a, / 403$/);
            assert.deepEqual(await world(), whole);
        }));
});

test("the same sent by a page of localhost takes effect", async (t) => {
    for (const [name, attack] of Object.entries(attacks()))
        await t.test(name, async () => {
            await makeWhole();
            await onPage(local(), async (page) => {
                await attack(page);
                await answered();
                await until(async () => JSON.stringify(await world()) !== JSON.stringify(whole), 60);
            });
        });
    await makeWhole();
});

const READS = () => ["/_tidepool/trace", "/_tidepool/why?id=x", "/_tidepool/clock", "/2015-03-31/functions", "/?Action=ListQueues&Version=2012-11-05"];

test("no page of another origin reads anything", async () => {
    for (const path of READS())
        for (const mode of ["cors", "no-cors", "same-origin"])
            await onPage(evil(), async (page) => {
                const got = await run(fetches, here(path), { mode })(page);
                assert.ok(got === "error TypeError" || got === "opaque ", got);
                for (const a of answers) assert.match(a, / 403$/);
                assert.equal(answers.length, mode === "same-origin" ? 0 : 1);
            });
});

test("a page of localhost on another port reads", async () => {
    await onPage(local(), async (page) => assert.match(await run(fetches, here("/_tidepool/clock"))(page), /^cors .*"now"/));
});

test("a name that foreign DNS leads here is no origin of ours", async () => {
    await makeWhole();
    const rebound = `http://rebound.example:${port}`;
    await onPage(evil(), async (page) => {
        for (const path of READS()) {
            const r = await page.goto(rebound + path); // typed by hand, or led here
            assert.equal(r.status(), 403);
        }
        // the page as the foreign server gave it before its name was led here
        await page.route(`${rebound}/`, (route) => route.fulfill({ contentType: "text/html", body: "<body>before</body>" }), { times: 1 });
        await page.goto(`${rebound}/`);
        answers = [];
        for (const path of READS()) assert.doesNotMatch(await run(fetches, path)(page), /"now"|events|precious|Functions/);
        for (const [url, init] of [[RESET, { method: "POST", body: "{}", headers: { "content-type": "application/json" } }], [FREEZE, { method: "POST" }],
            ["/", { method: "POST", body: DELETE(), headers: FORM }], [`/?${DELETE()}`, {}]])
            await run(fetches, url, init)(page);
        assert.equal(answers.length, READS().length + 4);
        for (const a of answers) assert.match(a, / 403$/);
    });
    assert.deepEqual(await world(), whole);
});

test("a link to what only looks may be followed from anywhere; what changes something is not a link's to do", async () => {
    await makeWhole();
    for (const [path, status] of [["/_tidepool/clock", 200], ["/_tidepool/trace", 200], [RESET, 405], [FREEZE, 405], [`/?${DELETE()}`, 403]])
        await onPage(evil(), async (page) => {
            await run((url) => { document.body.innerHTML = `<a href="${url}">look</a>`; }, here(path).replaceAll("&", "&amp;"))(page);
            await page.click("a");
            await answered();
            assert.match(answers[0], new RegExp(` ${status}$`));
        });
    assert.deepEqual(await world(), whole);
});

test("an API answers a page of another origin by its own CORS", async () => {
    const api = (await (await fetch(`${tidepool.url}/v2/apis`)).json()).items[0].apiId;
    await onPage(evil(), async (page) => {
        for (const url of [`http://localhost:${+new URL(tidepool.url).port + 1}/hello`, here(`/_aws/execute-api/${api}/$default/hello`)])
            assert.equal(await run(fetches, url)(page), "cors hello");
    });
});
