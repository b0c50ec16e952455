import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor2D, zeros } from "@tensorflow/tfjs";
import {
  causalize,
  loadCheckpoint,
  saveWeights,
  transferTemporalKernel,
  videoUnet,
  type Weights,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";
import { channelsLast, farthest, readJson, readTensors, tinyUnet } from "../fixtures/fixtures.js";

const folder = mkdtempSync(join(tmpdir(), "vid2world-"));
let tiny: Awaited<ReturnType<typeof tinyUnet>>;
beforeAll(async () => {
  tiny = await tinyUnet();
});

const renamed = (weights: Weights, rename: (name: string) => string): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [rename(name), tensor]));

async function save(name: string, weights: Weights, metadata = {}): Promise<string> {
  const path = join(folder, `${name}.safetensors`);
  await saveWeights(path, weights, { metadata });
  return path;
}

const params = readJson("dynamicrafter/resampler-tiny.json").params;
const resampler = {
  tokenWidth: params.embedding_dim,
  width: params.dim,
  outputWidth: params.output_dim,
  layers: params.depth,
  heads: params.heads,
  headWidth: params.dim_head,
  queries: params.num_queries,
  frames: params.video_length,
};

test("an official checkpoint: every network by its prefix, schedules left aside", async () => {
  const path = await save("official", {
    ...renamed(tiny.model.weights, (name) => `model.diffusion_model.${name}`),
    ...renamed(
      await readTensors("dynamicrafter/resampler-tiny.safetensors"),
      (name) => `image_proj_model.${name}`,
    ),
    alphas_cumprod: zeros([1000]),
    scale_arr: zeros([1400]),
  });
  const before = memory().numTensors;
  const {
    unet,
    resampler: projector,
    reports,
  } = await loadCheckpoint(path, { unet: tiny.model.config, resampler });
  const count = Object.keys(tiny.model.weights).length + Object.keys(projector?.weights ?? {}).length;
  expect(memory().numTensors).toBe(before + count);
  for (const part of ["unet", "resampler"] as const) {
    expect(reports[part]).toMatchObject({ missing: [], misshapen: [], unexpected: [] });
    expect(reports[part]?.found).toBe(reports[part]?.expected);
  }
  expect(unet?.config).toEqual(tiny.model.config);
  for (const [name, tensor] of Object.entries(tiny.model.weights))
    expect(farthest(unet?.weights[name] as never, tensor), name).toBe(0);
});

test("the 256 model's name for the frame rate", async () => {
  const path = await save(
    "256",
    renamed(tiny.model.weights, (name) => name.replace("fps_embedding", "framestride_embed")),
  );
  const { reports } = await loadCheckpoint(path, { unet: tiny.model.config });
  expect(reports.unet).toMatchObject({ missing: [], unexpected: [] });
});

test("a released Vid2World file is recognised and answers as recorded", async () => {
  const { weights } = causalize(tiny.model, { transfer: "extrapolative", norm: "clip" });
  const released = renamed(
    { ...weights, "out.2.weight": transferTemporalKernel(weights["out.2.weight"], "extrapolative") },
    (name) =>
      `model.diffusion_model.${name
        .replace(/(temopral_conv\.conv\d\.[23])\./, "$1.conv3d.")
        .replace("out.2.", "out.2.conv2d.")}`,
  );
  const path = await save("released", released);
  const { unet } = await loadCheckpoint(path, { unet: tiny.model.config });
  expect(unet?.config).toMatchObject({
    convPadding: "causal",
    mask: "causal",
    norm: "clip",
    outputConv: "rowCausal",
  });
  const { io, x, context, fps, levels } = await tinyUnet("extrapolative");
  const output = videoUnet(unet as never, { x, level: levels as Tensor2D, context, fps });
  expect(farthest(output, channelsLast(io["output.joint_norm_height_out"]))).toBeLessThan(2.4e-5);
});

test("a file of the trainer carries its config", async () => {
  const path = await save(
    "trained",
    {
      ...renamed(tiny.model.weights, (name) => `weights/${name}`),
      ...renamed(tiny.model.weights, (name) => `mean/${name}`),
    },
    { trainer: JSON.stringify({ model: { config: tiny.model.config } }) },
  );
  const { unet, reports } = await loadCheckpoint(path, { unet: "stored" });
  expect(unet?.config).toEqual(tiny.model.config);
  expect(reports.unet?.unexpected).toEqual([]);
});

test("what is missing, misshapen or unexpected is named", async () => {
  const { "out.2.bias": bias, "out.0.weight": _, ...rest } = tiny.model.weights;
  const before = memory().numTensors;
  const path = await save("unfit", { ...rest, "out.2.bias": zeros([7]), "more.weight": bias });
  await expect(loadCheckpoint(path, { unet: tiny.model.config })).rejects.toThrow(
    "it has 1 misshapen: out.2.bias [7] instead of [4]; it lacks 1: out.0.weight.",
  );
  expect(memory().numTensors).toBe(before + 1);
});

test("with a seed, missing weights get first values and are reported", async () => {
  const path = await save("passive", tiny.model.weights);
  const config = { ...tiny.model.config, actionSize: 3 };
  const { unet, reports } = await loadCheckpoint(path, { unet: config }, { seed: 1 });
  expect(reports.unet?.missing).toEqual(
    ["0", "2", "4"].flatMap((i) => [`action_emb_proj.${i}.weight`, `action_emb_proj.${i}.bias`]),
  );
  expect(unet?.weights["action_emb_proj.0.weight"].shape).toEqual([32, 3]);
  await expect(loadCheckpoint(path, { unet: config })).rejects.toThrow(
    "it lacks 6: action_emb_proj.0.weight",
  );
});
