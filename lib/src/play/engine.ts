/** Where play happens: sessions by number, messages in, messages and packets out. Runs in a worker, or in this process. */
import { memory } from "@tensorflow/tfjs";
import { exportVideo } from "./exportVideo.js";
import { fan } from "./fan.js";
import { ModelPool } from "./modelPool.js";
import { modelInfo, type PlayableModel, type PlayableWorld } from "./playable.js";
import { presets } from "./presets.js";
import type { ClientMessage, ServerMessage } from "./protocol.js";
import { replay, save } from "./replay.js";
import { selfCheck } from "./selfCheck.js";
import { Session, type SessionCommands } from "./session.js";

export interface EngineStats {
  readonly sessions: number;
  readonly tensors: number;
}

export interface Engine {
  /** Opens what a first page will ask for. */
  prepare(): Promise<void>;
  open(session: number): void;
  message(session: number, message: ClientMessage): void;
  close(session: number): void;
  /** Counted after all sessions that were closed are gone. */
  stats(): Promise<EngineStats>;
  /** Ends all sessions. */
  dispose(): Promise<void>;
}

export type EngineOutput = (session: number, output: ServerMessage | Uint8Array) => void;

export interface EngineParts {
  readonly worlds: readonly PlayableWorld[];
  readonly models: readonly PlayableModel[];
  /** A sentence that every page shows at first. */
  readonly notice: string;
  /** What becomes part of every replay's card, such as versions. */
  readonly card: Readonly<Record<string, unknown>>;
}

const commands: SessionCommands = { fan, check: selfCheck, save, replay, export: exportVideo };

export function createEngine({ worlds, models, notice, card }: EngineParts, output: EngineOutput): Engine {
  const stage = { worlds, models, card, pool: new ModelPool(models) };
  const sessions = new Map<number, Session>();
  const closing = new Set<Promise<void>>();
  const close = (number: number) => {
    const session = sessions.get(number);
    if (!session) return;
    sessions.delete(number);
    const closed = session.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  return {
    async prepare() {
      const session = new Session(stage, () => {}, commands);
      try {
        await session.start({ type: "start" });
      } finally {
        await session.close();
      }
    },
    open(number) {
      const emit = (message: ServerMessage | Uint8Array) => output(number, message);
      sessions.set(number, new Session(stage, emit, commands));
      emit({
        type: "welcome",
        worlds: worlds.map(({ name, steering: { controls, mouse } }) => ({ name, controls, mouse })),
        models: models.map(modelInfo),
        presets,
        notice,
      });
    },
    message: (number, message) => sessions.get(number)?.handle(message),
    close,
    async stats() {
      await Promise.all(closing);
      return { sessions: sessions.size, tensors: memory().numTensors };
    },
    async dispose() {
      for (const number of [...sessions.keys()]) close(number);
      await Promise.all(closing);
    },
  };
}
