import { memory, type Tensor, tidy, variableGrads } from "@tensorflow/tfjs";
import { createVideoUnet, normalNoise, presets, type VideoUnetConfig, videoUnet } from "vid2world";
import { expect, test } from "vitest";

const config: VideoUnetConfig = {
  ...presets.lab,
  channels: 16,
  headWidth: 16,
  normGroups: 4,
  initialAttentionHeads: 1,
  actionSize: 3,
};

test("every weight has a gradient, and it is the slope of the loss", () => {
  const model = createVideoUnet(config, 1);
  // noise everywhere, so that no layer that starts at zero hides the gradients of those before it
  const weights = Object.fromEntries(
    Object.entries(model.weights).map(([name, tensor], i) => [
      name,
      tensor.add(normalNoise(tensor.shape as never, i + 1).mul(0.1)).variable(),
    ]),
  );
  const inputs = {
    x: normalNoise<never>([2, 3, 4, 4, 4] as never, 1),
    level: normalNoise<never>([2, 3] as never, 2)
      .abs()
      .mul(300) as never,
    action: normalNoise<never>([2, 3, 3] as never, 3),
  };
  const loss = () => tidy(() => videoUnet({ config, weights }, inputs).square().mean().asScalar());
  const before = memory().numTensors;
  const { value, grads } = variableGrads(loss);
  expect(memory().numTensors).toBe(before + 1 + Object.keys(weights).length);
  expect(value.dataSync()[0]).toBeGreaterThan(0);

  const gradient = Object.values(grads) as Tensor[];
  expect(gradient.length).toBe(Object.keys(weights).length);
  for (const each of gradient) expect(each.abs().max().dataSync()[0]).toBeGreaterThan(0);

  // along the gradient g itself, the loss changes by |g|² per unit step
  const norm = gradient.reduce((sum, each) => sum + each.square().sum().dataSync()[0], 0);
  const step = 1e-3 / Math.sqrt(norm);
  const names = Object.values(weights);
  const at = (direction: number) => {
    for (const each of names) each.assign(each.add(grads[each.name].mul(direction * step)));
    return loss().dataSync()[0];
  };
  const ahead = at(1);
  const behind = at(-2);
  expect((ahead - behind) / (2 * step) / norm).toBeCloseTo(1, 1);
});
