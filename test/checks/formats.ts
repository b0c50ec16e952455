/**
 * Proves that other software reads the data sets that are written here, and that theirs are read here.
 *
 *     npm run check:formats        (needs a python3 with h5py, protobuf, Pillow and numpy; exit code 2 without)
 *
 * Episodes of noise are written in every format, read by formats.py, and compared by the SHA-256 of pictures and actions;
 * then the makers of test/fixtures/episodes write new files with the libraries of this machine, which are read back.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  csgoKeys,
  type Episode,
  type EpisodeFormat,
  encodeCsgoAction,
  openEpisodes,
  uniformValues,
  writeEpisodes,
} from "vid2world";

interface Summary {
  readonly shape: readonly number[];
  readonly frames: string;
  readonly actions: string;
  readonly actionShape: readonly number[];
  readonly values?: readonly (readonly number[])[];
}

const python = ["python3", "/usr/bin/python3"].find((command) => {
  try {
    execFileSync(command, ["-c", "import h5py, google.protobuf, PIL, numpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});
if (!python) {
  console.log(
    "no python3 with h5py, protobuf, Pillow and numpy here; on Debian: python3-h5py python3-protobuf python3-pil",
  );
  process.exit(2);
}

const sha256 = (values: Uint8Array | Float32Array) =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

const actionOf: Record<string, (u: Float32Array) => Float32Array> = {
  rt1: (u) => Float32Array.from(u.subarray(0, 13), (v, i) => (i >= 7 && i < 10 ? Math.round(v) : v)),
  csgo: (u) =>
    encodeCsgoAction({
      keys: csgoKeys.filter((_, i) => u[i] > 0.7),
      leftClick: u[11] > 0.5,
      mouseX: 2000 * u[12] - 1000,
      mouseY: 400 * u[13] - 200,
    }),
  recon: (u) => Float32Array.from(u.subarray(0, 3), (v) => Math.round(1024 * v - 512) / 1024),
};

function noise(format: string, seed: number): Episode {
  const [frameCount, height, width] = [9 + seed, 30, 40];
  const size = height * width * 3;
  const draws = uniformValues(frameCount * (size + 16), seed);
  const pictures = Uint8Array.from(draws.subarray(0, frameCount * size), (value) => Math.floor(256 * value));
  const rows = Array.from({ length: frameCount }, (_, t) =>
    actionOf[format](draws.slice(frameCount * size + 16 * t)),
  );
  const actions = Float32Array.from(rows.flatMap((row) => [...row]));
  const actionSize = rows[0].length;
  if (format === "recon") actions.fill(0, -3);
  return {
    name: `run_${seed}`,
    frameCount,
    height,
    width,
    fps: 4,
    actions,
    actionSize,
    metadata: { instruction: "move", seed },
    frames: async (start = 0, count = frameCount - start) =>
      pictures.slice(start * size, (start + count) * size),
  };
}

async function summarize(episode: Episode): Promise<Summary> {
  const { frameCount, height, width, actionSize, actions = new Float32Array() } = episode;
  return {
    shape: [frameCount, height, width, 3],
    frames: sha256(await episode.frames()),
    actions: sha256(actions),
    actionShape: [frameCount, actionSize],
  };
}

const folder = mkdtempSync(join(tmpdir(), "check-formats-"));
const fixtures = join(import.meta.dirname, "../fixtures/episodes");
let failures = 0;
function check(what: string, ok: boolean): void {
  if (!ok) failures++;
  console.log(`${ok ? "same     " : "DIFFERENT"}  ${what}`);
}

try {
  const cases: [name: string, format: EpisodeFormat, quality?: number][] = [
    ["rt1", "rt1"],
    ["rt1-jpeg", "rt1", 90],
    ["csgo", "csgo"],
    ["recon", "recon"],
    ["recon-jpeg", "recon", 90],
  ];
  for (const [name, format, quality] of cases)
    await writeEpisodes(join(folder, name), [noise(format, 1), noise(format, 2)], { format, quality });
  const script = join(import.meta.dirname, "formats.py");
  const read = JSON.parse(execFileSync(python, [script, folder, fixtures], { encoding: "utf8" }));
  for (const [name, format, quality] of cases) {
    const theirs: Summary[] = read[name];
    let i = 0;
    for await (const episode of await openEpisodes(join(folder, name))) {
      const ours = await summarize(episode);
      const source = await summarize(noise(format, i + 1));
      const label = `${name}, episode ${i}, by Python and by vid2world`;
      check(
        `${label}: pictures`,
        ours.frames === theirs[i].frames && String(ours.shape) === String(theirs[i].shape),
      );
      if (quality === undefined) check(`${label}: pictures as given`, ours.frames === source.frames);
      check(`${label}: actions as given`, ours.actions === source.actions);
      const gap = theirs[i].values
        ?.flat()
        .reduce((most, v, at) => Math.max(most, Math.abs(v - (episode.actions?.[at] ?? 0))), 0);
      if (gap === undefined) check(`${label}: actions`, ours.actions === theirs[i].actions);
      else check(`${label}: actions, to ${gap.toExponential(1)}`, gap < 1e-7);
      i++;
    }
    check(`${name}: number of episodes`, i === theirs.length);
  }

  for (const maker of ["make.py", "make_tfrecord.py"]) {
    copyFileSync(join(fixtures, maker), join(folder, maker));
    execFileSync(python, [join(folder, maker)]);
  }
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  for (const [name, frames] of [
    ["csgo-plain", expected.csgoPictures],
    ["csgo-gzip", expected.csgoPictures],
    ["csgo-chunked-half-bigendian", expected.csgoPictures],
    ["recon-fixed", expected.reconPictures],
    ["recon-vlen", expected.reconPictures],
    ["recon-void", expected.reconPictures],
  ])
    for await (const episode of await openEpisodes(join(folder, `${name}.hdf5`)))
      check(`${name}.hdf5, written by h5py now`, sha256(await episode.frames()) === frames);
  const shard = join(folder, "rt1/fractal20220817_data-train.tfrecord-00003-of-01024");
  for await (const { name, actions = [] } of await openEpisodes(shard))
    check(
      `${name}, written by protobuf now: actions`,
      [...actions].every((value, i) => value === 100 * Math.floor(i / 13) + (i % 13)),
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(failures ? `${failures} differences` : "everything agrees");
process.exit(failures ? 1 : 0);
