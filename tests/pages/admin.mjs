// The pages for administrators, beside a mail server that says something else to each recipient.

import net from "node:net";
import { Person, path } from "./person.mjs";
import { Server } from "./server.mjs";

const PORTS = { http: 18104, smtp: 18105 };
const ADMIN = "adm@example.org";
const LONG = `${"a-very-long-name.".repeat(3)}later@${"subdomain.".repeat(8)}example.org`;

export async function admin({ browser, findings }) {
  const post = await mailServer(PORTS.smtp);
  const server = await Server.start(PORTS.http, {
    GATEPOST_MAIL__TRANSPORT: "smtp",
    GATEPOST_MAIL__SMTP_URL: `smtp://127.0.0.1:${PORTS.smtp}?tls=none`,
    GATEPOST_METRICS_TOKEN: "0123456789abcdef",
  });
  const world = { browser, server, findings };
  try {
    for (const scripts of [true, false]) await emails(world, scripts);
    await stale(world);
    await member(world);
  } finally {
    server.stop();
    post.close();
  }
}

async function emails(world, scripts) {
  const ada = await signedIn(world, ADMIN, ["--admin"], { scripts });
  await ada.look("home of an administrator");
  await ada.go("/admin/mail");
  await ada.look("admin, no email waits");
  for (const to of ["later@example.org", "gone@example.org", "ok@example.org", LONG]) await request(world, to);
  await ada.go("/admin/mail");
  await ada.look("admin, emails that wait");
  await ada.go("/admin/mail?state=all");
  await ada.look("admin, all emails");
  await ada.go("/admin/mail?to=gone");
  await ada.look("admin, emails to an address");
  if (scripts) {
    await ada.page.locator("#to").fill("nothing");
    await ada.page.locator("#count", { hasText: "0 emails" }).waitFor();
    await ada.look("admin, nothing found");
    const reloaded = ada.page.waitForEvent("load");
    await ada.page.goBack();
    await reloaded;
    await ada.page.waitForLoadState("networkidle");
    await ada.look("admin, back from a search");
  }
  await ada.go("/admin/mail?to=gone");
  const [retry] = await actions(ada, "/retry");
  await ada.send(retry);
  await ada.look("admin, an email tried again");
  await ada.go("/admin/mail");
  const [drop] = await actions(ada, "/drop");
  await ada.send(drop);
  await ada.look("admin, an email stopped");
  await ada.go("/admin/mail?state=none");
  await ada.look("admin, a state that is none");
  await ada.go("/admin");
  await ada.look("admin, overview");
  await ada.go("/admin/settings");
  await ada.look("admin, settings");
  await ada.go("/admin/nothing");
  await ada.look("admin, no such page");
  await ada.leave();
}

async function stale(world) {
  const ada = await signedIn(world, ADMIN, null);
  world.server.setClock(660);
  await ada.go("/admin/mail?state=all");
  await ada.look("admin, signed in a while ago");
  world.server.setClock(0);
  await ada.leave();
}

async function member(world) {
  const bob = await signedIn(world, "bob@example.org", []);
  await bob.go("/admin/mail");
  await bob.look("admin, for administrators only");
  await bob.leave();
}

// Someone with a new account, or with another link to the account there is.
async function signedIn(world, email, options, how) {
  const exists = await world.server.command("account", "show", email).then(() => true, () => false);
  const words = exists ? ["account", "link", email] : ["account", "add", email, ...options];
  const { stdout } = await world.server.command(...words);
  const link = path(/http\S+\/link\/\S+/.exec(stdout)[0]);
  const person = await Person.arrive(world, how);
  await person.go(link);
  await person.send(link, { confirm: true });
  return person;
}

async function request({ server }, email) {
  const headers = { "content-type": "application/json" };
  await fetch(`${server.origin}/api/sign-in`, { method: "POST", headers, body: JSON.stringify({ email }) });
  // Its first try is over by then.
  await new Promise((resolve) => setTimeout(resolve, 300));
}

function actions(person, end) {
  return person.page.locator(`form[action$="${end}"]`).evaluateAll((forms) => forms.map((it) => it.getAttribute("action")));
}

// Takes some emails, refuses others, and is late for the rest.
function mailServer(port) {
  const server = net.createServer((socket) => {
    let isData = false;
    let rest = "";
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 mail.example.org");
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      rest += bytes;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (isData && line !== ".") continue;
        if (isData) say("250 2.0.0 Ok: queued as 4c7Xy2");
        else if (line.startsWith("DATA")) say("354 go on");
        else if (/^RCPT.*later/.test(line)) say("451 4.7.1 Greylisted, please try again later");
        else if (/^RCPT.*gone/.test(line)) say(`550 5.1.1 <script>alert(1)</script> \u202etxet ${"no such person ".repeat(30)}`);
        else if (line.startsWith("QUIT")) socket.end("221 bye\r\n");
        else say("250 ok");
        isData = line.startsWith("DATA");
      }
    });
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}
