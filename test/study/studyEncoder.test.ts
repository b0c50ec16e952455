import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispose, memory } from "@tensorflow/tfjs";
import { createVideoEncoder, labVideoEncoder, saveLabNetwork } from "vid2world";
import { openStudyEncoder, shippedEncoder } from "vid2world/dist/study/studyEncoder.js";
import { afterAll, expect, test } from "vitest";

const models = mkdtempSync(join(tmpdir(), "encoder-"));
afterAll(() => rmSync(models, { recursive: true }));

async function ship(seed: number) {
  mkdirSync(join(models, "lab-features"), { recursive: true });
  const encoder = createVideoEncoder({ ...labVideoEncoder, state: 2, action: 3 }, seed);
  await saveLabNetwork(join(models, "lab-features", "network.safetensors"), encoder);
  dispose(encoder.weights as never);
}

test("a card names the encoder that ships by its weights, and asks for no other", async () => {
  await expect(shippedEncoder(models)).rejects.toThrow('make the model with "npm run train -- lab-features"');
  await ship(1);
  const named = await shippedEncoder(models);
  const before = memory().numTensors;
  const opened = await openStudyEncoder(named, models);
  expect(opened.config.state).toBe(2);
  dispose(opened.weights as never);
  expect(memory().numTensors).toBe(before);
  await ship(2);
  expect((await shippedEncoder(models)).weights).not.toBe(named.weights);
  await expect(openStudyEncoder(named, models)).rejects.toThrow("made from another training");
});

test("the untrained one is the same every time, and needs no file", async () => {
  const [one, other] = [await openStudyEncoder("untrained", ""), await openStudyEncoder("untrained", "")];
  const bits = ({ weights }: typeof one) => Object.values(weights).map((each) => [...each.dataSync()]);
  expect(bits(one)).toEqual(bits(other));
  dispose([one.weights, other.weights] as never);
});
