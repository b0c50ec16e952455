/** World models in folders, as `saveWorldModel` writes them. */
import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { createFrameCodec } from "../sample/frameCodec.js";
import { createWorld, operationThreads, type WorldOptions } from "../sample/unetWorld.js";
import { loadWorldParts, type WorldParts } from "../sample/worldFiles.js";
import type { OpenModel, PlayableModel, Variant } from "./playable.js";

/** How networks run: see `WorldOptions`. */
export type PlayRun = Pick<WorldOptions, "threads" | "workers">;

/** The model folders directly in a folder, by name; none where there is no such folder. */
export async function findModelFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [] as Dirent[]);
  const folders = entries
    .filter((entry) => !entry.name.startsWith("."))
    .map(({ name }) => join(folder, name));
  const whole = await Promise.all(folders.map((each) => isFile(join(each, "world.json"))));
  return folders.filter((_, i) => whole[i]).sort();
}

/**
 * Those folders that hold models of a world, by the rule of names: passive models begin with another word.
 *
 * @param folders as `findModelFolders` gives them
 */
export function modelsOfWorlds(folders: readonly string[], worlds: readonly string[]): string[] {
  return folders.filter((folder) => worldNamed(basename(folder), worlds) !== undefined);
}

/** The world whose name a model's begins with. */
function worldNamed(model: string, worlds: readonly string[]): string | undefined {
  return worlds.find((each) => model === each || model.startsWith(`${each}-`));
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/**
 * A model in a folder. Its weights are read when it is opened for the first time, and then kept.
 *
 * @param world the world that it is a model of; unless given, the one whose name the folder's name begins with
 * @throws Error if the folder holds no world model, or its world is not known
 */
export async function modelInFolder(
  dir: string,
  worlds: readonly string[],
  run: PlayRun,
  world?: string,
): Promise<PlayableModel> {
  const name = basename(resolve(dir));
  const path = join(dir, "world.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`play: ${path} cannot be read; expected a folder that saveWorldModel wrote.`);
  });
  const { network, rollout } = JSON.parse(text) as {
    network: WorldParts["network"]["config"];
    rollout: WorldParts["rollout"];
  };
  const known = world ?? worldNamed(name, worlds);
  if (!known)
    throw new Error(
      `play: nothing says which world ${name} is a model of; begin its folder's name with one of ` +
        `${worlds.join(", ")}, or give --world.`,
    );
  let parts: Promise<WorldParts> | undefined;
  let hashed: Promise<Readonly<Record<string, unknown>>> | undefined;
  const opened = new Map<string, Promise<OpenModel>>();
  return {
    name,
    world: known,
    transfer: network.transfer,
    rollout,
    card() {
      hashed ??= hashFolder(dir);
      return hashed;
    },
    open(variant) {
      parts ??= loadWorldParts(dir);
      const key = `${variant.mask} ${variant.norm}`;
      const open = opened.get(key) ?? parts.then((all) => openVariant(all, variant, run));
      opened.set(key, open);
      return open;
    },
  };
}

/** A network under another mask or norm: the same weights, a spread config. */
export function openVariant(parts: WorldParts, { mask, norm }: Variant, run: PlayRun): OpenModel {
  const { network, codec, schedule, context } = parts;
  const config = {
    ...network.config,
    ...(mask !== "trained" && { mask }),
    ...(norm !== "trained" && { norm }),
  };
  const world = createWorld({ config, weights: network.weights }, { schedule, context, ...run });
  const threads = operationThreads(run.workers, run.threads);
  return { world, codec: createFrameCodec(codec, { threads }) };
}

/** SHA-256 of every file of a model. */
async function hashFolder(dir: string): Promise<Readonly<Record<string, unknown>>> {
  const names = (await readdir(dir)).filter((name) => /\.(json|safetensors)$/.test(name)).sort();
  const hashes = await Promise.all(
    names.map(async (name) => {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(join(dir, name))) hash.update(chunk as Buffer);
      return [name, hash.digest("hex")] as const;
    }),
  );
  return Object.fromEntries(hashes);
}
