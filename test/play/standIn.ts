/**
 * A world of two lamps: the left half of the picture is as bright as the first number of the newest action, the right
 * half as the second. The corner counts frames. The model of it is three lines, so that what a key does to a pixel is known.
 */
import { type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import {
  createFrameCodec,
  createSchedule,
  createWorldModel,
  labRollout,
  labSchedule,
  type Simulator,
  type TrueWorld,
  type World,
  type WorldModel,
} from "vid2world";

const side = 64;

export function lampSimulator(start: number): Simulator {
  let seed = start;
  let frame = 0;
  let action = [0, 0];
  return {
    name: "trail",
    actionSize: 2,
    actionNames: ["left", "right"],
    fps: 15,
    reset(next) {
      [seed, frame, action] = [next, 0, [0, 0]];
    },
    step(next) {
      frame++;
      action = [next[0], next[1]];
    },
    render() {
      const picture = new Uint8Array(side * side * 3);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const lamp = 128 + 64 * action[x < side / 2 ? 0 : 1];
          const corner = x < 8 && y < 8 ? (frame * 16 + seed) % 256 : lamp;
          picture.fill(corner, (y * side + x) * 3, (y * side + x + 1) * 3);
        }
      return picture;
    },
    state: () => ({ frame, action }),
    snapshot: () => ({ world: "trail", seed, data: { frame, action } }),
    restore(snapshot) {
      ({ frame, action } = snapshot.data as { frame: number; action: number[] });
      seed = snapshot.seed;
    },
    dispose() {},
  };
}

export const lamps: TrueWorld = { name: "lamps", open: lampSimulator };

/** 1 in the half that a number of the action lights, else 0 [1, 1, 1, 64, 1, 2]. */
const halves = () =>
  tensor(Array.from({ length: side }, (_, x) => (x < side / 2 ? [1, 0] : [0, 1])).flat(), [
    1,
    1,
    1,
    side,
    1,
    2,
  ]);

/** Half the noise's tenth stays, so that equal frames tell of equal noise. */
const lampWorld = (before: () => Promise<unknown>): World => ({
  schedule: createSchedule({ ...labSchedule, predicts: "x0" }),
  actionSize: 2,
  causal: false,
  async predict({ x, action, actionMask }) {
    await before();
    return tidy(() => {
      const [batch, frames] = x.shape;
      const given = action!.mul(actionMask!.expandDims(2)).reshape([batch, frames, 1, 1, 1, 2]);
      return halves().mul(given).sum(5).mul(0.5).add(x.mul(0.05)) as Tensor5D;
    });
  },
});

/** @param before what every evaluation waits for */
export function lampModel(before = async (): Promise<unknown> => undefined): WorldModel {
  const codec = createFrameCodec({ kind: "pixels" });
  return createWorldModel(lampWorld(before), codec, {
    ...labRollout,
    steps: 2,
    strength: 1.5,
    window: 3,
    cache: "none",
    seed: 1,
  });
}
