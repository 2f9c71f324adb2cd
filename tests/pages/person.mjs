// A person with a browser of their own.

import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

export class Person {
  // Opens a new browser. Without scripts, forms are sent as a browser without JavaScript sends them,
  // while the checks can still run scripts of their own in the page.
  static async arrive({ browser, server, findings }, { scripts = true } = {}) {
    const context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    if (!scripts) await context.route("**/assets/*.js", (route) => route.abort());
    const page = await context.newPage();
    const person = new Person(page, context, scripts, server, findings);
    page.on("response", (response) => person.reading.push(person.read(response)));
    return person;
  }

  constructor(page, context, scripts, server, findings) {
    Object.assign(this, { page, context, scripts, server, findings, seen: new Set(), reading: [] });
  }

  // Every document is judged as it was sent, whether the walk looks at it or not.
  async read(response) {
    const request = response.request();
    const isHtml = response.headers()["content-type"]?.startsWith("text/html");
    if (!isHtml || request.resourceType() !== "document") return;
    const name = `${request.method()} ${new URL(response.url()).pathname.slice(0, 30)}`;
    this.findings.keepPolicy(name, response.headers());
    // The HTML of an email is written for mail programs, which need tables and attributes of the past. Its
    // frame runs no scripts either, so only its policy is judged here.
    if (/^\/mailbox\/.+\/html$/.test(new URL(response.url()).pathname)) return;
    const text = await response.text().catch(() => null);
    if (text) await this.findings.validate(name, text);
  }

  async go(path) {
    const response = await this.page.goto(new URL(path, this.server.origin).href);
    return response;
  }

  // Shows a response that a browser would not get by itself, at a path of the server.
  async show(path, { status, headers, body }) {
    const url = new URL(path, this.server.origin).href;
    const { "content-length": _, "transfer-encoding": __, connection: ___, ...kept } = headers;
    await this.page.route(url, (route) => route.fulfill({ status, headers: kept, body }), { times: 1 });
    await this.page.goto(url);
  }

  async look(name) {
    const kind = this.scripts ? "" : " (without scripts)";
    await this.findings.look(name + kind, this.page);
  }

  // As `look`, where a field has just been refused: the walk would miss it otherwise.
  async lookAtError(name) {
    await this.page.locator('[aria-invalid="true"]').first().waitFor();
    await this.look(name);
  }

  // Fills in the form with this action and sends it, past the browser's own checks.
  async send(action, values = {}, { index = 0 } = {}) {
    const form = this.page.locator(`form[action="${action}"]`).nth(index);
    await form.waitFor({ state: "attached" });
    const isHtmx = await form.evaluate((element) => {
      element.noValidate = true;
      for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) {
        fold.open = true;
      }
      return element.hasAttribute("hx-post");
    });
    let isSent = false;
    const posted = this.page.waitForResponse((response) => {
      const request = response.request();
      return request.method() === "POST" && (isSent = true);
    });
    for (const [name, value] of Object.entries(values)) {
      const field = form.locator(`[name="${name}"]:not([type=hidden])`).first();
      await (value === true ? field.check() : field.fill(value));
    }
    // A complete code sends its form by itself.
    if (this.scripts && values.code) await Promise.race([posted, this.page.waitForTimeout(400)]);
    if (!isSent) await form.locator("button:not([type=button])").last().click();
    const response = await posted;
    const target = response.headers()["hx-redirect"];
    if (target) await this.page.waitForURL(new URL(target, this.server.origin).href);
    if (!this.scripts || !isHtmx) await this.page.waitForLoadState("load");
    await this.page.waitForLoadState("networkidle");
    return response;
  }

  // Enters wrong codes until no attempt is left.
  async useUpCode(code, where) {
    const wrong = code === "000000" ? "111111" : "000000";
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await this.send("/code", { code: wrong });
      if (attempt === 0) await this.lookAtError(`${where}, wrong code`);
    }
  }

  mail(to) {
    return this.server.mail(to, this.seen);
  }

  // Signs in with an emailed link that was requested here.
  async signIn(email) {
    await this.go("/sign-in");
    await this.send("/sign-in", { email });
    const { code } = await this.mail(email);
    await this.send("/code", { code });
  }

  async leave() {
    await Promise.all(this.reading);
    await this.context.close();
  }
}

// The path of a link in an email.
export function path(link) {
  return new URL(link).pathname;
}
