import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { root } from "../../.workbench/paths.mjs";
import { steeringOf } from "../../lib/src/play/controls.js";
import { presets } from "../../lib/src/play/presets.js";
import { isSettings, packet, parseMessage } from "../../lib/src/play/protocol.js";

test("whatever comes is a message with fields in their ranges, or refused in one sentence", () => {
  const types = ["start", "input", "play", "pace", "seek", "settings", "fan", "export", "replay", "toString"];
  const almost = fc.record(
    {
      type: fc.constantFrom(...types),
      held: fc.array(fc.string()),
      mouse: fc.array(fc.double()),
      at: fc.double(),
      seed: fc.anything(),
      panes: fc.anything(),
      pane: fc.anything(),
      changes: fc.dictionary(fc.string(), fc.jsonValue()),
      frame: fc.anything(),
      fps: fc.anything(),
    },
    { requiredKeys: ["type"] },
  );
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    almost.map((value) => JSON.stringify(value) ?? ""),
  );
  fc.assert(
    fc.property(anything, (text) => {
      try {
        expect(types).toContain(parseMessage(text).type);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toMatch(/^The message [^\n]{1,120}\.$/);
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test.each([
  ['{"type":"start","seed":0}', false],
  ['{"type":"start","seed":1,"panes":[{"strength":2.5,"cache":"exact"}]}', true],
  ['{"type":"start","panes":[]}', false],
  ['{"type":"settings","pane":0,"changes":{"steps":1e9}}', false],
  ['{"type":"settings","pane":0,"changes":{"__proto__":1}}', false],
  ['{"type":"settings","pane":4,"changes":{}}', false],
  ['{"type":"input","held":["a"],"mouse":[1,-2],"at":5}', true],
  ['{"type":"input","held":["a"],"mouse":[1],"at":5}', false],
  ['{"type":"hasOwnProperty"}', false],
  ["[1]", false],
])("%s is taken: %s", (text, taken) => {
  if (taken) expect(parseMessage(text)).toEqual(JSON.parse(text));
  else expect(() => parseMessage(text)).toThrow(RangeError);
});

test("the page reads the header that the server writes", async () => {
  const { readPacket } = await import(join(root, "lib/src/play/page/protocol.js"));
  const header = {
    kind: "fan" as const,
    pane: 2,
    branch: 300,
    frame: 70_000,
    width: 64,
    height: 48,
    drift: 0.25,
    milliseconds: 12.5,
    inputAt: 123_456.75,
  };
  const { bytes, evaluations, ...read } = readPacket(
    packet({ ...header, frameEvaluations: 9 }, Uint8Array.of(1, 2, 3)).buffer,
  );
  expect([read, evaluations, [...bytes]]).toEqual([header, 9, [1, 2, 3]]);
});

test("every world's keys are its own, none is the page's or the browser's, and each moves something", () => {
  const page = readFileSync(join(root, "lib/src/play/page/main.js"), "utf8");
  const taken = ["KeyP", "Period", "Comma", "Backspace", "KeyX", "KeyT"];
  for (const code of taken) expect(page).toContain(`${code}:`);
  for (const [world, size] of [
    ["tabletop", 13],
    ["arena", 51],
    ["trail", 3],
    ["unknown", 5],
  ] as const) {
    const { controls, action } = steeringOf(world, size);
    const codes = controls.flatMap(({ keys }) => keys);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of [...taken, "Tab", "Escape", "ControlLeft", "MetaLeft", "AltLeft"])
      expect(codes).not.toContain(code);
    const rest = action([], [0, 0]);
    expect(rest.length).toBe(size);
    for (const { id } of controls) expect(action([id], [0, 0])).not.toEqual(rest);
    expect(action(["no such control", "__proto__"], [0, 0])).toEqual(rest);
  }
});

test("presets are settings, the good one first, each with a sentence", () => {
  expect(presets.map(({ kind }) => kind)).toEqual(["good", ...Array(6).fill("broken")]);
  for (const { changes, notice } of presets) {
    expect(isSettings(changes)).toBe(true);
    expect(notice).toMatch(/^[A-Z].{30,160}\.$/);
  }
});
