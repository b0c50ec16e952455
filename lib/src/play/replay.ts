/** Recordings: everything that decided a session's frames, in a file that makes them again bit for bit. */
import { createHash } from "node:crypto";
import { isSeed, isSettings, limits, type PaneSettings, type ReplayFile, simulatorName } from "./protocol.js";
import type { Scene, Session } from "./session.js";

const format = "vid2world replay 1";

/** Everything that decides the frames but settings, seed and actions: versions, and what every model is made of. */
async function cardOf(session: Session, panes: readonly PaneSettings[]): Promise<Record<string, unknown>> {
  const { pool, card } = session.stage;
  const names = [...new Set(panes.map(({ model }) => model))].filter((name) => name !== simulatorName).sort();
  const models = await Promise.all(names.map(async (name) => [name, await pool.find(name)?.card()] as const));
  return { ...card, models: Object.fromEntries(models) };
}

const hashOf = (card: unknown) => createHash("sha256").update(JSON.stringify(card)).digest("hex");

/** Sends the recording of all that happened since the start. */
export async function save(session: Session, scene: Scene): Promise<void> {
  const { world, seed, firstSettings, panes, changes, actions } = scene;
  if (actions.length > limits.recordedFrames)
    throw new RangeError(
      `The recording has ${actions.length} frames; expected at most ${limits.recordedFrames}. Reset and record again.`,
    );
  const used = [...firstSettings, ...changes.map(({ settings }) => settings)];
  const card = await cardOf(session, used);
  const file: ReplayFile = {
    format,
    card,
    cardHash: hashOf(card),
    world: world.name,
    seed,
    panes: firstSettings,
    changes,
    actions,
    digests: panes.map(({ digests }) => digests),
  };
  session.emit({ type: "replay", file });
}

/**
 * Plays a recording from its start and compares every frame with the one that was recorded.
 *
 * @throws RangeError if the file is none, or needs what is not here
 */
export async function replay(session: Session, file: unknown, goOn: () => boolean): Promise<void> {
  const { world, seed, panes, changes, actions, digests, cardHash } = readReplay(file);
  const { worlds, models } = session.stage;
  if (!worlds.some(({ name }) => name === world))
    throw new RangeError(`The recording is of the world ${world}, which is not here.`);
  const used = [...panes, ...changes.map(({ settings }) => settings)];
  const names = [simulatorName, ...models.filter((model) => model.world === world).map(({ name }) => name)];
  const missing = used.find(({ model }) => !names.includes(model));
  if (missing) throw new RangeError(`The recording needs the model ${missing.model}, which is not here.`);
  const same = hashOf(await cardOf(session, used)) === cardHash;
  const scene = await session.start({ type: "start", world, seed, panes });
  const size = scene.world.steering.action([], [0, 0]).length;
  if (actions.some((action) => action.length !== size))
    throw new RangeError(`The recording's actions do not have the ${size} numbers that ${world} takes.`);
  for (const [index, action] of actions.entries()) {
    for (const change of changes)
      if (change.action === index) await session.change(change.pane, change.settings);
    if (!goOn()) break;
    await session.advance(scene, [...action]);
  }
  for (const change of changes)
    if (change.action === actions.length && goOn()) await session.change(change.pane, change.settings);
  session.tellState();
  const made = scene.panes.flatMap((pane, i) => pane.digests.map((digest, t) => digest === digests[i][t]));
  session.emit({
    type: "replayed",
    same: made.filter(Boolean).length,
    of: made.length,
    notice: same ? "" : "The recording was made with other weights or another version.",
  });
}

function readReplay(file: unknown): ReplayFile {
  const { format: said, world, seed, panes, changes, actions, digests, cardHash } = file as ReplayFile;
  const isPane = (pane: unknown) =>
    isSettings(pane) && Object.keys(pane).length === 9 && typeof pane.model === "string";
  const fits =
    said === format &&
    typeof world === "string" &&
    typeof cardHash === "string" &&
    isSeed(seed) &&
    isList(panes, limits.panes, isPane) &&
    panes.length > 0 &&
    isList(changes, limits.recordedFrames, (change) => {
      const { action, pane, settings } = (change ?? {}) as ReplayFile["changes"][number];
      return Number.isInteger(action) && action >= 0 && panes[pane] !== undefined && isPane(settings);
    }) &&
    isList(actions, limits.recordedFrames, (action) => isList(action, 1000, Number.isFinite)) &&
    isList(digests, limits.panes, (list) => isList(list, limits.recordedFrames, isText)) &&
    digests.length === panes.length;
  if (!fits)
    throw new RangeError(`The file is no recording; expected format "${format}", as this page saves it.`);
  return file as ReplayFile;
}

const isText = (value: unknown) => typeof value === "string";

function isList(value: unknown, most: number, fits: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(fits);
}
