/**
 * Frames per second of processor time of the built-in worlds, physics and picture together, at 64 × 64 on one core:
 * medians over rounds, within an episode and with the beginning of one every 40 frames. Random actions. `passive` records
 * clips of 40 frames as for training, 64 × 64, by policies in all worlds and of moving shapes.
 *
 *   npm run bench -- worlds [--worlds=tabletop,passive] [--rounds=5] [--size=64]
 */
import { loadavg } from "node:os";
import { type MadeWorld, makeWorld, recordClip, uniformValues } from "vid2world";

type Name = Parameters<typeof makeWorld>[0];

const options = process.argv.slice(2);
const option = (name: string, otherwise: string) =>
  options.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const names = option("worlds", "tabletop").split(",") as (Name | "passive")[];
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

/** Frames per second of passive clips: one round is the same for all, since clips of few kinds differ much. */
async function passiveClips(): Promise<number> {
  const clips = 5 * episodes;
  const times: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    const begin = processorSeconds();
    for (let seed = 1; seed <= clips; seed++) await recordClip("passive", seed, framesPerEpisode);
    times.push(processorSeconds() - begin);
  }
  return (framesPerEpisode * clips) / median(times.slice(1)); // the first was to warm up
}

for (const name of names) {
  if (name === "passive") {
    const all = await passiveClips();
    console.log(`passive: ${all.toFixed(0)} frames/s in clips (load ${loadavg()[0].toFixed(1)})`);
    continue;
  }
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
