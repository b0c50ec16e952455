import { type Tensor, type Tensor2D, type Tensor4D, type Tensor5D, tensor } from "@tensorflow/tfjs";
import {
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
import {
  asClips,
  channelsLast,
  farthest,
  tinyAutoencoder,
  tinyImageTower,
  tinyResampler,
  tinyTextTower,
  tinyUnet,
  withReleasedOutput,
} from "../fixtures/fixtures.js";

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
    const joint = causalize(model, { transfer, norm: "clip" });
    for (const [causalModel, name] of [
      [causalize(model, { transfer }), "output"],
      [joint, "output.joint_norm"],
      [withReleasedOutput(joint, transfer), "output.joint_norm_height_out"],
    ] as const) {
      const causal = compile((at: typeof x, level: Tensor2D) =>
        videoUnet(causalModel, { x: at, level, context, fps }),
      );
      expect(farthest(await causal(x, levels), channelsLast(recorded[name])), name).toBeLessThan(2.4e-5);
      await causal.dispose();
    }
  }
});

test("the compiled autoencoder encodes and decodes as the official one", async () => {
  const { model, io } = await tinyAutoencoder();
  const encode = compile((video: Tensor5D, noise: Tensor5D) => encodeVideo(model, video, { noise }));
  const latent = await encode(
    asClips(io["input.image"]).add(1).div(2) as Tensor5D,
    asClips(io["input.noise"]),
  );
  expect(farthest(latent, asClips(io.latent_scaled))).toBeLessThan(1.6e-5);
  const decode = compile((latents: Tensor5D) => decodeVideo(model, latents));
  const picture = await decode(asClips(io["input.random_latent_scaled"]));
  expect(farthest(picture.mul(2).sub(1), asClips(io["output.decoded_random"]))).toBeLessThan(6e-5);
});

test("the compiled image projector answers as the official one", async () => {
  const { model, io } = await tinyResampler();
  const run = compile((tokens: Tensor) => resample(model, tokens as never));
  expect(farthest(await run(io["input.x"]), io.output)).toBeLessThan(2e-5);
});

test("the compiled towers answer as the official ones", async () => {
  const { model, pictures } = await tinyImageTower();
  const look = compile((image: Tensor4D) => embedImages(model, image));
  for (const { name, image, tokens, bound } of pictures)
    expect(farthest(await look(image), tokens), name).toBeLessThan(bound);

  const text = await tinyTextTower();
  const read = compile((ids: Tensor2D) => embedCaptions(text.model, ids));
  const answer = await read(text.io["input.ids"] as Tensor2D);
  expect(farthest(answer, text.io["output.penultimate"])).toBeLessThan(2.5e-5);
});
