/** Serving the play page: folders of models run in a worker, models that are open already in this process. */
import { availableParallelism } from "node:os";
import type { WorldModel } from "../sample/worldModel.js";
import { requireWhole } from "../tensor/check.js";
import type { Simulator } from "../worlds/simulator.js";
import { builtInWorld, builtInWorldNames } from "./builtInWorlds.js";
import { steeringOf } from "./controls.js";
import { createEngine } from "./engine.js";
import { startEngineWorker } from "./engineWorker.js";
import type { PlayableModel, PlayableWorld } from "./playable.js";
import type { PlayServer, StartEngine } from "./server.js";
import { packageCard } from "./version.js";

/** A world with a true state, of one's own. */
export interface TrueWorld {
  readonly name: string;
  /** Opens it at a seed's start. */
  open(seed: number): Simulator | Promise<Simulator>;
}

export interface ServePlayOptions {
  /** Folders that `saveWorldModel` wrote, or world models by name. None: only the true worlds can be played. */
  readonly models?: readonly string[] | Readonly<Record<string, WorldModel>>;
  /**
   * The world that the page begins with, and that models are of: a built-in one or one of one's own. Unless given, the
   * name of a model's folder begins with its world's: `arena-lab`.
   */
  readonly world?: string | TrueWorld;
  /** 0, any that is free, unless given. */
  readonly port?: number;
  /** Threads inside one operation of a network; unless given, the cores that each worker has. */
  readonly threads?: number;
  /** See `WorldOptions.workers`; for models in folders. 2 unless given, 1 where there is one core. */
  readonly workers?: 1 | 2;
  /** Pages at once; 8 unless given. */
  readonly sessions?: number;
  /** Seconds after which a page that says nothing is let go; 900 unless given. */
  readonly idleSeconds?: number;
  /** A sentence that the page shows at first. */
  readonly notice?: string;
}

/**
 * Serves the play page on 127.0.0.1 until it is closed.
 *
 * @throws Error if the port is in use, a model's folder cannot be read, or its world is not known
 */
export async function servePlay(options: ServePlayOptions = {}): Promise<PlayServer> {
  const { models = [], world, port = 0, sessions = 8, idleSeconds = 900, notice = "" } = options;
  const { threads, workers = availableParallelism() > 1 ? 2 : 1 } = options;
  requireWhole("servePlay", "port", port, 0, 65535);
  requireWhole("servePlay", "workers", workers, 1, 2);
  requireWhole("servePlay", "sessions", sessions, 1);
  const server = { port, sessions, idleSeconds };
  const { startServer } = await import("./server.js"); // not before somebody plays: it loads a web server
  if (typeof world === "string") builtInWorld(world); // throws unless there is one
  if (Array.isArray(models) && typeof world !== "object")
    return startServer(
      (output, onEnd) =>
        startEngineWorker({ folders: models, world, notice, threads, workers }, output, onEnd),
      server,
    );
  if (Array.isArray(models) && models.length > 0)
    throw new TypeError(
      "servePlay: models are folders, but the world is an object; open them with openWorldModel.",
    );
  const worlds = [await worldHere(world)];
  const open = Object.entries(models as Record<string, WorldModel>).map(([name, model]) =>
    openedModel(name, worlds[0].name, model),
  );
  const start: StartEngine = async (output) =>
    createEngine({ worlds, models: open, notice, card: packageCard() }, output);
  return startServer(start, server);
}

async function worldHere(world: string | TrueWorld | undefined): Promise<PlayableWorld> {
  if (world === undefined)
    throw new TypeError(
      `servePlay: world is missing; models that are open do not say which world they are of. ` +
        `Expected one of ${builtInWorldNames.join(", ")}, or one of your own.`,
    );
  return typeof world === "string" ? builtInWorld(world) : ownWorld(world);
}

async function ownWorld({ name, open }: TrueWorld): Promise<PlayableWorld> {
  const simulator = await open(1);
  const { actionSize } = simulator;
  simulator.dispose();
  return { name, steering: steeringOf(name, actionSize), open: async (seed) => open(seed) };
}

/** A model that somebody has opened: its network is shared, its own video left alone. */
function openedModel(name: string, world: string, model: WorldModel): PlayableModel {
  const rollout = model.config;
  return {
    name,
    world,
    transfer: "as trained",
    rollout,
    card: async () => ({ rollout }),
    async open({ mask, norm }) {
      if (mask !== "trained" || norm !== "trained")
        throw new RangeError("Only a model in a folder can be played with another mask or norm.");
      return model;
    },
  };
}
