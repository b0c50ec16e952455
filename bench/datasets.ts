/**
 * Streams a large HDF5 file of the CS:GO layout, 16 frames at a time, and reads random clips from it: time and peak memory
 * of a process that does nothing else. The file is written for the purpose, without compression, by a process before it.
 *
 *     npm run bench -- datasets [--gigabytes 5]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeCsgoAction, uniformValues } from "vid2world";
import { createHdf5 } from "vid2world/dist/data/hdf5Writer.js";

const { values } = parseArgs({ options: { gigabytes: { type: "string", default: "1" } } });
const [height, width] = [360, 640];
const frameBytes = height * width * 3;
const frames = Math.ceil((Number(values.gigabytes) * 1e9) / frameBytes);
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

async function write(path: string): Promise<void> {
  const noise = Uint8Array.from(uniformValues(frameBytes, 1), (value) => Math.floor(256 * value));
  const rest = Float64Array.from(encodeCsgoAction({}));
  await createHdf5(path, (file) => {
    for (let frame = 0; frame < frames; frame++) {
      noise[0] = frame;
      file.numbers(`frame_${frame}_x`, noise, [height, width, 3]);
      file.numbers(`frame_${frame}_y`, rest, [rest.length]);
    }
  });
  console.log(`${megabytes(statSync(path).size)}, ${frames} frames of ${height}×${width}`);
}

const folder = mkdtempSync(join(tmpdir(), "bench-datasets-"));
try {
  const path = join(folder, "hdf5_large_1.hdf5");
  await write(path);
  const reader = join(import.meta.dirname, "peers/readEpisode.mjs");
  spawnSync(process.execPath, [reader, path], { stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true });
}
