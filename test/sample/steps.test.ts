import { memory, type Rank, type Tensor5D, tensor, tensor5d } from "@tensorflow/tfjs";
import {
  createSchedule,
  ddimStep,
  ddimTimesteps,
  guide,
  labSchedule,
  noisePlan,
  normalNoise,
  type Schedule,
  type Solver,
  samplePlan,
  solverStep,
  takeStep,
  vid2worldSchedule,
} from "vid2world";
import { expect, test } from "vitest";
import { largestGap, readFixture } from "../schedule/readFixture.js";

const schedule = createSchedule({ ...labSchedule, predicts: "x0" });
const noise = normalNoise<Rank.R5>([1, 2, 2, 2, 4], 1);

test("guidance with rescale is the recorded one; at 1 it is the condition, at 0 its absence, bit for bit", () => {
  const recorded = readFixture("dynamicrafter/ddim-schedule.safetensors");
  const video = (name: string) => tensor(recorded[name].values, recorded[name].shape);
  const [c, g] = [video("cfg.cond"), video("cfg.guided")];
  // u + 2 (c − u) = g for this u, so the recorded guided prediction is rescaled as it is.
  const rescaled = guide(c, c.mul(2).sub(g), { strength: 2, rescale: 0.7 });
  expect(largestGap(rescaled.dataSync(), recorded["cfg.rescaled_0.7"].values)).toBeLessThan(1e-5);
  const u = c.mul(2).sub(g);
  expect([...guide(c, u, { strength: 1, rescale: 0.7 }).dataSync()]).toEqual([...c.dataSync()]);
  expect([...guide(c, u, { strength: 0 }).dataSync()]).toEqual([...u.dataSync()]);
  const flat = c.zerosLike();
  expect([...guide(flat, flat, { strength: 2, rescale: 0.7 }).dataSync()]).toEqual([...flat.dataSync()]);
});

test.each([
  ["uniform_trailing", "trailing", 10],
  ["uniform", "uniform", 50],
] as const)("coefficients for %s spacing are the official ones", (name, spacing, steps) => {
  const recorded = readFixture("dynamicrafter/ddim-schedule.safetensors");
  const official = createSchedule(vid2worldSchedule);
  const timesteps = ddimTimesteps(steps, spacing);
  const column = (part: string) => recorded[`ddim.${name}.${steps}.zero_snr.${part}`].values;
  for (const [i, from] of timesteps.entries()) {
    const rising = steps - 1 - i;
    const step = solverStep("ddim", { from, to: timesteps[i + 1] ?? -1 }, official, 1);
    expect(step.noise).toBeCloseTo(column("sigmas.eta1")[rising], 6);
    const kept = Math.sqrt(1 - column("alphas_prev")[rising] - column("sigmas.eta1")[rising] ** 2);
    expect(step.x).toBeCloseTo(kept / column("sqrt_one_minus_alphas")[rising], 4); // recorded from float32 tables
  }
});

/** x₀ expected from x where clean numbers are drawn from N(mean, spread²). */
function gaussian(own: Schedule, mean: number, spread: number) {
  return (x: number, level: number) => {
    const alpha = own.alphasCumprod[level];
    const gain = (spread ** 2 * Math.sqrt(alpha)) / (spread ** 2 * alpha + 1 - alpha);
    return mean + gain * (x - Math.sqrt(alpha) * mean);
  };
}

test("DDIM without noise is inverted, step by step, on an analytic Gaussian denoiser to 1e-4", () => {
  const denoise = gaussian(schedule, 0.7, 0.5);
  const timesteps = ddimTimesteps(50, "trailing");
  const x = (value: number) => tensor5d([value], [1, 1, 1, 1, 1]);
  const step = (value: number, from: number, to: number) =>
    ddimStep(x(value), x(denoise(value, from)), schedule, { from, to }).dataSync()[0];
  for (const start of [-1.5, 0.2, 2]) {
    let value = start;
    const path = timesteps.map((from, i) => {
      value = step(value, from, timesteps[i + 1] ?? -1);
      return value;
    });
    for (let i = timesteps.length - 1; i >= 0; i--) {
      // The step is affine in x, so two values of it give its inverse.
      const [zero, one] = [0, 1].map((at) => step(at, timesteps[i], timesteps[i + 1] ?? -1));
      value = (value - zero) / (one - zero);
      expect(Math.abs(value - (i === 0 ? start : path[i - 1]))).toBeLessThan(1e-4);
    }
    expect(Math.abs(value - start)).toBeLessThan(1e-4);
  }
});

/** How far a solver ends from the exact answer, starting 1.5 standard deviations out. */
function errorOf(solver: Solver, steps: number): number {
  // Probability flow for Gaussian data is known: x stays at one number of standard deviations from the mean.
  const [mean, spread] = [0.7, 0.5];
  const denoise = gaussian(schedule, mean, spread);
  const timesteps = ddimTimesteps(steps, "trailing");
  let x = 1.5;
  let previous = 0;
  for (const [i, from] of timesteps.entries()) {
    const clean = denoise(x, from);
    const move = { from, to: timesteps[i + 1] ?? -1, before: timesteps[i - 1] };
    const step = solverStep(solver, move, schedule);
    x = step.x * x + step.clean * clean + step.previous * previous;
    previous = clean;
  }
  const alpha = schedule.alphasCumprod[0];
  return Math.abs(x - Math.sqrt(alpha) * mean - 1.5 * Math.sqrt(alpha * spread ** 2 + 1 - alpha));
}

test("four times the steps leave a quarter of the error of DDIM and Euler, and far less of DPM-Solver++(2M)", () => {
  for (const solver of ["ddim", "euler"] as const) {
    const gain = errorOf(solver, 60) / errorOf(solver, 240);
    expect(gain).toBeGreaterThan(3);
    expect(gain).toBeLessThan(5);
  }
  expect(errorOf("dpmpp2m", 60) / errorOf("dpmpp2m", 240)).toBeGreaterThan(10);
  expect(errorOf("dpmpp2m", 20)).toBeLessThan(errorOf("ddim", 20));
});

test.each(["ddim", "dpmpp2m"] as const)("%s finds a single point exactly, from pure noise", (solver) => {
  const alpha = schedule.alphasCumprod[0];
  const first = solverStep(solver, { from: 999, to: 500 }, schedule);
  const x = first.x * 1.3 + first.clean * 0.4;
  const now = schedule.alphasCumprod[500];
  expect(x).toBeCloseTo(Math.sqrt(now) * 0.4 + Math.sqrt(1 - now) * 1.3, 10);
  const last = solverStep(solver, { from: 500, to: -1, before: 999 }, schedule);
  const end = last.x * x + last.clean * 0.4 + last.previous * 0.4;
  expect(end).toBeCloseTo(Math.sqrt(alpha) * 0.4 + Math.sqrt(1 - alpha) * 1.3, 10);
});

test("frames at levels of their own step on their own; one that stays keeps its bits; nothing else is left", () => {
  const clean = normalNoise<Rank.R5>([1, 2, 2, 2, 4], 2);
  const before = memory().numTensors;
  const both = ddimStep(noise, clean, schedule, { from: [[900, 300]], to: [[700, 300]] });
  expect(memory().numTensors).toBe(before + 1);
  const alone = ddimStep(
    noise.slice([0, 0], [1, 1]) as Tensor5D,
    clean.slice([0, 0], [1, 1]) as Tensor5D,
    schedule,
    { from: 900, to: 700 },
  );
  expect([...both.slice([0, 0], [1, 1]).dataSync()]).toEqual([...alone.dataSync()]);
  expect([...both.slice([0, 1], [1, 1]).dataSync()]).toEqual([...noise.slice([0, 1], [1, 1]).dataSync()]);
});

test("steps that make no sense are refused", () => {
  expect(() => solverStep("ddim", { from: 3, to: 5 }, schedule)).toThrow("the level rises from 3 to 5");
  expect(() => solverStep("euler", { from: 5, to: 3 }, schedule, 0.5)).toThrow(
    'eta is 0.5 with solver "euler"',
  );
  expect(() => takeStep(noise, noise, [[solverStep("ddim", { from: 5, to: 3 }, schedule, 1)]])).toThrow(
    "takeStep: noise is missing",
  );
});

test("a pyramid along its plan ends where the data is, and given frames keep their bits", async () => {
  const plan = noisePlan("pyramid", { frames: 3, given: 1, timesteps: ddimTimesteps(8, "trailing") });
  const start = normalNoise<Rank.R5>([2, 3, 2, 2, 1], 5);
  const told: number[][] = [];
  const before = memory().numTensors;
  const made = await samplePlan(
    (x, level) => {
      told.push([...level.slice([0, 0], [1, 3]).dataSync()]);
      return x.mul(0).add(0.4) as Tensor5D;
    },
    { schedule, plan, start, history: { level: 20, noise: start } },
  );
  expect(memory().numTensors - before).toBeLessThan(20); // the predictor above leaves its own behind
  expect(told[0]).toEqual([20, 999, 999]);
  expect(told[8]).toEqual([20, 20, ddimTimesteps(8, "trailing")[7]]);
  expect([...made.slice([0, 0], [2, 1]).dataSync()]).toEqual([...start.slice([0, 0], [2, 1]).dataSync()]);
  const alpha = schedule.alphasCumprod[0];
  const expected = start
    .slice([0, 1], [2, 2])
    .mul(Math.sqrt(1 - alpha))
    .add(Math.sqrt(alpha) * 0.4);
  expect(largestGap(made.slice([0, 1], [2, 2]).dataSync(), expected.dataSync())).toBeLessThan(1e-4);
});
