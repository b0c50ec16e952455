import { cleanLevel, ddimTimesteps, noisePlan } from "vid2world";
import { expect, test } from "vitest";

const timesteps = [9, 6, 3];

test("autoregressive: one frame comes down the stairs, then the next", () => {
  const plan = noisePlan("autoregressive", { frames: 3, given: 1, timesteps });
  expect(plan.rows).toBe("steps");
  expect(plan.levels).toEqual([
    [-1, 9, 9],
    [-1, 6, 9],
    [-1, 3, 9],
    [-1, -1, 9],
    [-1, -1, 6],
    [-1, -1, 3],
    [-1, -1, -1],
  ]);
});

test("pyramid: each new frame begins one step after the one before", () => {
  const plan = noisePlan("pyramid", { frames: 3, given: 1, timesteps });
  expect(plan.levels).toEqual([
    [-1, 9, 9],
    [-1, 6, 9],
    [-1, 3, 6],
    [-1, -1, 3],
    [-1, -1, -1],
  ]);
});

test("shared: all frames go down together", () => {
  const plan = noisePlan("shared", { frames: 2, timesteps });
  expect(plan.levels).toEqual([
    [9, 9],
    [6, 6],
    [3, 3],
    [-1, -1],
  ]);
});

test("a pyramid with as large a lag as there are steps is autoregressive; with frames all given, nothing moves", () => {
  const options = { frames: 5, given: 2, timesteps: ddimTimesteps(10, "trailing") };
  expect(noisePlan("pyramid", { ...options, lag: 10 }).levels).toEqual(
    noisePlan("autoregressive", options).levels,
  );
  expect(noisePlan("pyramid", { ...options, given: 5 }).levels).toEqual([Array(5).fill(cleanLevel)]);
});

test("sampling plans never rise along steps and end with every frame clean", () => {
  const options = { frames: 6, given: 2, timesteps: ddimTimesteps(4, "trailing") };
  for (const kind of ["shared", "autoregressive", "pyramid"] as const) {
    const { levels } = noisePlan(kind, options);
    for (let row = 1; row < levels.length; row++)
      for (let frame = 0; frame < 6; frame++)
        expect(levels[row][frame]).toBeLessThanOrEqual(levels[row - 1][frame]);
    expect(levels[levels.length - 1]).toEqual(Array(6).fill(cleanLevel));
  }
});

test("independent draws are uniform, uncorrelated between frames, and repeat for a seed", () => {
  const options = { frames: 2, draws: 4000, seed: 3, levels: 100 };
  const { rows, levels } = noisePlan("independent", options);
  expect(rows).toBe("draws");
  expect(noisePlan("independent", options).levels).toEqual(levels);
  expect(noisePlan("independent", { ...options, seed: 4 }).levels).not.toEqual(levels);
  const mean = (f: (row: readonly number[]) => number) => levels.reduce((sum, row) => sum + f(row), 0) / 4000;
  expect(Math.abs(mean((row) => row[0]) - 49.5)).toBeLessThan(2);
  expect(Math.abs(mean((row) => (row[0] - 49.5) * (row[1] - 49.5)) / 833)).toBeLessThan(0.06);
  expect(Math.min(...levels.flat())).toBe(0);
  expect(Math.max(...levels.flat())).toBe(99);
});

test("shared draws give a clip one level, teacher forcing clean history, and clean history holds in its share", () => {
  const options = { frames: 4, draws: 2000, seed: 1 };
  for (const row of noisePlan("shared", options).levels) expect(new Set(row).size).toBe(1);
  for (const row of noisePlan("teacherForced", { ...options, historyLevel: 20 }).levels)
    expect(row.slice(0, 3)).toEqual([20, 20, 20]);
  const rows = noisePlan("cleanHistory", { ...options, share: 0.6, history: 2, below: 300 }).levels;
  const clean = rows.filter((row) => row[0] === row[1] && row[0] < 300);
  expect(Math.abs(clean.length / 2000 - 0.6)).toBeLessThan(0.04);
  expect(Math.abs(clean.filter((row) => row[2] === row[0]).length / clean.length - 0.5)).toBeLessThan(0.05);
});

test("a plan of one's own is checked: rectangular, whole levels, never rising along steps", () => {
  const levels = [
    [9, 9],
    [-1, 4],
  ];
  expect(noisePlan("custom", { rows: "steps", levels }).levels).toBe(levels);
  expect(() => noisePlan("custom", { rows: "steps", levels: [[1], [2]] })).toThrow(
    "rises from 1 to 2 in row 1",
  );
  expect(() => noisePlan("custom", { rows: "draws", levels: [[1], [2, 3]] })).toThrow("row 1 is 2");
  expect(() => noisePlan("custom", { rows: "draws", levels: [[0.5]] })).toThrow("level of frame 0 in row 0");
});

test("a kind with the wrong sort of options is told what it needs", () => {
  expect(() => noisePlan("autoregressive", { frames: 2, draws: 1, seed: 1 } as never)).toThrow(
    'noisePlan: kind "autoregressive" came without timesteps',
  );
  expect(() => noisePlan("independent", { frames: 2, timesteps } as never)).toThrow("came with timesteps");
  expect(() => noisePlan("stairs" as never, {} as never)).toThrow('kind is "stairs"; expected one of shared');
});

test("lifted levels are the same draws, none lower, most near pure noise; the low level of a history stays", () => {
  const options = { frames: 8, draws: 400, seed: 3 };
  const [plain, lifted] = [1, 3].map((lift) => noisePlan("independent", { ...options, lift }).levels.flat());
  expect(noisePlan("independent", options).levels.flat()).toEqual(plain);
  expect(lifted.every((level, i) => level >= plain[i] && level < 1000)).toBe(true);
  const above = lifted.filter((level) => level >= 900).length / lifted.length;
  expect(above).toBeGreaterThan(0.43); // 1 − 0.1^(1/3) = 0.54 of the draws lie below
  expect(above).toBeLessThan(0.49);
  const history = { ...options, share: 1, history: 8, below: 300 };
  expect(noisePlan("cleanHistory", { ...history, lift: 3 }).levels).toEqual(
    noisePlan("cleanHistory", history).levels,
  );
  // 1 − (1 − u)^lift rounds to 1 for a u near 1, and here for half of all
  const { levels } = noisePlan("independent", { ...options, lift: 60 });
  expect(Math.max(...levels.flat())).toBe(999);
  expect(() => noisePlan("independent", { ...options, lift: 0 })).toThrow(/lift is 0/);
});
