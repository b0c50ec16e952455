import { type Tensor, type Tensor2D, type Tensor5D, tensor } from "@tensorflow/tfjs";
import {
  type AutoencoderConfig,
  causalize,
  compile,
  decodeVideo,
  embedCaptions,
  embedImages,
  encodeVideo,
  resample,
  videoUnet,
} from "vid2world";
import { expect, test } from "vitest";
import { channelsLast, farthest, readJson, readTensors, tinyUnet } from "../fixtures/fixtures.js";

test("the compiled network answers as the official one does, bidirectional and causal", async () => {
  const { model, io, x, context, levels } = await tinyUnet();
  const fps = tensor(Float32Array.from(io["input.fs"].dataSync())) as never;
  const official = compile((at: typeof x, level: Tensor2D) =>
    videoUnet(model, { x: at, level, context, fps }),
  );
  const output = await official(x, levels);
  expect(farthest(output, channelsLast(io["output.timesteps_bt"]))).toBeLessThan(2.4e-5);
  await official.dispose();

  for (const transfer of ["masked", "shift", "extrapolative"] as const) {
    const recorded = (await tinyUnet(transfer)).io;
    for (const [norm, name] of [
      ["frame", "output"],
      ["clip", "output.joint_norm"],
    ] as const) {
      const causalModel = causalize(model, { transfer, norm });
      const causal = compile((at: typeof x, level: Tensor2D) =>
        videoUnet(causalModel, { x: at, level, context, fps }),
      );
      expect(farthest(await causal(x, levels), channelsLast(recorded[name])), name).toBeLessThan(2.4e-5);
      await causal.dispose();
    }
  }
});

/** [image, channel, height, width] as a batch of clips of one frame. */
const clip = (x: Tensor): Tensor5D => x.transpose([0, 2, 3, 1]).expandDims(1);

test("the compiled autoencoder encodes and decodes as the official one", async () => {
  const { params, scale_factor } = readJson("dynamicrafter/vae-tiny.json");
  const { ch, ch_mult, num_res_blocks, z_channels, in_channels } = params.ddconfig;
  const config: AutoencoderConfig = {
    imageChannels: in_channels,
    channels: ch,
    channelMultipliers: ch_mult,
    resBlocks: num_res_blocks,
    latentChannels: z_channels,
    normGroups: 32,
    latentScale: scale_factor,
  };
  const autoencoder = { config, weights: await readTensors("dynamicrafter/vae-tiny.safetensors") };
  const io = await readTensors("dynamicrafter/vae-tiny.io.safetensors");
  const encode = compile((video: Tensor5D, noise: Tensor5D) => encodeVideo(autoencoder, video, { noise }));
  const latent = await encode(clip(io["input.image"]).add(1).div(2) as Tensor5D, clip(io["input.noise"]));
  expect(farthest(latent, clip(io.latent_scaled))).toBeLessThan(1.6e-5);
  const decode = compile((latents: Tensor5D) => decodeVideo(autoencoder, latents));
  const picture = await decode(clip(io["input.random_latent_scaled"]));
  expect(farthest(picture.mul(2).sub(1), clip(io["output.decoded_random"]))).toBeLessThan(6e-5);
});

test("the compiled image projector answers as the official one", async () => {
  const { params } = readJson("dynamicrafter/resampler-tiny.json");
  const config = {
    tokenWidth: params.embedding_dim,
    width: params.dim,
    outputWidth: params.output_dim,
    layers: params.depth,
    heads: params.heads,
    headWidth: params.dim_head,
    queries: params.num_queries,
    frames: params.video_length,
  };
  const weights = await readTensors("dynamicrafter/resampler-tiny.safetensors");
  const io = await readTensors("dynamicrafter/resampler-tiny.io.safetensors");
  const run = compile((tokens: Tensor) => resample({ config, weights }, tokens as never));
  expect(farthest(await run(io["input.x"]), io.output)).toBeLessThan(2e-5);
});

test("the compiled towers answer as the official ones", async () => {
  const { vision_cfg } = readJson("openclip/image-tower-tiny.json").params;
  const imageConfig = {
    width: vision_cfg.width,
    layers: vision_cfg.layers,
    heads: vision_cfg.width / vision_cfg.head_width,
    patch: vision_cfg.patch_size,
    imageSize: vision_cfg.image_size,
  };
  const imageWeights = await readTensors("openclip/image-tower-tiny.safetensors");
  const imageIo = await readTensors("openclip/image-tower-tiny.io.safetensors");
  const look = compile((image: Tensor) =>
    embedImages({ config: imageConfig, weights: imageWeights }, image as never),
  );
  for (const [name, bound] of [
    ["down", 2.5e-4],
    ["native", 7e-5],
  ] as const) {
    const image = imageIo[`input.${name}.u8`].div(256).transpose([0, 2, 3, 1]);
    expect(farthest(await look(image), imageIo[`output.${name}`]), name).toBeLessThan(bound);
  }

  const { text_cfg } = readJson("openclip/text-tower-tiny.json").params;
  const textConfig = {
    width: text_cfg.width,
    layers: text_cfg.layers - 1,
    heads: text_cfg.heads,
    positions: text_cfg.context_length,
    vocabulary: text_cfg.vocab_size,
  };
  const textWeights = await readTensors("openclip/text-tower-tiny.safetensors");
  const textIo = await readTensors("openclip/text-tower-tiny.io.safetensors");
  const read = compile((ids: Tensor) =>
    embedCaptions({ config: textConfig, weights: textWeights }, ids as never),
  );
  expect(farthest(await read(textIo["input.ids"]), textIo["output.penultimate"])).toBeLessThan(2.5e-5);
});
