// Runs the built gatepost, reads its mailbox and moves its clock.

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const BINARY = process.env.GATEPOST;
const FAKETIME = process.env.FAKETIME_LIBRARY;

// The walk asks for more than the limits allow, all from one address.
const UNLIMITED = Object.fromEntries(
  [
    "MAILS_PER_ADDRESS_15M",
    "MAILS_PER_ADDRESS_DAY",
    "MAILS_PER_CLIENT_HOUR",
    "TRIES_PER_CLIENT_5M",
    "TRIES_PER_ADDRESS_15M",
    "CODES_PER_ADDRESS_DAY",
  ].map((name) => [`GATEPOST_LIMITS__${name}`, "0"]),
);

export class Server {
  // Starts a server and waits until it is ready. `settings` are environment variables.
  static async start(port, settings = {}) {
    const folder = mkdtempSync(join(tmpdir(), "gatepost-pages-"));
    const clock = join(folder, "clock");
    writeFileSync(clock, "+0");
    const child = spawn(BINARY, ["--listen", `127.0.0.1:${port}`, "--data", join(folder, "data")], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        // Monotonic time stays real: only the wall clock decides when a sign-in is too old.
        LD_PRELOAD: FAKETIME,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        ...UNLIMITED,
        ...settings,
      },
    });
    const server = new Server(port, folder, clock, child);
    child.stderr.on("data", (text) => (server.log += text));
    await server.untilReady();
    return server;
  }

  constructor(port, folder, clock, child) {
    Object.assign(this, { port, folder, clock, child, log: "", origin: `http://localhost:${port}` });
  }

  async untilReady() {
    for (let tries = 0; tries < 200; tries += 1) {
      if (this.child.exitCode !== null) throw new Error(`gatepost ended:\n${this.log}`);
      const response = await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => null);
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`gatepost did not become ready:\n${this.log}`);
  }

  // Moves the server's wall clock to so many seconds after now.
  setClock(seconds) {
    writeFileSync(this.clock, `+${seconds}`);
  }

  // The newest email to an address that is not in `seen` yet.
  async mail(to, seen = new Set()) {
    for (let tries = 0; tries < 100; tries += 1) {
      const response = await fetch(`${this.origin}/api/mailbox?wait=1&to=${encodeURIComponent(to)}`);
      const { letters } = await response.json();
      const fresh = letters.find((letter) => !seen.has(letter.id));
      if (fresh) {
        seen.add(fresh.id);
        return fresh;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no email to ${to}:\n${this.log}`);
  }

  // Runs a command of gatepost against this server.
  async command(...words) {
    const environment = { ...process.env, GATEPOST_PUBLIC_URL: this.origin };
    return promisify(execFile)(BINARY, [...words, "--data", join(this.folder, "data")], { env: environment });
  }

  stop() {
    this.child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// Sends exactly these headers, as no browser would, and returns the response.
export function send(port, method, path, headers = {}, body = "") {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

// A TLS proxy in front of a server, and a redirect from http, as an operator would set up.
export function proxy(server, ports, certificate) {
  const secure = https.createServer(certificate, (request, response) => {
    const headers = { ...request.headers, "x-forwarded-for": request.socket.remoteAddress };
    const { method, url: path } = request;
    const onward = http.request({ host: "127.0.0.1", port: server.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const plain = http.createServer((request, response) => {
    response.writeHead(301, { location: `https://localhost:${ports.https}${request.url}` }).end();
  });
  secure.listen(ports.https, "127.0.0.1");
  plain.listen(ports.http, "127.0.0.1");
  return () => [secure, plain].forEach((each) => (each.close(), each.closeAllConnections()));
}
