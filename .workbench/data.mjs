/**
 * npm run data -- --world arena --episodes 200 --seed 1 [--frames N] [--size N] [--quality N] [--format F] [--out folder]
 *
 * Records episodes of a built-in world, each by a policy drawn by the seed, and writes them in the format of the data set
 * that the world stands for, with a card of what is in them. Equal commands give equal files.
 */
import { writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildLibrary } from "./build.mjs";
import { cardPage, listFiles, Tally } from "./dataCard.mjs";
import { installDependencies } from "./dependencies.mjs";
import { calledFrom, pages } from "./paths.mjs";
import { PlainError, runMain, say } from "./say.mjs";
import { requireNode } from "./setup.mjs";
import { workBar } from "./workBar.mjs";

/** Share of the episodes that each policy of a world records, in the order of its list. */
const shares = [0.4, 0.3, 0.1, 0.2];
const testShare = 0.1;

/** @typedef {typeof import("vid2world")} Lab */
/** @typedef {import("vid2world").Episode} Episode */

/**
 * How to record in a world: `draw`, uniform in [0, 1), chooses who acts.
 *
 * @typedef {{
 *   actionNames: readonly string[],
 *   record: (draw: number, options: { seed: number, frames: number, size: number }) => Episode | Promise<Episode>,
 *   close: () => void,
 * }} Recorder
 */

/** @type {Record<string, { format: string, frames: number, open: (lab: Lab) => Promise<Recorder> }>} */
const worlds = {
  tabletop: {
    format: "rt1",
    frames: 32,
    open: async (lab) => recorder(lab, await lab.makeWorld("tabletop", 1), lab.tabletopBehaviours()),
  },
  arena: {
    format: "csgo",
    frames: 200,
    open: async (lab) => recorder(lab, await lab.makeWorld("arena", 1), lab.arenaBehaviours()),
  },
  trail: {
    format: "recon",
    frames: 64,
    open: async (lab) => {
      const trail = recorder(lab, await lab.makeWorld("trail", 1), lab.trailBehaviours());
      return { ...trail, record: async (draw, options) => lab.asRecon(await trail.record(draw, options)) };
    },
  },
  passive: {
    format: "videos",
    frames: 32,
    open: async (lab) => ({
      actionNames: [],
      record: (_, { seed, ...options }) => lab.passiveClip(seed, options),
      close() {},
    }),
  },
};

/**
 * Records with one of the policies, each as often as `shares` says.
 *
 * @param {Lab} lab
 * @param {import("vid2world").Simulator<any>} simulator
 * @param {readonly import("vid2world").BehaviourPolicy<any>[]} policies
 * @returns {Recorder}
 */
function recorder(lab, simulator, policies) {
  return {
    actionNames: simulator.actionNames,
    record(draw, options) {
      let chosen = 0;
      for (let sum = shares[0]; draw >= sum && chosen < policies.length - 1; sum += shares[chosen]) chosen++;
      return lab.recordEpisode(simulator, policies[chosen], options);
    },
    close: () => simulator.dispose(),
  };
}

function options() {
  const text = /** @type {const} */ ({ type: "string" });
  const known = {
    world: text,
    episodes: text,
    seed: text,
    frames: text,
    size: text,
    quality: text,
    format: text,
    out: text,
  };
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    throw new PlainError(`npm run data: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} name @param {string | undefined} text @param {number} [fallback] */
function whole(name, text, fallback) {
  const value = text === undefined ? fallback : Number(text);
  if (value === undefined || !Number.isInteger(value) || value < 1)
    throw new PlainError(
      `npm run data: --${name} is ${text ?? "missing"}; expected a whole number from 1 up.`,
    );
  return value;
}

await runMain(async () => {
  const given = options();
  const world = worlds[given.world ?? ""];
  if (!world)
    throw new PlainError(
      `npm run data: --world is ${given.world ?? "missing"}; expected one of ${Object.keys(worlds).join(", ")}.`,
    );
  const episodes = whole("episodes", given.episodes);
  const seed = whole("seed", given.seed, 1);
  const frames = whole("frames", given.frames, world.frames);
  const size = whole("size", given.size, 64);
  const quality = given.quality === undefined ? undefined : whole("quality", given.quality);
  const format = /** @type {import("vid2world").EpisodeFormat} */ (given.format ?? world.format);
  const out = resolve(calledFrom, given.out ?? join(pages, "data", `${given.world}-${seed}`));

  requireNode();
  await installDependencies();
  await buildLibrary();
  const lab = await import("vid2world");
  const { actionNames, record, close } = await world.open(lab);
  const digits = String(episodes).length;
  const tally = new Tally();
  const bar = workBar(episodes * frames, "frames");
  const names = [];

  async function* recorded() {
    for (let i = 0; i < episodes; i++) {
      const [draw] = lab.uniformValues(1, lab.deriveSeed(seed, 1, i));
      const episode = await record(draw, { seed: lab.deriveSeed(seed, 2, i), frames, size });
      const name = `${format === "csgo" ? "hdf5_" : ""}${given.world}_${String(i + 1).padStart(digits, "0")}`;
      names.push(name);
      tally.add(episode);
      yield { ...episode, name };
      bar.add(frames);
    }
  }

  await lab.writeEpisodes(out, recorded(), { format, quality });
  bar.end();
  close();
  const set = await lab.openEpisodes(out, { format });
  const split = lab.splitEpisodes(set.names, { testShare, seed });
  for (const side of /** @type {const} */ (["train", "test"]))
    writeFileSync(join(out, `${side}.txt`), split[side].map((name) => `${name}\n`).join(""));
  const command = ["npm run data --", ...process.argv.slice(2)].join(" ");
  const card = {
    world: given.world,
    command,
    seed,
    format,
    picture: quality ? `JPEG ${quality}` : format === "videos" ? "H.264" : "lossless",
    ...tally.summary(actionNames),
    split,
    files: listFiles(out),
  };
  writeFileSync(join(out, "card.json"), `${JSON.stringify(card, null, 2)}\n`);
  writeFileSync(join(out, "README.md"), cardPage(card));
  const bytes = card.files.reduce((sum, file) => sum + file.bytes, 0);
  say(`${relative(calledFrom, out) || "."}: ${episodes} episodes, ${(bytes / 1e6).toFixed(1)} MB`);
  return 0;
});
