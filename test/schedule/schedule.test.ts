import {
  alphaAt,
  alphasCumprod,
  betaSchedule,
  createSchedule,
  ddimTimesteps,
  dynamicRescale,
  vid2worldSchedule,
  zeroTerminalSnr,
} from "vid2world";
import { expect, test } from "vitest";
import { largestGap, readFixture } from "./readFixture.js";

const recorded = readFixture("dynamicrafter/ddim-schedule.safetensors");

test("square-root-linear betas and their running products are the official ones in double precision", () => {
  const betas = betaSchedule("sqrtLinear");
  expect(largestGap(betas, recorded["f64.betas"].values)).toBeLessThan(1e-15);
  expect(largestGap(alphasCumprod(betas), recorded["f64.alphas_cumprod"].values)).toBeLessThan(1e-13);
});

test("zero terminal SNR ends at exactly no signal and matches the official rescale", () => {
  const betas = zeroTerminalSnr(betaSchedule("sqrtLinear"));
  const alphas = alphasCumprod(betas);
  expect(betas[999]).toBe(1);
  expect(alphas[999]).toBe(0);
  expect(alphas[0]).toBeCloseTo(alphasCumprod(betaSchedule("sqrtLinear"))[0], 15);
  expect(largestGap(betas, recorded["f64.betas.zero_snr"].values)).toBeLessThan(1e-11);
  expect(largestGap(alphas, recorded["f64.alphas_cumprod.zero_snr"].values)).toBeLessThan(1e-12);
});

test("dynamic rescale falls from 1 to 0.7 over 400 levels, as recorded", () => {
  const scale = dynamicRescale(1000, 0.7);
  expect(largestGap(scale, recorded["buffer.scale_arr"].values.slice(0, 1000))).toBeLessThan(1e-7);
  expect(scale[19]).toBeCloseTo(0.9857, 4);
});

test.each([
  ["uniform", 5],
  ["uniform", 7],
  ["uniform", 10],
  ["uniform", 50],
  ["uniform_trailing", 5],
  ["uniform_trailing", 7],
  ["uniform_trailing", 10],
  ["uniform_trailing", 50],
] as const)("%s timesteps for %i steps are the official ones, visited from the top", (name, steps) => {
  const spacing = name === "uniform" ? "uniform" : "trailing";
  const expected = [...recorded[`ddim.${name}.${steps}.timesteps`].values].reverse();
  expect(ddimTimesteps(steps, spacing)).toEqual(expected);
});

test("uniform spacing that would step past the last level is refused", () => {
  expect(() => ddimTimesteps(3, "uniform")).toThrow("reaches level 1000 of 0 … 999");
  expect(() => ddimTimesteps(0, "trailing")).toThrow("ddimTimesteps: steps is 0");
});

test.each(["linear", "sqrtLinear", "cosine", "sigmoid"] as const)(
  "%s betas lie in (0, 1) and their signal falls at every level",
  (kind) => {
    const betas = betaSchedule(kind, { levels: 200 });
    expect(betas).toHaveLength(200);
    expect(Math.min(...betas)).toBeGreaterThan(0);
    expect(Math.max(...betas)).toBeLessThan(1);
    const alphas = alphasCumprod(betas);
    for (let k = 1; k < 200; k++) expect(alphas[k]).toBeLessThan(alphas[k - 1]);
  },
);

test("the cosine curve gives back cos² away from its cap", () => {
  const alphas = alphasCumprod(betaSchedule("cosine"));
  const curve = (u: number) => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  for (const k of [0, 99, 499, 899]) expect(alphas[k]).toBeCloseTo(curve((k + 1) / 1000) / curve(0), 12);
});

test("the sigmoid curve is symmetric: as much signal lost by level u as kept at 1 − u", () => {
  const alphas = alphasCumprod(betaSchedule("sigmoid"));
  for (const k of [99, 299, 499]) expect(alphas[k] + alphas[998 - k]).toBeCloseTo(1, 10);
});

test("the published schedule is the recorded one, and a clean frame stands where level 0 does", () => {
  const schedule = createSchedule(vid2worldSchedule);
  expect(schedule.alphasCumprod[19]).toBeCloseTo(0.98101, 5);
  expect(schedule.alphasCumprod[39]).toBeCloseTo(0.96026, 5);
  expect(alphaAt(schedule, -1)).toBe(schedule.alphasCumprod[0]);
});

test("predicting noise where there is no signal is refused", () => {
  expect(() => createSchedule({ ...vid2worldSchedule, predicts: "epsilon" })).toThrow(
    'createSchedule: predicts is "epsilon" with zeroTerminalSnr',
  );
});
