/** One page's play: a true world, up to four panes beside it, and one stream of keys for all of them. */
import { createHash } from "node:crypto";
import { pictureSize, simulatorActor } from "./actors.js";
import { drift } from "./drift.js";
import { PlayerInput, type TakenInput } from "./input.js";
import { type ModelPool, playableSettings } from "./modelPool.js";
import {
  needsNewMemory,
  type PlayableModel,
  type PlayableWorld,
  savedSettings,
  simulatorSettings,
} from "./playable.js";
import {
  type ClientMessage,
  type InputMessage,
  limits,
  type PaneSettings,
  packet,
  type ServerMessage,
  type StartMessage,
  simulatorName,
  truthPane,
} from "./protocol.js";
import { type Moment, Track } from "./track.js";

/** What sessions are given to play with. */
export interface Stage {
  readonly worlds: readonly PlayableWorld[];
  readonly models: readonly PlayableModel[];
  readonly pool: ModelPool;
  /** What becomes part of every replay's card, such as versions. */
  readonly card: Readonly<Record<string, unknown>>;
}

export type Emit = (message: ServerMessage | Uint8Array) => void;

/** A pane: settings, and a video under them. */
export interface Pane {
  settings: PaneSettings;
  readonly track: Track;
  /** Of every generated frame, the first eight hex digits of its SHA-256. */
  readonly digests: string[];
}

/** Everything that a session is made of; commands in other files work on it. */
export interface Scene {
  readonly world: PlayableWorld;
  readonly seed: number;
  readonly truth: Track;
  readonly panes: readonly Pane[];
  /** As they were at the start. */
  readonly firstSettings: readonly PaneSettings[];
  readonly actions: number[][];
  readonly changes: { readonly action: number; readonly pane: number; readonly settings: PaneSettings }[];
}

/** Frames that every video begins with: the true world at rest. */
const startFrames = 4;
const defaultFps = 15;
const restarts = 2;

export class Session {
  #scene: Scene | undefined;
  #playing = false;
  #fps = defaultFps;
  #timer: NodeJS.Timeout | undefined;
  #nextTick = 0;
  readonly #input = new PlayerInput();
  #taken = this.#input.take(); // by the frame at hand
  /** Gives up the frame at hand, while that can still be begun anew. */
  #beginAnew = new AbortController();
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Commands so far; a long one ends when another comes. */
  #commands = 0;
  #closed = false;

  constructor(
    readonly stage: Stage,
    readonly emit: Emit,
    private readonly commands: SessionCommands,
  ) {}

  /** Takes a message; what has to wait for its turn does, and failures are told to the page. */
  handle(message: ClientMessage): void {
    if (this.#closed) return;
    if (message.type === "input") {
      this.#input.add(message);
      if (this.#timer && this.#input.changed) this.#tickNow(); // a key does not wait for the beat
      if (this.#input.differsFrom(this.#taken)) this.#beginAnew.abort(); // nor for a frame without it
      return;
    }
    if (message.type === "pace") {
      this.#fps = message.fps;
      return;
    }
    if (this.#waiting >= limits.waiting) {
      this.emit({ type: "error", text: "Too many commands at once; the last one was left out." });
      return;
    }
    this.#commands++;
    this.#enqueue(() => this.#carryOut(message));
  }

  /** Ends the session; resolves when everything it held is free. */
  close(): Promise<void> {
    this.#closed = true;
    this.#commands++;
    this.#pause();
    return this.#enqueue(() => this.#clear());
  }

  #enqueue(job: () => Promise<void>): Promise<void> {
    this.#waiting++;
    const done = this.#queue
      .then(job)
      .catch((error: Error) => {
        this.#pause();
        this.emit({ type: "error", text: error.message });
      })
      .finally(() => {
        this.#waiting--;
      });
    this.#queue = done;
    return done;
  }

  async #carryOut(message: Exclude<ClientMessage, InputMessage | { type: "pace" }>): Promise<void> {
    if (this.#closed) return;
    if (message.type === "start") {
      await this.start(message);
      return;
    }
    const scene = this.#scene;
    if (!scene) throw new Error("Nothing has been started yet.");
    const own = this.#commands;
    const goOn = () => this.#commands === own && !this.#closed;
    switch (message.type) {
      case "play":
        if (message.on && !this.#playing) this.#nextTick = 0;
        this.#playing = message.on;
        if (message.on) this.#schedule();
        else this.#pause();
        return this.tellState();
      case "step":
        this.#pause();
        await this.#advance(scene, this.#input.take());
        return this.tellState();
      case "reset":
        await this.start({
          type: "start",
          world: scene.world.name,
          seed: scene.seed,
          panes: scene.panes.map(({ settings }) => settings),
        });
        return;
      case "seek":
        this.#pause();
        return this.#seek(scene, message.frame);
      case "settings":
        if (!scene.panes[message.pane]) throw new RangeError(`There is no pane ${message.pane + 1}.`);
        return this.change(message.pane, { ...scene.panes[message.pane].settings, ...message.changes });
      case "replay":
        this.#pause();
        return this.commands.replay(this, message.file, goOn);
      case "fan":
        this.#pause();
        await this.commands.fan(this, scene, message.pane, goOn);
        return this.tellState();
      case "check":
        return this.commands.check(this, scene, message.pane);
      case "save":
        return this.commands.save(this, scene);
      case "export":
        return this.commands.export(this, scene, message.format);
    }
  }

  /** Begins anew. */
  async start({ world: name, seed = 1, panes: asked }: StartMessage): Promise<Scene> {
    this.#pause();
    const { worlds, models } = this.stage;
    const notices: string[] = [];
    const named = worlds.find((each) => each.name === name);
    if (name !== undefined && !named) notices.push(`There is no world ${name}.`);
    const world = named ?? worlds.find((each) => each.name === models[0]?.world) ?? worlds[0];
    const here = models.filter((model) => model.world === world.name);
    const preferred = here.find(({ transfer }) => transfer === "extrapolative") ?? here[0];
    const simulator = await world.open(seed);
    const start: Moment[] = [{ picture: simulator.render(pictureSize).slice() }];
    const rest = world.steering.action([], [0, 0]);
    while (start.length < startFrames) {
      simulator.step(rest);
      start.push({ picture: simulator.render(pictureSize).slice(), action: rest });
    }
    const panes: Pane[] = [];
    try {
      for (const each of asked ?? [{}]) {
        const wanted = each.model ?? preferred?.name ?? simulatorName;
        const model = here.find((one) => one.name === wanted) ?? preferred;
        if (wanted !== simulatorName && model?.name !== wanted)
          notices.push(`There is no model ${wanted} of the world ${world.name}.`);
        if (wanted === simulatorName || !model) {
          const track = new Track(simulatorActor(await openAt(world, seed, rest)), start);
          panes.push({ settings: simulatorSettings, track, digests: [] });
          continue;
        }
        const kept = wanted === model.name ? each : {};
        const fit = await playableSettings(model, { ...savedSettings(model), ...kept, model: model.name });
        if (fit.notice) notices.push(fit.notice);
        const actor = await this.stage.pool.open(fit.settings, seed, start, (text) => this.#say(text));
        panes.push({ settings: fit.settings, track: new Track(actor, start), digests: [] });
      }
    } catch (error) {
      simulator.dispose();
      for (const { track } of panes) await track.dispose();
      throw error;
    }
    await this.#clear();
    const truth = new Track(simulatorActor(simulator), start);
    const firstSettings = panes.map(({ settings }) => settings);
    const scene: Scene = { world, seed, truth, panes, firstSettings, actions: [], changes: [] };
    this.#scene = scene;
    for (const { track } of this.#tracks(scene)) await track.keep();
    this.emit({
      type: "started",
      world: world.name,
      seed,
      fps: this.#fps,
      panes: firstSettings,
      notice: notices.join(" "),
    });
    this.#showAll(scene);
    this.tellState();
    return scene;
  }

  /** Changes a pane's settings; where that needs another memory, the pane goes on from its last pictures. */
  async change(index: number, asked: PaneSettings): Promise<void> {
    const scene = this.#scene as Scene;
    const pane = scene.panes[index];
    const model = this.stage.pool.find(asked.model);
    if (pane.settings.model === simulatorName || !model || model.world !== scene.world.name)
      throw new RangeError(`There is no model ${asked.model} that pane ${index + 1} could change to.`);
    const { settings, notice } = await playableSettings(model, asked);
    if (needsNewMemory(pane.settings, settings)) {
      const past = pane.track.last(settings.window - 1);
      const say = (text: string) => this.#say(text);
      await pane.track.replaceActor(await this.stage.pool.open(settings, scene.seed, past, say));
    } else await this.stage.pool.warm(settings, pane.track.last(startFrames), (text) => this.#say(text));
    pane.settings = settings;
    scene.changes.push({ action: scene.actions.length, pane: index, settings });
    this.emit({ type: "settings", pane: index, settings, notice });
    this.tellState();
  }

  /**
   * Takes one action in all panes and in the true world, and shows what follows.
   *
   * @param signal until the first pane's frame is denoised, ends all of it as if nothing had been
   * @throws the signal's reason
   */
  async advance(
    scene: Scene,
    action: number[],
    { inputAt = 0, signal }: { inputAt?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    const began = performance.now();
    const [first] = scene.panes;
    const firstStep = await first.track.step(action, first.settings, signal);
    const truth = await scene.truth.step(action, simulatorSettings);
    scene.actions.push(action);
    this.#show(scene, truthPane, truth.picture, {});
    for (const [index, pane] of scene.panes.entries()) {
      const { picture, frameEvaluations } =
        index === 0 ? firstStep : await pane.track.step(action, pane.settings);
      pane.digests.push(createHash("sha256").update(picture).digest("hex").slice(0, 8));
      const milliseconds = performance.now() - began;
      this.#show(scene, index, picture, { frameEvaluations, milliseconds, inputAt });
    }
    for (const { track } of this.#tracks(scene)) await track.keep();
  }

  tellState(): void {
    const scene = this.#scene;
    if (!scene || this.#closed) return;
    const first = Math.max(...this.#tracks(scene).map(({ track }) => track.earliest));
    this.emit({ type: "state", playing: this.#playing, frame: scene.truth.frame, first });
  }

  #tracks(scene: Scene): { track: Track }[] {
    return [{ track: scene.truth }, ...scene.panes];
  }

  async #advance(scene: Scene, { held, mouse, at }: TakenInput, signal?: AbortSignal): Promise<void> {
    await this.advance(scene, scene.world.steering.action(held, mouse), { inputAt: at, signal });
  }

  /** A frame of a running video: keys that go down or up while it is denoised begin it anew, twice at most. */
  async #tick(scene: Scene): Promise<void> {
    this.#taken = this.#input.take();
    for (let left = restarts; left > 0; left--) {
      this.#beginAnew = new AbortController();
      const { signal } = this.#beginAnew;
      try {
        return await this.#advance(scene, this.#taken, signal);
      } catch (error) {
        if (error !== signal.reason) throw error;
        this.#taken = this.#input.take(this.#taken);
      }
    }
    await this.#advance(scene, this.#taken);
  }

  #seek(scene: Scene, frame: number): void {
    const tracks = this.#tracks(scene);
    const first = Math.max(...tracks.map(({ track }) => track.earliest));
    const to = Math.max(first, Math.min(frame, scene.truth.frame));
    const back = scene.truth.frame - to;
    if (back > 0) {
      for (const { track } of tracks) track.seek(to);
      scene.actions.length -= back;
      for (const { digests } of scene.panes) digests.length -= back;
      const { length } = scene.actions;
      const kept = scene.changes.filter(({ action }) => action <= length);
      const now = scene.panes.map(({ settings }, pane) => ({ action: length, pane, settings }));
      scene.changes.splice(0, Infinity, ...kept, ...(kept.length < scene.changes.length ? now : []));
    }
    this.#showAll(scene);
    this.tellState();
  }

  #showAll(scene: Scene): void {
    this.#show(scene, truthPane, scene.truth.picture, {});
    for (const [index, { track }] of scene.panes.entries()) this.#show(scene, index, track.picture, {});
  }

  #show(
    scene: Scene,
    pane: number,
    picture: Uint8Array,
    meters: { frameEvaluations?: number; milliseconds?: number; inputAt?: number },
  ): void {
    const away = pane === truthPane ? Number.NaN : drift(picture, scene.truth.picture);
    const { frame } = scene.truth;
    const size = { width: pictureSize, height: pictureSize };
    this.emit(packet({ kind: "frame", pane, frame, drift: away, ...size, ...meters }, picture));
  }

  #say(text: string): void {
    this.emit({ type: "opening", text });
  }

  #schedule(): void {
    if (!this.#playing || this.#timer || this.#closed) return;
    const now = performance.now();
    this.#nextTick = this.#input.changed ? now : Math.max(now, this.#nextTick + 1000 / this.#fps);
    this.#timer = setTimeout(() => this.#tickNow(), this.#nextTick - now);
  }

  #tickNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#enqueue(async () => {
      if (!this.#playing || !this.#scene) return;
      await this.#tick(this.#scene);
      this.#schedule();
    });
  }

  #pause(): void {
    this.#playing = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #clear(): Promise<void> {
    const scene = this.#scene;
    this.#scene = undefined;
    if (scene) for (const { track } of this.#tracks(scene)) await track.dispose();
  }
}

/** Commands that take a while. `goOn` turns false when another command came. */
export interface SessionCommands {
  fan(session: Session, scene: Scene, pane: number, goOn: () => boolean): Promise<void>;
  check(session: Session, scene: Scene, pane: number): Promise<void>;
  save(session: Session, scene: Scene): Promise<void>;
  replay(session: Session, file: unknown, goOn: () => boolean): Promise<void>;
  export(session: Session, scene: Scene, format: "mp4" | "gif"): Promise<void>;
}

/** The true world after the frames of the start. */
async function openAt(world: PlayableWorld, seed: number, rest: readonly number[]) {
  const simulator = await world.open(seed);
  for (let i = 1; i < startFrames; i++) simulator.step(rest);
  return simulator;
}
