// Refusals that have a page of their own, the mailbox and the page of the API.

import { Person } from "./person.mjs";
import { send } from "./server.mjs";

export async function refusals(world) {
  const visitor = await Person.arrive(world);
  await mailbox(visitor);
  await errors(visitor, "");
  await visitor.signIn("rae@example.org");
  await errors(visitor, ", signed in");
  await disabled(world);
  await visitor.leave();
}

async function mailbox(visitor) {
  await visitor.go("/mailbox");
  await visitor.look("mailbox, empty");
  await visitor.go("/sign-in");
  await visitor.send("/sign-in", { email: "rae@example.org" });
  await visitor.go("/mailbox");
  await visitor.look("mailbox");
  const message = await visitor.page.locator("main a[href^='/mailbox/']").first().getAttribute("href");
  await visitor.go(message);
  await visitor.look("mailbox, one message");
  await visitor.go("/api/docs");
  await visitor.look("API");
}

async function errors(visitor, who) {
  const { port } = visitor.server;
  const cookies = await visitor.context.cookies();
  const host = `localhost:${port}`;
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const ours = { host, cookie, origin: `http://${host}` };
  const elsewhere = { host, cookie, origin: "https://evil.example" };
  const asJson = { ...ours, "content-type": "application/json" };
  for (const [name, method, path, headers, status, body] of [
    ["not found", "GET", "/nothing", ours, 404],
    ["method not allowed", "GET", "/sign-out", ours, 405],
    ["malformed", "GET", "/%ff", ours, 400],
    ["sent from another site", "POST", "/sign-in", elsewhere, 403],
    ["unsupported format", "POST", "/sign-in", asJson, 415, "{}"],
    ["too large", "POST", "/sign-in", { ...ours, "content-length": 100_000 }, 413],
    ["invalid link", "GET", "/link/nothing", ours, 410],
    ["wrong web address", "GET", "/", { host: "evil.example" }, 421],
  ]) {
    const response = await send(port, method, path, headers, body);
    if (response.status !== status) throw new Error(`${name}: ${response.status} instead of ${status}`);
    await visitor.show(path, response);
    await visitor.look(`${name}${who}`);
  }
}

async function disabled(world) {
  const sue = await Person.arrive(world, { scripts: false });
  await sue.signIn("sue@example.org");
  await sue.go("/profile");
  await sue.send("/profile/password", { password: "correct horse battery staple" });
  await world.server.command("account", "disable", "sue@example.org");
  await sue.go("/profile");
  await sue.go("/sign-in/password");
  await sue.send("/sign-in/password", {
    email: "sue@example.org",
    password: "correct horse battery staple",
  });
  await sue.look("account disabled");
  await sue.leave();
}
