/**
 * Frames per second of the built-in worlds, physics and picture together, at 64 × 64 on one core: the median over rounds
 * of wall clock and of processor time. Random actions, a new episode every 40 frames.
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

/** Seconds of wall clock and of processor time for one round. */
function round(world: MadeWorld<Name>, first: number): { wall: number; processor: number } {
  const wall = performance.now();
  const processor = process.cpuUsage();
  for (let episode = 0; episode < episodes; episode++) {
    world.reset(first + episode);
    const chance = uniformValues(framesPerEpisode * world.actionSize, first + episode);
    for (let frame = 0; frame < framesPerEpisode; frame++) {
      const action = chance.subarray(frame * world.actionSize, (frame + 1) * world.actionSize);
      world.step(action.map((value) => 0.2 * value - 0.1));
      world.render(size);
    }
  }
  const { user, system } = process.cpuUsage(processor);
  return { wall: (performance.now() - wall) / 1000, processor: (user + system) / 1e6 };
}

for (const name of names) {
  const world = await makeWorld(name, 1);
  round(world, 1); // warm up
  const times = Array.from({ length: rounds }, (_, i) => round(world, 1 + i * episodes));
  const frames = framesPerEpisode * episodes;
  const wall = frames / median(times.map((time) => time.wall));
  const processor = frames / median(times.map((time) => time.processor));
  console.log(
    `${name}, ${size} × ${size}: ${wall.toFixed(0)} frames/s of wall clock, ${processor.toFixed(0)} of processor time ` +
      `(load ${loadavg()[0].toFixed(1)})`,
  );
  world.dispose();
}
