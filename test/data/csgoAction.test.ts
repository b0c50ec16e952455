import fc from "fast-check";
import {
  type CsgoKey,
  csgoActionNames,
  csgoActionSize,
  csgoKeys,
  csgoMouseX,
  csgoMouseY,
  decodeCsgoAction,
  encodeCsgoAction,
} from "vid2world";
import { expect, test } from "vitest";

const ones = (vector: Float32Array) => [...vector.keys()].filter((i) => vector[i] === 1);

test("51 numbers: 11 keys, 2 buttons, 23 and 15 mouse steps", () => {
  expect(csgoActionSize).toBe(51);
  expect(csgoActionNames.slice(0, 14).join(" ")).toBe(
    "w a s d space ctrl shift 1 2 3 r leftClick rightClick mouseX -1000",
  );
  expect(csgoActionNames[13 + 22]).toBe("mouseX 1000");
  expect(csgoActionNames[36]).toBe("mouseY -200");
  expect(csgoActionNames[50]).toBe("mouseY 200");
});

test("at rest, only the two middle mouse steps are 1: places 13 + 11 and 36 + 7", () => {
  expect(ones(encodeCsgoAction({}))).toEqual([24, 43]);
});

test("keys and buttons stand where the recordings have them", () => {
  const action = encodeCsgoAction({
    keys: ["w", "shift", "r"],
    leftClick: true,
    mouseX: -1000,
    mouseY: 200,
  });
  expect(ones(action)).toEqual([0, 6, 10, 11, 13, 50]);
});

test("mouse motion goes to the closest step, halfway to the lower, beyond the last to the last", () => {
  const steps = (mouseX: number, mouseY: number) => {
    const action = decodeCsgoAction(encodeCsgoAction({ mouseX, mouseY }));
    return [action.mouseX, action.mouseY];
  };
  expect(steps(75, -30)).toEqual([60, -20]);
  expect(steps(3, -3)).toEqual([2, -4]);
  expect(steps(1e6, -1e6)).toEqual([1000, -200]);
});

test("what is encoded is decoded", () => {
  fc.assert(
    fc.property(
      fc.subarray([...csgoKeys]),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(...csgoMouseX),
      fc.constantFrom(...csgoMouseY),
      (keys, leftClick, rightClick, mouseX, mouseY) => {
        const action = { keys, leftClick, rightClick, mouseX, mouseY };
        expect(decodeCsgoAction(encodeCsgoAction(action))).toEqual(action);
      },
    ),
  );
});

test("soft numbers are read too, and no numbers at all mean rest", () => {
  const soft = new Float32Array(51);
  soft[2] = 0.51;
  soft[3] = 0.5;
  soft[13 + 11] = 0.3;
  soft[13 + 14] = 0.4;
  expect(decodeCsgoAction(soft)).toEqual({
    keys: ["s"],
    leftClick: false,
    rightClick: false,
    mouseX: 10,
    mouseY: 0,
  });
  expect(decodeCsgoAction(new Float32Array(51)).mouseX).toBe(0);
});

test("errors name what came and what was expected", () => {
  expect(() => encodeCsgoAction({ keys: ["q" as CsgoKey] })).toThrow(
    'encodeCsgoAction: key is "q"; expected one of w, a, s, d, space, ctrl, shift, 1, 2, 3, r.',
  );
  expect(() => encodeCsgoAction({ mouseX: Number.NaN })).toThrow("encodeCsgoAction: mouseX is NaN");
  expect(() => decodeCsgoAction([1, 0])).toThrow("decodeCsgoAction: got 2 numbers; expected 51.");
});
