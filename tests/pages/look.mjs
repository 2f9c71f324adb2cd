// Looks at one state of one page: is its HTML valid, can everyone use it, does it look right?

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { HtmlValidate } from "html-validate/node";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [320, 360, 1280];
const PICTURE_WIDTHS = [320, 360, 768, 1280];
const SCHEMES = ["light", "dark"];

// The standard's own rules and those for accessibility; how the markup is written is a matter of taste.
const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y", "html-validate:document"],
  // Our own files come from the same server as the page.
  rules: { "require-sri": ["error", { target: "crossorigin" }] },
});

// The document as it is now, without the parts that are hidden: they are judged when they are shown.
function shown() {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelectorAll("[hidden]").forEach((element) => element.remove());
  return `<!DOCTYPE html>${copy.outerHTML}`;
}

export class Findings {
  constructor(pictures) {
    Object.assign(this, { pictures, html: [], axe: [], width: [], grades: [], states: 0, policies: new Map() });
    this.validated = new Set();
  }

  // Validates a document once.
  async validate(name, text) {
    if (this.validated.has(text)) return;
    this.validated.add(text);
    const report = await validator.validateString(text);
    for (const result of report.results) {
      for (const { ruleId, message, line, column, selector } of result.messages) {
        this.html.push(`${name}: ${ruleId} at ${line}:${column} (${selector}): ${message}`);
      }
    }
  }

  // Keeps the policy of a response, to be judged at the end.
  keepPolicy(name, headers) {
    const policy = headers["content-security-policy"];
    if (!this.policies.has(policy)) this.policies.set(policy, name);
  }

  // Looks at the page as it is now, in every width and colour scheme.
  async look(name, page) {
    this.states += 1;
    await this.validate(`${name} (as drawn by the browser)`, await page.evaluate(shown));
    await page.evaluate(AXE);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await this.lookFor(`${name} (${width} px, ${colorScheme})`, page);
      }
      if (this.pictures) await this.picture(name, page, colorScheme);
    }
  }

  async lookFor(view, page) {
    const { violations, overflow } = await page.evaluate(async () => ({
      violations: (await axe.run(document, { resultTypes: ["violations"], iframes: false })).violations.map(
        ({ id, impact, nodes }) => ({ id, impact, targets: nodes.map(({ target }) => target.join(" ")) }),
      ),
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    for (const { id, impact, targets } of violations) {
      this.axe.push(`${view}: ${id} (${impact}): ${targets.join(", ")}`);
    }
    if (overflow > 0) this.width.push(`${view}: ${overflow} px wider than the window`);
  }

  async picture(name, page, colorScheme) {
    for (const width of PICTURE_WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const file = `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.${width}.${colorScheme}.png`;
      await page.screenshot({ path: join(this.pictures, file), fullPage: true });
    }
  }
}
