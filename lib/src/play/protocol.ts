/**
 * What the page and the server say to each other over one WebSocket: JSON for everything but pictures and files, which are
 * binary behind a header of 32 bytes. `page/protocol.js` reads the same header.
 */
import type { CacheMode } from "../sample/rollout.js";
import type { Solver } from "../sample/solver.js";

/** What decides a pane's frames, besides the world, the seed and the actions. */
export interface PaneSettings {
  /** Name of a model, or `simulator` for the true world. */
  readonly model: string;
  readonly strength: number;
  readonly steps: number;
  readonly solver: Solver;
  readonly historyLevel: number;
  readonly cache: CacheMode;
  readonly window: number;
  /** As trained, or attention to all frames, later ones included. */
  readonly mask: "trained" | "full";
  /** As trained, or joint over all frames, as in the released Vid2World. */
  readonly norm: "trained" | "clip";
}

/** The pane's model that is no model. */
export const simulatorName = "simulator";

/** A mouse's motion and a key's place; `at` is the page's clock in milliseconds, sent back with the frame. */
export interface InputMessage {
  readonly type: "input";
  /** Identifiers of the controls that are down. */
  readonly held: readonly string[];
  /** Mouse counts since the last message, right and down positive. */
  readonly mouse: readonly [number, number];
  readonly at: number;
}

/** Begins anew; what is left out is chosen by the server. */
export interface StartMessage {
  readonly type: "start";
  readonly world?: string;
  readonly seed?: number;
  readonly panes?: readonly Partial<PaneSettings>[];
}

export type ClientMessage =
  | StartMessage
  | InputMessage
  | { readonly type: "play"; readonly on: boolean }
  | { readonly type: "step" | "reset" | "save" }
  | { readonly type: "pace"; readonly fps: number }
  | { readonly type: "seek"; readonly frame: number }
  | { readonly type: "settings"; readonly pane: number; readonly changes: Partial<PaneSettings> }
  | { readonly type: "fan" | "check"; readonly pane: number }
  | { readonly type: "export"; readonly format: "mp4" | "gif" }
  | { readonly type: "replay"; readonly file: unknown };

/** Limits that the server holds clients to. */
export const limits = {
  panes: 4,
  messageBytes: 1_000_000,
  messagesPerSecond: 300,
  /** Commands waiting for their turn. */
  waiting: 16,
  /** Actions that a recording keeps. */
  recordedFrames: 4096,
  fps: 60,
  steps: 100,
  window: 64,
} as const;

const settingChecks: { readonly [K in keyof PaneSettings]: (value: unknown) => boolean } = {
  model: (value) => typeof value === "string" && value.length <= 100,
  strength: (value) => isNumber(value, 0, 100),
  steps: (value) => isWhole(value, 1, limits.steps),
  solver: oneOf("ddim", "dpmpp2m", "euler"),
  historyLevel: (value) => isWhole(value, -1, 9999),
  cache: oneOf("none", "exact", "rolling", "rebuild"),
  window: (value) => isWhole(value, 2, limits.window),
  mask: oneOf("trained", "full"),
  norm: oneOf("trained", "clip"),
};

/**
 * Reads a message from a page. Nothing in it is trusted: every field is checked.
 *
 * @throws RangeError saying in one sentence what is wrong
 */
export function parseMessage(text: string): ClientMessage {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(text);
  } catch {
    throw new RangeError("The message is not JSON.");
  }
  if (typeof message !== "object" || message === null || Array.isArray(message))
    throw new RangeError("The message is not a JSON object.");
  const fits = shapes[message.type as ClientMessage["type"]];
  if (typeof message.type !== "string" || !Object.hasOwn(shapes, message.type))
    throw new RangeError(`The message has type ${short(message.type)}; there is no such type.`);
  if (!fits(message))
    throw new RangeError(`The message of type ${message.type} has a field out of its range.`);
  return message as unknown as ClientMessage;
}

const shapes: Record<ClientMessage["type"], (message: Record<string, unknown>) => boolean> = {
  start: ({ world, seed, panes }) =>
    (world === undefined || (typeof world === "string" && world.length <= 100)) &&
    (seed === undefined || isSeed(seed)) &&
    (panes === undefined ||
      (Array.isArray(panes) && panes.length >= 1 && panes.length <= limits.panes && panes.every(isSettings))),
  input: ({ held, mouse, at }) =>
    Array.isArray(held) &&
    held.length <= 64 &&
    held.every((id) => typeof id === "string" && id.length <= 40) &&
    Array.isArray(mouse) &&
    mouse.length === 2 &&
    mouse.every((counts) => isNumber(counts, -1e5, 1e5)) &&
    isNumber(at, 0, 1e15),
  play: ({ on }) => typeof on === "boolean",
  step: () => true,
  reset: () => true,
  save: () => true,
  pace: ({ fps }) => isNumber(fps, 0.5, limits.fps),
  seek: ({ frame }) => isWhole(frame, 0, 2 ** 31),
  settings: ({ pane, changes }) => isPane(pane) && isSettings(changes),
  fan: ({ pane }) => isPane(pane),
  check: ({ pane }) => isPane(pane),
  export: ({ format }) => format === "mp4" || format === "gif",
  replay: ({ file }) => typeof file === "object" && file !== null,
};

/** Whether a value is part of a pane's settings, with no field beyond them. */
export function isSettings(value: unknown): value is Partial<PaneSettings> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).every(
      ([key, setting]) =>
        Object.hasOwn(settingChecks, key) && settingChecks[key as keyof PaneSettings](setting),
    )
  );
}

export const isSeed = (value: unknown) => isWhole(value, 1, 2 ** 31);
const isPane = (value: unknown) => isWhole(value, 0, limits.panes - 1);

function isNumber(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

function isWhole(value: unknown, low: number, high: number): boolean {
  return Number.isInteger(value) && isNumber(value, low, high);
}

function oneOf(...choices: readonly string[]): (value: unknown) => boolean {
  return (value) => choices.includes(value as string);
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 40);
}

/** A key, button or touch button of a world. */
export interface Control {
  readonly id: string;
  /** `KeyboardEvent.code`s, any of which is it; `mouse0` and `mouse2` are mouse buttons. */
  readonly keys: readonly string[];
  readonly label: string;
}

/** What the page is told about a world or a model. */
export interface WorldInfo {
  readonly name: string;
  readonly controls: readonly Control[];
  /** Whether the mouse looks around. */
  readonly mouse: boolean;
}

export interface ModelInfo {
  readonly name: string;
  readonly world: string;
  /** How its temporal kernels became causal. */
  readonly transfer: string;
  readonly settings: PaneSettings;
}

export interface Preset {
  readonly name: string;
  readonly kind: "good" | "broken";
  /** What to look for, in a sentence. */
  readonly notice: string;
  readonly changes: Partial<PaneSettings>;
  /** Chooses the model whose kernels were transferred so. */
  readonly transfer?: string;
}

/** What a saved replay holds. */
export interface ReplayFile {
  readonly format: "vid2world replay 1";
  /** Everything that decides the frames but the actions; its hash names it. */
  readonly card: Readonly<Record<string, unknown>>;
  readonly cardHash: string;
  readonly world: string;
  readonly seed: number;
  readonly panes: readonly PaneSettings[];
  /** Settings that changed before the action of the same index. */
  readonly changes: readonly {
    readonly action: number;
    readonly pane: number;
    readonly settings: PaneSettings;
  }[];
  readonly actions: readonly (readonly number[])[];
  /** For every pane and generated frame, the first eight hex digits of its SHA-256. */
  readonly digests: readonly (readonly string[])[];
}

export type ServerMessage =
  | {
      readonly type: "welcome";
      readonly worlds: readonly WorldInfo[];
      readonly models: readonly ModelInfo[];
      readonly presets: readonly Preset[];
      /** A sentence for the reader, such as how to get a model where there is none. */
      readonly notice: string;
    }
  /** Something takes long; the page says what. */
  | { readonly type: "opening"; readonly text: string }
  /** A session has begun; the pictures of its start follow. */
  | {
      readonly type: "started";
      readonly world: string;
      readonly seed: number;
      readonly fps: number;
      readonly panes: readonly PaneSettings[];
      /** Why settings are not as they were asked for. */
      readonly notice: string;
    }
  | { readonly type: "state"; readonly playing: boolean; readonly frame: number; readonly first: number }
  | {
      readonly type: "settings";
      readonly pane: number;
      readonly settings: PaneSettings;
      readonly notice: string;
    }
  /** A fan begins: pictures of kind `fan` follow, one for each label, in any order. */
  | {
      readonly type: "fan";
      readonly pane: number;
      readonly labels: readonly string[];
      readonly frames: number;
    }
  | {
      readonly type: "check";
      readonly pane: number;
      /** Largest difference of a value in [0, 1] between the frame with the exact cache and the one without. */
      readonly difference: number;
      readonly history: number;
      readonly exact: CheckCost;
      readonly none: CheckCost;
    }
  | { readonly type: "replay"; readonly file: ReplayFile }
  | { readonly type: "replayed"; readonly same: number; readonly of: number; readonly notice: string }
  | { readonly type: "error"; readonly text: string };

export interface CheckCost {
  readonly milliseconds: number;
  readonly frameEvaluations: number;
}

/** Bytes before the pixels or the file. */
export const headerBytes = 32;
export const packetKinds = { frame: 1, fan: 2, file: 3 } as const;
/** The pane of the true simulator. */
export const truthPane = 255;

export interface PacketHeader {
  readonly kind: keyof typeof packetKinds;
  readonly pane: number;
  /** Which branch of a fan, or which format of a file: 0 mp4, 1 gif. */
  readonly branch?: number;
  readonly frame?: number;
  readonly width?: number;
  readonly height?: number;
  /** Frames that went through the network for this one. */
  readonly frameEvaluations?: number;
  /** Root mean square difference from the simulator, of values in [0, 1]; NaN where there is none. */
  readonly drift?: number;
  /** From the action to the picture. */
  readonly milliseconds?: number;
  /** `at` of the last input that had its say in this frame; 0 for none. */
  readonly inputAt?: number;
}

/** A packet: header, then 8-bit red, green, blue [height, width, 3], or a file's bytes. */
export function packet(header: PacketHeader, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(headerBytes + bytes.length);
  const view = new DataView(all.buffer);
  view.setUint8(0, packetKinds[header.kind]);
  view.setUint8(1, header.pane);
  view.setUint16(2, header.branch ?? 0, true);
  view.setUint32(4, header.frame ?? 0, true);
  view.setUint16(8, header.width ?? 0, true);
  view.setUint16(10, header.height ?? 0, true);
  view.setUint32(12, header.frameEvaluations ?? 0, true);
  view.setFloat32(16, header.drift ?? Number.NaN, true);
  view.setFloat32(20, header.milliseconds ?? 0, true);
  view.setFloat64(24, header.inputAt ?? 0, true);
  all.set(bytes, headerBytes);
  return all;
}
