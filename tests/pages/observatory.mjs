// The grade that the MDN HTTP Observatory would give. It scans only public hosts, so its own tests and
// scores are applied here to a server on this machine.

import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const folder = dirname(createRequire(import.meta.url).resolve("@mdn/mdn-http-observatory/package.json"));
// Its list of preloaded hosts is downloaded when installed, which is not wanted here: no host of ours is on it.
const preloaded = join(folder, "conf", "hsts-preload.json");
if (!existsSync(preloaded)) writeFileSync(preloaded, "{}");

const load = (file) => import(join(folder, "src", file));
const { retrieve } = await load("retriever/retriever.js");
const { ALL_TESTS } = await load("constants.js");
const { getGradeForScore, getScoreModifier } = await load("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load("grader/charts.js");

export async function grade(host, ports, path) {
  const pages = await retrieve(host, { httpPort: ports.http, httpsPort: ports.https, path });
  if (!pages.responses.https?.verified) throw new Error(`${path} was not reached over verified https`);
  const results = ALL_TESTS.map((test) => test(pages));
  const modifiers = results.map(({ result }) => getScoreModifier(result));
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 100);
  const strict = sum(modifiers.filter((modifier) => modifier < 0));
  // Extra credit counts only where nothing much is wrong, as in the Observatory itself.
  const final = getGradeForScore(strict >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(modifiers) : strict);
  return { letter: final.grade, score: final.score, failed: results.filter(({ pass }) => !pass).map(({ result }) => result) };
}
