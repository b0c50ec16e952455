/**
 * Frames per second of processor time of the built-in worlds, physics and picture together, at 64 × 64 on one core:
 * medians over rounds, within an episode and with the beginning of one every 40 frames. Random actions.
 *
 *   npm run bench -- worlds [--worlds=tabletop] [--rounds=5] [--size=64]
 */
import { loadavg } from "node:os";
import { type MadeWorld, makeWorld, uniformValues } from "vid2world";

type Name = Parameters<typeof makeWorld>[0];

const options = process.argv.slice(2);
const option = (name: string, otherwise: string) =>
  options.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const names = option("worlds", "tabletop").split(",") as Name[];
const rounds = Number(option("rounds", "5"));
const size = Number(option("size", "64"));
const framesPerEpisode = 40;
const episodes = 5;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/** Seconds of processor time so far. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Seconds of processor time for one round: beginning episodes, and stepping and drawing within them. */
function round(world: MadeWorld<Name>, first: number): { resets: number; frames: number } {
  let resets = 0;
  let frames = 0;
  for (let episode = 0; episode < episodes; episode++) {
    const begin = processorSeconds();
    world.reset(first + episode);
    const begun = processorSeconds();
    const chance = uniformValues(framesPerEpisode * world.actionSize, first + episode);
    for (let frame = 0; frame < framesPerEpisode; frame++) {
      const action = chance.subarray(frame * world.actionSize, (frame + 1) * world.actionSize);
      world.step(action.map((value) => 0.2 * value - 0.1));
      world.render(size);
    }
    resets += begun - begin;
    frames += processorSeconds() - begun;
  }
  return { resets, frames };
}

for (const name of names) {
  const world = await makeWorld(name, 1);
  round(world, 1); // warm up
  const times = Array.from({ length: rounds }, (_, i) => round(world, 1 + i * episodes));
  const frames = framesPerEpisode * episodes;
  const within = frames / median(times.map((time) => time.frames));
  const all = frames / median(times.map((time) => time.frames + time.resets));
  const reset = median(times.map((time) => time.resets)) / episodes;
  console.log(
    `${name}, ${size} × ${size}: ${within.toFixed(0)} frames/s within an episode, a reset ${(1000 * reset).toFixed(0)} ms, ` +
      `${all.toFixed(0)} frames/s with both (load ${loadavg()[0].toFixed(1)})`,
  );
  world.dispose();
}
