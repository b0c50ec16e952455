/**
 * What a stream of single frames remembers. It is kept outside the graph that runs, so that a frame brings only what is
 * new: of a memory of 8 MB a call would otherwise read all and write all.
 */
import { dispose, keep } from "@tensorflow/tfjs";
import { readElements, tensorAround } from "../engine/tfjsInternals.js";
import { requireWhole } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";
import { emptyMemory, type StreamFrame } from "./stream.js";
import type { VideoUnet } from "./videoUnet.js";

/** What one frame left behind, by layer name; nobody changes these arrays. */
type Traces = Readonly<Record<string, Float32Array>>;

/** A state to return to. It shares its arrays with the memory, so it takes little room and need not be freed. */
export interface StreamMemoryState {
  /** Keys and values of the frame in every slot; undefined where no frame is. */
  readonly slots: readonly (Traces | undefined)[];
  /** What the newest frame left behind besides. */
  readonly newest: Traces;
}

export class StreamMemory {
  /** Keys and values of all slots in one array each, as a call takes them. */
  #packed: Record<string, Float32Array> = {};
  #slots: (Traces | undefined)[];
  #newest: Traces;
  #tensors: Weights | undefined;
  readonly #start: Traces;
  readonly #shapes: Record<string, readonly number[]> = {};

  /**
   * The memory before the first frame.
   *
   * @param size of the network's input: videos side by side, height, width
   * @param slots how many frames can be remembered at once
   * @throws RangeError if the model is not causal
   */
  constructor(model: VideoUnet, size: StreamFrame, slots: number) {
    requireWhole("StreamMemory", "slots", slots, 1);
    const empty = emptyMemory(model, size);
    const start: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(empty)) {
      this.#shapes[name] = tensor.shape;
      if (!hasSlots(name)) start[name] = (readElements(tensor) as Float32Array).slice();
    }
    dispose(empty as never);
    this.#start = start;
    this.#newest = start;
    this.#slots = Array(slots).fill(undefined);
    this.#pack();
  }

  get slots(): number {
    return this.#slots.length;
  }

  /** For `StreamPast`; lent until the memory changes. */
  get tensors(): Readonly<Weights> {
    this.#tensors ??= Object.fromEntries(
      Object.entries(this.#shapes).map(([name, [first, ...rest]]) => {
        const [values, size] = hasSlots(name)
          ? [this.#packed[name], this.slots]
          : [this.#newest[name], first];
        return [name, keep(tensorAround(values, [size, ...rest], "float32"))];
      }),
    );
    return this.#tensors;
  }

  /** Puts the newest frame into a slot, in the place of what was there. `left` is of `rememberFrame`; it is freed. */
  place(left: Weights, slot: number): void {
    requireWhole("StreamMemory.place", "slot", slot, 0, this.slots - 1);
    const rows: Record<string, Float32Array> = {};
    const newest: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(left))
      (hasSlots(name) ? rows : newest)[name] = readElements(tensor) as Float32Array;
    dispose(left as never);
    this.#hold(rows, slot);
    this.#newest = newest;
    this.#changed();
  }

  /** Adds empty slots. */
  widen(more: number): void {
    this.#slots.push(...Array(more).fill(undefined));
    this.#pack();
  }

  state(): StreamMemoryState {
    return { slots: [...this.#slots], newest: this.#newest };
  }

  restore({ slots, newest }: StreamMemoryState): void {
    if (slots.length !== this.slots) {
      this.#slots = [...slots];
      this.#pack();
    } else for (const [slot, rows] of slots.entries()) if (rows !== this.#slots[slot]) this.#hold(rows, slot);
    this.#newest = newest;
    this.#changed();
  }

  /** Forgets all frames. */
  clear(): void {
    this.restore({ slots: this.#slots.map(() => undefined), newest: this.#start });
  }

  dispose(): void {
    this.#changed();
  }

  #hold(rows: Traces | undefined, slot: number): void {
    this.#slots[slot] = rows;
    if (rows) for (const [name, row] of Object.entries(rows)) this.#packed[name].set(row, slot * row.length);
  }

  #pack(): void {
    this.#packed = {};
    for (const [name, [, ...row]] of Object.entries(this.#shapes))
      if (hasSlots(name))
        this.#packed[name] = new Float32Array(this.slots * row.reduce((size, axis) => size * axis, 1));
    for (const [slot, rows] of this.#slots.entries()) this.#hold(rows, slot);
    this.#changed();
  }

  /** Tensors around an array may have been copied to another backend, so they are made anew when the array changes. */
  #changed(): void {
    if (this.#tensors) dispose(this.#tensors as never);
    this.#tensors = undefined;
  }
}

/** Whether every slot has its own part of what is remembered under this name. */
function hasSlots(name: string): boolean {
  return name.endsWith(".keys") || name.endsWith(".values");
}
