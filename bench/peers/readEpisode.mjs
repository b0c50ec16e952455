/** node readEpisode.mjs <file>: streams one episode and reads random clips from it; prints times and peak memory. */
import { statSync } from "node:fs";
import { openEpisodes, sampleClips } from "vid2world";

const path = process.argv[2];
const peak = () => `peak ${Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)} MB`;
console.log(`library loaded: ${peak()}`);
let start = performance.now();
const seconds = () => (performance.now() - start) / 1000;
const set = await openEpisodes(path);
const episode = await set.open(set.names[0]);
console.log(`open, with all actions: ${seconds().toFixed(2)} s; ${peak()}`);

start = performance.now();
const { frameCount } = episode;
for (let frame = 0; frame < frameCount; frame += 16)
  await episode.frames(frame, Math.min(16, frameCount - frame));
const rate = statSync(path).size / 1e6 / seconds();
console.log(`all frames, 16 at a time: ${seconds().toFixed(1)} s, ${rate.toFixed(0)} MB/s; ${peak()}`);

const { clips } = sampleClips([episode], { clips: 200, frames: 16, seed: 1 });
start = performance.now();
for (const clip of clips) await episode.frames(clip.start, 16);
console.log(
  `random clips of 16 frames: ${((1000 * seconds()) / clips.length).toFixed(1)} ms each; ${peak()}`,
);
