/** A target as capsules: a soldier who walks, aims and falls over. */

import { cosine, sine } from "../raster/trigonometry.js";
import type { Capsule } from "../raycast/capsule.js";
import { mixRgb, type Rgb, smoothStep } from "../raycast/light.js";
import type { Target } from "./moment.js";

const skin: Rgb = [196, 150, 118];
const boots: Rgb = [40, 36, 34];
const steel: Rgb = [34, 35, 38];

/** The parts of a target's body, dressed in `clothes`. */
export function figureCapsules(target: Target, clothes: Rgb): Capsule[] {
  const { facingX, facingY } = target;
  const falling = target.health === 0 ? smoothStep(0, 7, target.sinceHit) * (Math.PI / 2) : 0;
  const [cos, sin] = [cosine(falling), sine(falling)];
  /** From the body's own axes (forward, left, up) to the world; falls backwards about its heels. */
  const place = (forward: number, left: number, up: number): Rgb => {
    const ahead = forward * cos - up * sin;
    return [
      target.x + facingX * ahead - facingY * left,
      target.y + facingY * ahead + facingX * left,
      up * cos + forward * sin + 0.14 * sin,
    ];
  };
  const walking = target.pause === 0 && target.health > 0;
  const stride = walking ? 0.3 * sine(target.walked * 4.2) : 0.04;
  const lift = walking ? 0.1 * Math.max(0, cosine(target.walked * 4.2)) : 0;
  const drop = walking ? 0.1 * Math.max(0, -cosine(target.walked * 4.2)) : 0;
  const flinch = target.sinceHit < 3 ? 0.65 : 0;
  const tint = (colour: Rgb) => mixRgb(colour, [255, 70, 50], flinch);
  const trousers = mixRgb(clothes, [70, 66, 58], 0.6);
  const vest = mixRgb(clothes, [28, 30, 30], 0.62);
  const part = (from: Rgb, to: Rgb, radius: number, colour: Rgb): Capsule => ({
    from,
    to,
    radius,
    colour: tint(colour),
  });
  const legs = [1, -1].flatMap((sideways) => {
    const swing = stride * sideways;
    const up = sideways > 0 ? lift : drop;
    const hip = place(0, 0.1 * sideways, 0.92);
    const knee = place(swing * 0.6 + 0.05, 0.1 * sideways, 0.5 + up);
    const foot = place(swing, 0.1 * sideways, 0.1 + up);
    return [
      part(hip, knee, 0.1, trousers),
      part(knee, foot, 0.08, trousers),
      part(foot, place(swing + 0.13, 0.1 * sideways, 0.07 + up), 0.07, boots),
    ];
  });
  return [
    ...legs,
    part(place(0, 0.07, 0.98), place(0.02, 0.09, 1.32), 0.15, vest),
    part(place(0, -0.07, 0.98), place(0.02, -0.09, 1.32), 0.15, vest),
    part(place(0, 0.19, 1.4), place(0.14, 0.21, 1.16), 0.075, clothes),
    part(place(0.14, 0.21, 1.16), place(0.36, 0.06, 1.26), 0.06, clothes),
    part(place(0, -0.19, 1.4), place(0.08, -0.23, 1.14), 0.075, clothes),
    part(place(0.08, -0.23, 1.14), place(0.22, -0.06, 1.2), 0.06, clothes),
    part(place(0.22, -0.05, 1.2), place(0.22, -0.05, 1.22), 0.06, skin),
    part(place(0.1, -0.04, 1.25), place(0.72, -0.02, 1.27), 0.035, steel),
    part(place(0.01, 0, 1.45), place(0.01, 0, 1.5), 0.07, skin),
    part(place(0.03, 0, 1.6), place(0.03, 0, 1.63), 0.115, skin),
    part(place(-0.01, 0, 1.65), place(-0.01, 0, 1.67), 0.13, clothes),
  ];
}
