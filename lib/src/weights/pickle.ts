/**
 * A reader of Python pickles that runs nothing. A pickle is a program for a small stack machine, and Python's own reader
 * lets it call any function by name. Here the machine knows plain values and containers; every name that the file asks
 * for goes through `findGlobal`, which knows a short list and refuses the rest.
 *
 * Dictionaries become Maps, tuples and lists become arrays.
 *
 * @see https://peps.python.org/pep-3154/ and CPython's Lib/pickletools.py for the instructions
 */

/** A function that a pickle may call. */
export class PickleFunction {
  constructor(
    readonly name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

/** An object of a class that the file brings along: nothing but its attributes is kept. */
export class PickleObject {
  attributes: ReadonlyMap<unknown, unknown> = new Map();
}

/** How names and references to things outside the pickle are resolved. */
export interface PickleRules {
  /** What a name stands for: a PickleFunction or a plain value. Throws for every name that is not allowed. */
  findGlobal(module: string, name: string): unknown;
  /** What a reference to something stored beside the pickle stands for. */
  findPersistent(id: unknown): unknown;
}

/** The bytes ended inside the pickle. */
export class PickleCutShort extends Error {}

const mark = Symbol("mark");
/** More steps or elements than any checkpoint needs; ends programs that are made to grow. */
const maxWork = 20_000_000;
const decoder = new TextDecoder("utf-8");

/** Runs one pickle that starts at `start`. Returns its value and the place after its last byte. */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules,
): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = start;
  let work = 0;

  const spend = (amount: number) => {
    work += amount;
    if (work > maxWork) throw new Error(`the pickle takes more than ${maxWork} steps.`);
  };
  const take = (length: number): number => {
    const from = at;
    if (!(length >= 0) || from + length > bytes.length) throw new PickleCutShort("the pickle is cut short.");
    at += length;
    return from;
  };
  const u8 = () => view.getUint8(take(1));
  const u16 = () => view.getUint16(take(2), true);
  const i32 = () => view.getInt32(take(4), true);
  const u32 = () => view.getUint32(take(4), true);
  const u64 = () => Number(view.getBigUint64(take(8), true));
  const raw = (length: number) => {
    const from = take(length);
    return bytes.subarray(from, from + length);
  };
  const text = (length: number) => decoder.decode(raw(length));
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new PickleCutShort("the pickle is cut short.");
    const content = text(end - at);
    take(1);
    return content;
  };
  const pop = () => {
    if (stack.length === 0 || stack[stack.length - 1] === mark)
      throw new Error("the pickle's stack is empty.");
    return stack.pop();
  };
  const popMark = (): unknown[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw new Error("the pickle's stack has no mark.");
    const items = stack.splice(from).slice(1);
    spend(items.length);
    return items;
  };
  const top = <T>(kind: new (...args: never[]) => T): T => {
    const value = stack[stack.length - 1];
    if (!(value instanceof kind)) throw new Error(`the pickle fills something that is no ${kind.name}.`);
    return value;
  };
  const setItems = (items: unknown[]) => {
    const map = top(Map);
    for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
  };
  const remembered = (index: number) => {
    if (!memo.has(index)) throw new Error(`the pickle recalls entry ${index}, which it never stored.`);
    return memo.get(index);
  };
  const long = (length: number) => {
    const digits = raw(length);
    if (length > 64) throw new Error(`the pickle holds a whole number of ${length} bytes.`);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]);
    if (length > 0 && digits[length - 1] & 0x80) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };
  const call = (target: unknown, args: unknown) => {
    if (!(target instanceof PickleFunction))
      throw new Error("the pickle calls something that is no function.");
    if (!Array.isArray(args)) throw new Error(`the pickle calls ${target.name} without arguments.`);
    for (const each of args) if (Array.isArray(each) || each instanceof Map) spend(sizeOf(each));
    return target.call(args);
  };

  for (;;) {
    spend(1);
    const code = String.fromCharCode(u8());
    switch (code) {
      case "\x80": {
        const version = u8();
        if (version > 5) throw new Error(`the pickle is of version ${version}; versions up to 5 are read.`);
        break;
      }
      case "\x95": // a frame: its length only helps buffering
        take(8);
        break;
      case ".":
        return { value: pop(), end: at };
      case "(":
        stack.push(mark);
        break;
      case "0":
        pop();
        break;
      case "1":
        popMark();
        break;
      case "2": {
        const value = pop();
        stack.push(value, value);
        break;
      }
      case "N":
        stack.push(null);
        break;
      case "\x88":
        stack.push(true);
        break;
      case "\x89":
        stack.push(false);
        break;
      case "J":
        stack.push(i32());
        break;
      case "K":
        stack.push(u8());
        break;
      case "M":
        stack.push(u16());
        break;
      case "\x8a":
        stack.push(long(u8()));
        break;
      case "\x8b":
        stack.push(long(u32()));
        break;
      case "G":
        stack.push(view.getFloat64(take(8), false));
        break;
      case "X":
        stack.push(text(u32()));
        break;
      case "\x8c":
        stack.push(text(u8()));
        break;
      case "\x8d":
        stack.push(text(u64()));
        break;
      case "U":
        stack.push(text(u8()));
        break;
      case "T":
        stack.push(text(u32()));
        break;
      case "C":
        stack.push(raw(u8()));
        break;
      case "B":
        stack.push(raw(u32()));
        break;
      case "\x8e":
        stack.push(raw(u64()));
        break;
      case "]":
      case ")":
        stack.push([]);
        break;
      case "l":
      case "t":
        stack.push(popMark());
        break;
      case "\x85":
      case "\x86":
      case "\x87": {
        const items = Array.from({ length: code.charCodeAt(0) - 0x84 }, pop);
        stack.push(items.reverse());
        break;
      }
      case "}":
        stack.push(new Map());
        break;
      case "d": {
        const items = popMark();
        stack.push(new Map());
        setItems(items);
        break;
      }
      case "\x8f":
        stack.push(new Set());
        break;
      case "\x90": {
        const items = popMark();
        const set = top(Set);
        for (const item of items) set.add(item);
        break;
      }
      case "a": {
        const value = pop();
        top(Array).push(value);
        break;
      }
      case "e": {
        const items = popMark();
        const list = top(Array);
        for (const item of items) list.push(item);
        break;
      }
      case "s": {
        const value = pop();
        const key = pop();
        setItems([key, value]);
        break;
      }
      case "u":
        setItems(popMark());
        break;
      case "q":
        memo.set(u8(), stack[stack.length - 1]);
        break;
      case "r":
        memo.set(u32(), stack[stack.length - 1]);
        break;
      case "\x94":
        memo.set(memo.size, stack[stack.length - 1]);
        break;
      case "h":
        stack.push(remembered(u8()));
        break;
      case "j":
        stack.push(remembered(u32()));
        break;
      case "c": {
        const module = line();
        stack.push(rules.findGlobal(module, line()));
        break;
      }
      case "\x93": {
        const name = pop();
        stack.push(rules.findGlobal(String(pop()), String(name)));
        break;
      }
      case "Q":
        stack.push(rules.findPersistent(pop()));
        break;
      case "R":
      case "\x81": {
        const args = pop();
        stack.push(call(pop(), args));
        break;
      }
      case "b": {
        // attributes; those of an ordered dictionary or a parameter are dropped
        const attributes = pop();
        if (stack.length === 0) throw new Error("the pickle's stack is empty.");
        const object = stack[stack.length - 1];
        if (object instanceof PickleObject && attributes instanceof Map) object.attributes = attributes;
        break;
      }
      default:
        throw new Error(
          `the pickle has instruction 0x${code.charCodeAt(0).toString(16)}, which no checkpoint needs.`,
        );
    }
  }
}

function sizeOf(value: readonly unknown[] | ReadonlyMap<unknown, unknown>): number {
  return value instanceof Map ? value.size : (value as readonly unknown[]).length;
}
