/** Made-up episodes for the tests of readers and writers. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csgoActionSize, type Episode, encodeCsgoAction, uniformValues } from "vid2world";
import { afterAll } from "vitest";

/** A folder that is removed after the tests of a file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "episodes-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const actionsFor = {
  /** 13 numbers, three of them whole. */
  rt1: (u: Float32Array) =>
    Float32Array.from(u.subarray(0, 13), (v, i) => (i >= 7 && i < 10 ? Math.round(v) : v)),
  csgo: (u: Float32Array) =>
    encodeCsgoAction({
      keys: u[0] > 0.5 ? ["w"] : ["a", "r"],
      leftClick: u[1] > 0.5,
      mouseX: 400 * u[2] - 200,
    }),
  /** Multiples of 1/1024, which poses give back exactly. */
  recon: (u: Float32Array) => Float32Array.from(u.subarray(0, 3), (v) => Math.round(1024 * v - 512) / 1024),
  videos: (u: Float32Array) => u.slice(0, 2),
};
export type Format = keyof typeof actionsFor;

/** An episode of noise: no two pixels alike, actions that fit the format. */
export function madeUp(
  format: Format,
  name: string,
  { frameCount = 5, height = 6, width = 8, seed = 1, metadata = {} } = {},
): Episode {
  const size = height * width * 3;
  const draws = uniformValues(frameCount * (size + csgoActionSize), seed);
  const pictures = Uint8Array.from(draws.subarray(0, frameCount * size), (value) => Math.floor(256 * value));
  const rows = Array.from({ length: frameCount }, (_, t) =>
    actionsFor[format](draws.slice(frameCount * size + t * csgoActionSize)),
  );
  const actionSize = rows[0].length;
  const actions = new Float32Array(frameCount * actionSize);
  for (const [t, row] of rows.entries()) actions.set(row, t * actionSize);
  if (format === "recon") actions.fill(0, (frameCount - 1) * actionSize);
  return {
    name,
    frameCount,
    height,
    width,
    fps: 4,
    actions,
    actionSize,
    metadata,
    frames: async (start = 0, count = frameCount - start) =>
      pictures.slice(start * size, (start + count) * size),
  };
}

export async function collect(episodes: AsyncIterable<Episode>): Promise<Episode[]> {
  const all: Episode[] = [];
  for await (const episode of episodes) all.push(episode);
  return all;
}
