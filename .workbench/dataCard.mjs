/** What is in a recorded data set: counted while it is recorded, and written beside it as card.json and README.md. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** @typedef {import("vid2world").Episode} Episode */

/** Mean, spread and range of a stream of numbers. */
class Spread {
  count = 0;
  mean = 0;
  #squares = 0;
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;
  notZero = 0;

  /** @param {number} value */
  add(value) {
    this.count++;
    const step = value - this.mean;
    this.mean += step / this.count;
    this.#squares += step * (value - this.mean);
    this.low = Math.min(this.low, value);
    this.high = Math.max(this.high, value);
    if (value !== 0) this.notZero++;
  }

  summary() {
    const digits = (/** @type {number} */ value) => Number(value.toPrecision(4));
    return {
      mean: digits(this.mean),
      deviation: digits(Math.sqrt(this.#squares / Math.max(1, this.count))),
      least: digits(this.low),
      most: digits(this.high),
      notZero: digits(this.notZero / Math.max(1, this.count)),
    };
  }
}

/** @param {unknown} value @param {string} path @param {(path: string, value: number) => void} take */
function eachNumber(value, path, take) {
  if (typeof value === "number") take(path, value);
  else if (value && typeof value === "object" && !Array.isArray(value))
    for (const [key, inner] of Object.entries(value)) eachNumber(inner, path ? `${path}.${key}` : key, take);
}

/** Counts what episodes hold as they pass. */
export class Tally {
  episodes = 0;
  frames = 0;
  /** @type {Record<string, { episodes: number, frames: number }>} */
  policies = {};
  /** @type {Spread[]} */
  actions = [];
  /** @type {Map<string, Spread>} */
  states = new Map();
  successes = 0;
  judged = 0;
  /** @type {Set<string>} */
  #places = new Set();
  size = [0, 0];
  /** @type {Set<number>} */
  #rates = new Set();

  /** @param {Episode} episode */
  add(episode) {
    const { frameCount, actions, actionSize, metadata, height, width, fps } = episode;
    this.episodes++;
    this.frames += frameCount;
    this.size = [height, width];
    this.#rates.add(fps);
    const policy = String(metadata.policy ?? metadata.kind ?? "none");
    this.policies[policy] ??= { episodes: 0, frames: 0 };
    this.policies[policy].episodes++;
    this.policies[policy].frames += frameCount;
    for (let i = 0; i < (actions?.length ?? 0); i++) {
      this.actions[i % actionSize] ??= new Spread();
      this.actions[i % actionSize].add(/** @type {Float32Array} */ (actions)[i]);
    }
    const states = /** @type {Record<string, unknown>[]} */ (metadata.states ?? []);
    for (const state of states)
      eachNumber(state, "", (path, value) => {
        const spread = this.states.get(path) ?? new Spread();
        this.states.set(path, spread);
        spread.add(value);
      });
    for (const { pose } of /** @type {{ pose?: { x: number, y: number } }[]} */ (states))
      if (pose) this.#places.add(`${episode.name} ${Math.floor(pose.x)} ${Math.floor(pose.y)}`);
    if (typeof metadata.success === "boolean") {
      this.judged++;
      if (metadata.success) this.successes++;
    }
  }

  /** @param {readonly string[]} actionNames */
  summary(actionNames) {
    return {
      episodes: this.episodes,
      frames: this.frames,
      frameSize: this.size,
      framesPerSecond: [...this.#rates].sort((a, b) => a - b),
      policies: this.policies,
      actions: this.actions.map((spread, i) => ({ name: actionNames[i] ?? `${i}`, ...spread.summary() })),
      coverage: {
        ...(this.judged ? { successRate: Number((this.successes / this.judged).toFixed(3)) } : {}),
        ...(this.#places.size
          ? { squareMetresPerEpisode: Number((this.#places.size / this.episodes).toFixed(1)) }
          : {}),
        states: Object.fromEntries(
          [...this.states].map(([path, spread]) => {
            const { mean, deviation, least, most } = spread.summary();
            return [path, { mean, deviation, least, most }];
          }),
        ),
      },
    };
  }
}

/** Every file below a folder with its size and SHA-256. @param {string} folder */
export function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((path) => {
      const bytes = readFileSync(path);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { file: relative(folder, path).split(sep).join("/"), bytes: bytes.length, sha256 };
    });
}

/** The card as a page to read. @param {any} card */
export function cardPage(card) {
  const { world, episodes, frames, frameSize, framesPerSecond, policies, actions, coverage, files } = card;
  const row = (/** @type {unknown[]} */ cells) => `| ${cells.join(" | ")} |`;
  const table = (/** @type {string[]} */ head, /** @type {unknown[][]} */ rows) =>
    [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
  const used = actions.filter((/** @type {any} */ action) => action.notZero > 0).length;
  const parts = [
    `# ${world}: ${episodes} recorded episodes`,
    `${frames} frames of ${frameSize.join("×")}, ${framesPerSecond.join(", ")} per second, in the format \`${card.format}\`. ` +
      "Made by the built-in simulator; equal commands give equal files.",
    `    ${card.command}`,
    actions.length ? "## Who acted" : "## What is shown",
    table(
      [actions.length ? "policy" : "kind", "episodes", "frames"],
      Object.entries(policies).map(([name, { episodes, frames }]) => [name, episodes, frames]),
    ),
  ];
  if (coverage.successRate !== undefined)
    parts.push(
      `The task was done at the end of ${(100 * coverage.successRate).toFixed(0)} % of the episodes.`,
    );
  if (coverage.squareMetresPerEpisode !== undefined)
    parts.push(`An episode visits ${coverage.squareMetresPerEpisode} squares of one metre on average.`);
  if (actions.length)
    parts.push(
      "## Actions",
      `${actions.length} numbers, of which ${used} are used. Not zero: the share of frames in which a number is not 0.`,
      table(
        ["number", "mean", "deviation", "least", "most", "not zero"],
        actions.map((/** @type {any} */ a) => [a.name, a.mean, a.deviation, a.least, a.most, a.notZero]),
      ),
    );
  parts.push(
    "## Files",
    `${files.length} files, ${(files.reduce((/** @type {number} */ sum, /** @type {any} */ { bytes }) => sum + bytes, 0) / 1e6).toFixed(1)} MB; SHA-256 of each, ` +
      "statistics of the true state, and seeds are in card.json. train.txt and test.txt list the episodes of either side.",
  );
  return `${parts.join("\n\n")}\n`;
}
