/** The player's hands and weapon, drawn in front of everything; and the marks on the glass: crosshair and rounds left. */

import { cosine, sine } from "../raster/trigonometry.js";
import type { Camera } from "../raycast/camera.js";
import type { Canvas } from "../raycast/canvas.js";
import { drawCapsule } from "../raycast/capsule.js";
import type { Light, Rgb } from "../raycast/light.js";
import { smoothStep } from "../raycast/light.js";
import { type Axes, boxSolid, drawSolid, plainPaint } from "../raycast/solid.js";
import { type Moment, weapons } from "./moment.js";

const handCamera: Camera = { x: 0, y: 0, z: 0, cos: 1, sin: 0, tilt: 0, focal: 1.25 };
const steel: Rgb = [62, 64, 70];
const dark: Rgb = [38, 39, 43];
const wood: Rgb = [138, 88, 50];
const blade: Rgb = [196, 200, 206];
const glove: Rgb = [86, 70, 56];

/** A box or a rod of a weapon, in its own axes: forward, left, up, metres from the grip. */
type Part =
  | { readonly box: Rgb; readonly half: Rgb; readonly colour: Rgb }
  | { readonly rod: readonly [Rgb, Rgb]; readonly radius: number; readonly colour: Rgb };

const box = (box: Rgb, half: Rgb, colour: Rgb): Part => ({ box, half, colour });
const rod = (from: Rgb, to: Rgb, radius: number, colour: Rgb): Part => ({ rod: [from, to], radius, colour });

const models: readonly (readonly Part[])[] = [
  [
    box([0.06, 0, 0.02], [0.17, 0.024, 0.04], steel),
    box([0.32, 0, 0.022], [0.11, 0.023, 0.03], wood),
    rod([0.42, 0, 0.03], [0.66, 0, 0.03], 0.012, dark),
    box([0.62, 0, 0.055], [0.008, 0.005, 0.026], dark),
    box([0.04, 0, 0.07], [0.06, 0.012, 0.014], dark),
    box([0.14, 0, -0.08], [0.032, 0.016, 0.075], dark),
    box([-0.04, 0, -0.06], [0.024, 0.017, 0.05], wood),
    box([-0.2, 0, -0.01], [0.1, 0.02, 0.04], wood),
  ],
  [
    box([0.13, 0, 0.02], [0.11, 0.017, 0.022], steel),
    box([0.1, 0, -0.012], [0.07, 0.014, 0.014], dark),
    box([0.035, 0, -0.06], [0.024, 0.015, 0.05], dark),
    box([0.225, 0, 0.046], [0.006, 0.004, 0.007], dark),
    box([0.04, 0, 0.046], [0.006, 0.012, 0.007], dark),
    rod([0.23, 0, 0.022], [0.25, 0, 0.022], 0.009, dark),
  ],
  [
    box([0.0, 0, 0], [0.065, 0.014, 0.018], dark),
    box([0.07, 0, 0], [0.008, 0.02, 0.032], steel),
    box([0.19, 0, 0.006], [0.115, 0.004, 0.02], blade),
    box([0.3, 0, 0.012], [0.02, 0.003, 0.011], blade),
  ],
];

/** Where the muzzle is and where the hands hold, per weapon. */
const muzzles: readonly Rgb[] = [
  [0.7, 0, 0.03],
  [0.27, 0, 0.022],
  [0, 0, 0],
];
const holds: readonly (readonly Rgb[])[] = [
  [
    [-0.03, -0.01, -0.05],
    [0.3, 0.012, -0.02],
  ],
  [
    [0.03, -0.008, -0.045],
    [0.04, 0.02, -0.06],
  ],
  [[0.0, 0, -0.01]],
];

interface Pose {
  /** Grip in view axes: forward, left, up. */
  readonly at: Rgb;
  readonly axes: Axes;
}

function poseOf(moment: Moment): Pose {
  const aiming = smoothStep(0, 3, moment.zoom);
  const kick = moment.weapon < 2 ? Math.max(0, 1 - moment.sinceShot / 4) : 0;
  const stroke =
    moment.weapon === 2 && moment.sinceShot < 8 ? sine((Math.PI * (moment.sinceShot + 1)) / 9) : 0;
  const { reload } = weapons[moment.weapon];
  const loading =
    moment.reloading > 0 ? smoothStep(0, 7, Math.min(moment.reloading, reload - moment.reloading + 1)) : 0;
  const raised = 1 - moment.drawing / 7;
  const pace =
    Math.min(1, Math.sqrt(moment.vx * moment.vx + moment.vy * moment.vy) / 4.6) * (1 - 0.8 * aiming);
  const sway = sine(moment.walked * 2.6) * pace;
  const bounce = Math.abs(cosine(moment.walked * 2.6)) * pace;
  const fall = Math.max(-0.04, Math.min(0.04, -0.008 * moment.vz));
  const hip: Rgb =
    moment.weapon === 0
      ? [0.34, -0.15, -0.17]
      : moment.weapon === 1
        ? [0.42, -0.12, -0.15]
        : [0.4, -0.17, -0.15];
  const sight: Rgb = moment.weapon === 0 ? [0.3, 0, -0.105] : [0.36, 0, -0.075];
  const at: Rgb = [
    hip[0] + (sight[0] - hip[0]) * aiming - 0.05 * kick + 0.16 * stroke,
    hip[1] + (sight[1] - hip[1]) * aiming + 0.014 * sway + 0.1 * stroke,
    hip[2] +
      (sight[2] - hip[2]) * aiming -
      0.012 * bounce +
      fall -
      0.09 * loading -
      0.3 * (1 - raised) +
      0.05 * stroke,
  ];
  const yaw = 0.16 * (1 - aiming) + 0.25 * loading + 0.7 * stroke;
  const pitch =
    0.07 * (1 - aiming) +
    0.09 * kick +
    0.5 * loading -
    0.6 * (1 - raised) +
    (moment.weapon === 2 ? 0.45 - 0.5 * stroke : 0);
  const roll = 0.5 * loading + (moment.weapon === 2 ? -0.5 : 0);
  const [cy, sy] = [cosine(yaw), sine(yaw)];
  const [cp, sp] = [cosine(pitch), sine(pitch)];
  const [cr, sr] = [cosine(roll), sine(roll)];
  const forward: Rgb = [cp * cy, cp * sy, sp];
  const level: Rgb = [-sy, cy, 0];
  const upright: Rgb = [-sp * cy, -sp * sy, cp];
  const left: Rgb = [0, 1, 2].map((k) => level[k] * cr + upright[k] * sr) as unknown as Rgb;
  const up: Rgb = [0, 1, 2].map((k) => upright[k] * cr - level[k] * sr) as unknown as Rgb;
  return { at, axes: [forward, left, up] };
}

function place({ at, axes }: Pose, point: Rgb): Rgb {
  const along = (k: number) => at[k] + axes[0][k] * point[0] + axes[1][k] * point[1] + axes[2][k] * point[2];
  return [along(0), along(1), along(2)];
}

/** Draws hands, weapon and the flash of a shot; `light` is the world's, seen from the player's heading. */
export function drawHands(canvas: Canvas, moment: Moment, light: Light, sunlit: number, sleeve: Rgb): void {
  canvas.depth.fill(Infinity); // nothing in the world comes between
  const pose = poseOf(moment);
  for (const part of models[moment.weapon]) {
    const { colour } = part;
    if ("rod" in part)
      drawCapsule(
        canvas,
        handCamera,
        light,
        { from: place(pose, part.rod[0]), to: place(pose, part.rod[1]), radius: part.radius, colour },
        sunlit,
      );
    else
      drawSolid(
        canvas,
        handCamera,
        light,
        boxSolid(place(pose, part.box), part.half, pose.axes),
        plainPaint(colour),
        sunlit,
      );
  }
  holds[moment.weapon].forEach((hold, i) => {
    const hand = place(pose, hold);
    const busy = i === 1 && moment.reloading > 0 ? 0.1 * sine(moment.reloading * 0.4) : 0;
    const fist: Rgb = [hand[0] - busy, hand[1], hand[2] - 0.6 * Math.abs(busy)];
    const elbow: Rgb = i === 0 ? [0.02, hand[1] - 0.14, -0.42] : [0.06, hand[1] + 0.2, -0.44];
    const knuckles: Rgb = [fist[0] + 0.02, fist[1] + (i === 0 ? 0.01 : -0.01), fist[2] + 0.01];
    drawCapsule(
      canvas,
      handCamera,
      light,
      { from: fist, to: knuckles, radius: 0.036, colour: glove },
      sunlit,
    );
    const wrist: Rgb = [0, 1, 2].map((k) => fist[k] + (elbow[k] - fist[k]) * 0.16) as unknown as Rgb;
    drawCapsule(canvas, handCamera, light, { from: wrist, to: elbow, radius: 0.045, colour: sleeve }, sunlit);
  });
  if (moment.sinceShot === 0 && moment.weapon < 2)
    drawFlash(canvas, place(pose, muzzles[moment.weapon]), moment.shots);
}

function drawFlash(canvas: Canvas, muzzle: Rgb, shots: number): void {
  const scale = (handCamera.focal * canvas.side) / 2;
  const centreX = canvas.side / 2 - (muzzle[1] / muzzle[0]) * scale;
  const centreY = canvas.side / 2 - (muzzle[2] / muzzle[0]) * scale;
  const radius = 0.16 * canvas.side;
  const turn = shots * 0.9;
  const [cos, sin] = [cosine(turn), sine(turn)];
  for (
    let column = Math.max(0, Math.floor(centreX - radius));
    column < Math.min(canvas.side, centreX + radius);
    column++
  )
    for (
      let row = Math.max(0, Math.floor(centreY - radius));
      row < Math.min(canvas.side, centreY + radius);
      row++
    ) {
      const x = (column - centreX) / radius;
      const y = (row - centreY) / radius;
      const far = Math.sqrt(x * x + y * y);
      const u = x * cos + y * sin;
      const v = y * cos - x * sin;
      const spikes = 1 / (1 + 60 * Math.abs(u * v) + 6 * far);
      const strength = Math.max(0, 1 - far) * Math.min(1.4, 0.5 / (0.15 + 6 * far * far) + 1.6 * spikes);
      const at = (column * canvas.side + row) * 3;
      canvas.colour[at] += 255 * strength;
      canvas.colour[at + 1] += 205 * strength;
      canvas.colour[at + 2] += 110 * strength;
    }
}

function fillRectangle(
  canvas: Canvas,
  [left, top, right, bottom]: readonly [number, number, number, number],
  colour: Rgb,
  opacity: number,
): void {
  for (let column = Math.round(left * canvas.side); column < Math.round(right * canvas.side); column++)
    for (let row = Math.round(top * canvas.side); row < Math.round(bottom * canvas.side); row++)
      for (let channel = 0; channel < 3; channel++) {
        const at = (column * canvas.side + row) * 3 + channel;
        const below = Math.min(255, canvas.colour[at]);
        canvas.colour[at] = below + (colour[channel] - below) * opacity;
      }
}

/** Draws the crosshair and, at the bottom, how full the magazine is, or how far it is loaded. */
export function drawMarks(canvas: Canvas, moment: Moment): void {
  const green: Rgb = [96, 255, 120];
  const thin = Math.max(0.5 / canvas.size, 1 / 256);
  const opened = moment.kick / 9000;
  for (const sign of [-1, 1]) {
    const inner = 0.5 + sign * (0.022 + opened);
    const outer = 0.5 + sign * (0.054 + opened);
    const [low, high] = [Math.min(inner, outer), Math.max(inner, outer)];
    fillRectangle(canvas, [low, 0.5 - thin, high, 0.5 + thin], green, 0.85);
    fillRectangle(canvas, [0.5 - thin, low, 0.5 + thin, high], green, 0.85);
  }
  const { magazine, reload } = weapons[moment.weapon];
  if (magazine === 0) return;
  const loading = moment.reloading > 0;
  const share = loading ? 1 - moment.reloading / reload : moment.rounds[moment.weapon] / magazine;
  fillRectangle(canvas, [0.7, 0.935, 0.97, 0.97], [16, 18, 20], 0.6);
  fillRectangle(
    canvas,
    [0.7, 0.935, 0.7 + 0.27 * share, 0.97],
    loading ? [255, 190, 60] : [236, 240, 244],
    0.9,
  );
}
