// Walks every page of a running gatepost in every state, and checks each.
//
//   node main.mjs [--screenshots DIR]
//
// `tests/pages.sh` prepares everything it needs.

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { CspEvaluator } from "csp_evaluator/dist/evaluator.js";
import { Severity } from "csp_evaluator/dist/finding.js";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { account } from "./account.mjs";
import { admin } from "./admin.mjs";
import { arriving } from "./arriving.mjs";
import { links } from "./links.mjs";
import { Findings } from "./look.mjs";
import { grade } from "./observatory.mjs";
import { launch } from "./person.mjs";
import { refusals } from "./refusals.mjs";
import { proxy, Server } from "./server.mjs";

// The first finds the mailbox empty.
const WALKS = { refusals, arriving, links, account, admin };

const { pictures, only } = options(process.argv.slice(2));
if (pictures) await mkdir(pictures, { recursive: true });
const findings = new Findings(pictures);
const failures = [];
await walk();
await scan();
report();

function options(words) {
  const value = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : null);
  return { pictures: value("--screenshots"), only: value("--only") };
}

async function walk() {
  const server = await Server.start(Number(process.env.PORT ?? 18100));
  const browser = await launch();
  try {
    for (const [name, steps] of Object.entries(WALKS)) {
      if (only && only !== name) continue;
      await steps({ browser, server, findings }).catch((error) => {
        failures.push(`the walk "${name}" broke off: ${error.stack}`);
      });
    }
  } finally {
    await browser.close();
    server.stop();
  }
}

// The observatory wants https, so this server is behind a proxy as in real use.
async function scan() {
  const ports = { http: 18102, https: 18103 };
  const certificate = { cert: readFileSync(process.env.CERTIFICATE), key: readFileSync(process.env.CERTIFICATE_KEY) };
  const server = await Server.start(18101, {
    GATEPOST_PUBLIC_URL: `https://localhost:${ports.https}`,
    GATEPOST_TRUSTED_PROXIES: "127.0.0.1",
  });
  const close = proxy(server, ports, certificate);
  try {
    for (const path of ["/", "/register", "/sign-in/password", "/api/docs"]) {
      const { letter, score, failed } = await grade("localhost", ports, path);
      findings.grades.push(`${path} ${letter} (${score})`);
      if (letter !== "A+") failures.push(`observatory: ${path}: ${letter} (${score}): ${failed.join(", ")}`);
    }
  } finally {
    close();
    server.stop();
  }
}

function policies() {
  const found = [];
  for (const [policy, where] of findings.policies) {
    if (!policy) {
      found.push(`${where}: no policy`);
      continue;
    }
    for (const { severity, directive, value, description } of new CspEvaluator(new CspParser(policy).csp).evaluate()) {
      if (severity < Severity.STRICT_CSP) found.push(`${where}: ${directive} ${value ?? ""}: ${description}`);
    }
  }
  return found;
}

function report() {
  const csp = policies();
  const found = [
    ["html-validate", findings.html, `${findings.validated.size} documents`],
    ["axe", findings.axe, `${findings.states} states, 320, 360 and 1280 px, light and dark`],
    ["width", findings.width, `${findings.states} states, 320, 360 and 1280 px`],
    ["csp_evaluator", csp, `${findings.policies.size} policies, nothing above low`],
  ];
  for (const [check, lines] of found) {
    for (const line of lines) console.log(`${check}: ${line}`);
  }
  for (const line of failures) console.log(line);
  for (const [check, lines, what] of found) console.log(`${check}: ${lines.length} findings (${what})`);
  console.log(`observatory: ${findings.grades.join(", ")}`);
  const count = found.reduce((sum, [, lines]) => sum + lines.length, failures.length);
  process.exitCode = count ? 1 : 0;
}
