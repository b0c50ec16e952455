import { concat, memory, type Tensor2D, type Tensor3D, type Tensor5D } from "@tensorflow/tfjs";
import {
  compile,
  createSchedule,
  ddimTimesteps,
  diffusionForcingLoss,
  guide,
  noisePlan,
  type ScheduleConfig,
  samplePlan,
  vid2worldSchedule,
  videoUnet,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";
import { channelsLast, farthest, readTensors, tinyUnet } from "../fixtures/fixtures.js";

// Recorded against a float64 run: 1.1e-5 (eta 0), 1.4e-5 (eta 1), 7.7e-5 (noise prediction); ten times that is the bound.
let tiny: Awaited<ReturnType<typeof tinyUnet>>;
let io: Awaited<ReturnType<typeof readTensors>>;

beforeAll(async () => {
  tiny = await tinyUnet();
  io = await readTensors("dynamicrafter/ddim-sample-tiny.io.safetensors");
});

/** The network under its two text conditions, guided. */
function guided(rescale: number) {
  const condition = channelsLast(io["input.c_concat"]);
  const fps = io["input.fs"].toFloat() as never;
  return compile(
    (x: Tensor5D, level: Tensor2D) => {
      const ask = (context: string) =>
        videoUnet(tiny.model, {
          x: concat([x, condition], 4),
          level,
          context: io[`input.${context}`] as Tensor3D,
          fps,
        });
      return guide(ask("c_crossattn"), ask("uncond_crossattn"), { strength: 7.5, rescale });
    },
    { threads: 1 },
  );
}

const plan = (spacing: "trailing" | "uniform") =>
  noisePlan("shared", { frames: 5, timesteps: ddimTimesteps(5, spacing) });

test.each([
  ["eta0", 0, 1.1e-4],
  ["eta1", 1, 1.4e-4],
] as const)("the official sampler's run %s is reproduced", async (name, eta, tolerance) => {
  const samples = await samplePlan(guided(0.7), {
    schedule: createSchedule(vid2worldSchedule),
    plan: plan("trailing"),
    start: channelsLast(io["input.x_T"]),
    eta,
    noise: (step) => channelsLast(io["eta1.noises"].slice([step], [1]).squeeze([0])),
  });
  expect(farthest(samples, channelsLast(io[`${name}.samples`]))).toBeLessThan(tolerance);
});

test("so is its run with noise prediction, the plain schedule and uniform spacing", async () => {
  const config: ScheduleConfig = {
    ...vid2worldSchedule,
    predicts: "epsilon",
    zeroTerminalSnr: false,
    baseScale: 1,
  };
  const samples = await samplePlan(guided(0), {
    schedule: createSchedule(config),
    plan: plan("uniform"),
    start: channelsLast(io["input.x_T"]),
  });
  expect(farthest(samples, channelsLast(io["eps_uniform.samples"]))).toBeLessThan(7.7e-4);
});

test("and the official training loss, with dynamic rescale", () => {
  const level = io["train.timesteps"].toFloat().reshape([2, 1]).tile([1, 5]) as Tensor2D;
  const condition = channelsLast(io["input.c_concat"]);
  const before = memory().numTensors;
  const loss = diffusionForcingLoss(
    ({ x, level, context, fps }) =>
      videoUnet(tiny.model, { x: concat([x, condition], 4), level, context, fps }),
    {
      x0: channelsLast(io["train.z"]),
      noise: channelsLast(io["train.noise"]),
      level,
      context: io["input.c_crossattn"] as Tensor3D,
      fps: io["input.fs"].toFloat() as never,
    },
    createSchedule(vid2worldSchedule),
  );
  expect(Math.abs(loss.dataSync()[0] - io["train.loss"].dataSync()[0])).toBeLessThan(1e-5);
  expect(memory().numTensors).toBe(before + 4); // the loss, and the three tensors made for the call
});
