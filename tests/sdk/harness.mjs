// A tidepool under test, for Node: the twin of tests/harness.py.
//
//     const t = await start();                    // the app of tests/sdk/app on free ports
//     t.config                                    // for any client of AWS SDK v3
//     await t.stop();
import { spawn } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.TIDEPOOL ?? join(here, "../../build/asan/tidepool");

function listen(port) {
    return new Promise((resolve, reject) => {
        const server = createServer().on("error", reject);
        server.listen(port, "127.0.0.1", () => resolve(server));
    });
}

// The first of two neighbouring ports that nobody listens on, none of those that the system gives to connections.
async function freePorts() {
    for (;;) {
        const port = 10000 + Math.floor(Math.random() * 22000);
        const servers = await Promise.all([port, port + 1].map((p) => listen(p).catch(() => null)));
        for (const server of servers) server?.close();
        if (servers.every(Boolean)) return port;
    }
}

async function answers(url) {
    return fetch(url).then((r) => r.ok, () => false);
}

// The first truthy answer of check(); an error when there is none in two minutes.
export async function until(check, seconds = 120) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const got = await check();
        if (got) return got;
        if (Date.now() > deadline) throw new Error(`nothing came in ${seconds} s`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

export async function start(app = join(here, "app")) {
    const folder = mkdtempSync(join(tmpdir(), "tidepool-test-"));
    cpSync(app, folder, { recursive: true });
    const log = join(folder, "tidepool.log"), out = openSync(log, "a");
    const port = await freePorts();
    const url = `http://127.0.0.1:${port}`;
    const process = spawn(binary, ["start", "--port", `${port}`, "--api-port", `${port + 1}`], { cwd: folder, stdio: ["ignore", out, out] });
    closeSync(out);
    const ended = new Promise((resolve) => process.on("exit", resolve));
    const output = () => readFileSync(log, "utf8");
    await until(() => answers(`${url}/_tidepool/health`)).catch(() => {
        process.kill("SIGKILL");
        throw new Error("tidepool does not answer:\n" + output());
    });
    return {
        url,
        config: { endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 },

        async stop() {
            process.kill("SIGTERM");
            await ended;
            const text = output();
            rmSync(folder, { recursive: true, force: true });
            if (/AddressSanitizer|LeakSanitizer|runtime error:/.test(text)) throw new Error("the sanitizers complain:\n" + text.slice(-8000));
        },
    };
}
