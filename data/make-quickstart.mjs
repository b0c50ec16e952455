/**
 * Draws data/quickstart.mp4: three balls on a floor of soft colours under a slowly swaying camera, 96 frames of 128×128 at 12
 * frames per second. Everything comes round again after 42 frames, so the clip holds its loop a little more than twice:
 * a model that has seen the first 84 frames has seen every movement that the last twelve repeat.
 *
 *     npm run build && node data/make-quickstart.mjs
 */
import { fileURLToPath } from "node:url";
import { tensor4d } from "@tensorflow/tfjs";
import { writeVideo } from "vid2world";

const side = 128;
const frames = 96;
const fps = 12;
const loop = 42; // frames
const samples = 3; // per pixel and axis

const turn = 2 * Math.PI;
const mix = (a, b, share) => a.map((value, i) => value + (b[i] - value) * share);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const smooth = (low, high, value) => {
  const t = clamp((value - low) / (high - low), 0, 1);
  return t * t * (3 - 2 * t);
};

/** Where the camera looks at time t (in frames), in pixels. */
const camera = (t) => [9 * Math.sin((turn * t) / loop), 6 * Math.cos((turn * t) / loop)];

/** Floor position (x, y) and height above the floor of each ball at time t, with its radius and colour. */
const balls = (t) => [
  {
    x: 64 + 36 * Math.cos((turn * t) / loop),
    y: 62 + 26 * Math.sin((turn * t) / loop),
    height: 0,
    radius: 19,
    colour: [0.93, 0.33, 0.25],
  },
  {
    x: 64 - 40 * Math.cos((turn * t) / loop),
    y: 40 + 10 * Math.sin((2 * turn * t) / loop),
    height: 0,
    radius: 16,
    colour: [0.12, 0.55, 0.78],
  },
  {
    x: 74 + 16 * Math.sin((turn * t) / loop),
    y: 100,
    height: 44 * Math.abs(Math.sin((turn * t) / loop)),
    radius: 16,
    colour: [0.98, 0.78, 0.22],
  },
];

/** A floor of soft, wide waves of colour; x and y in floor pixels. */
function floor(x, y) {
  const wave = 0.5 + 0.5 * Math.sin((turn * x) / 90 + 1.2 * Math.sin((turn * y) / 120));
  const glow = 0.5 + 0.5 * Math.cos((turn * (x + 0.6 * y)) / 150);
  return mix(mix([0.36, 0.45, 0.58], [0.74, 0.72, 0.68], wave), [0.86, 0.78, 0.62], 0.35 * glow);
}

const light = [-0.5, -0.62, 0.6];

function colourAt(px, py, scene, [panX, panY]) {
  let colour = floor(px + panX, py + panY);
  for (const { x, y, height, radius } of scene) {
    // The shadow moves away from the ball as it rises, and grows softer.
    const dx = (px + panX - x - 0.5 * height * 0.5 - 4) / radius;
    const dy = (py + panY - y - 0.3 * radius - 0.1 * height) / (0.62 * radius);
    const shade = 1 - smooth(0.6 - 0.004 * height, 1.25 + 0.008 * height, Math.hypot(dx, dy));
    colour = colour.map((value) => value * (1 - 0.55 * shade));
  }
  for (const { x, y, height, radius, colour: paint } of [...scene].sort((a, b) => a.y - b.y)) {
    const nx = (px + panX - x) / radius;
    const ny = (py + panY - (y - height)) / radius;
    const inside = 1 - nx * nx - ny * ny;
    if (inside <= 0) continue;
    const nz = Math.sqrt(inside);
    const facing = Math.max(0, nx * light[0] + ny * light[1] + nz * light[2]);
    const shine = Math.max(0, 2 * facing * nz - light[2]) ** 14; // mirror direction against the viewer's
    const rim = 0.18 * (1 - nz);
    colour = paint.map((value) => value * (0.28 + 0.85 * facing) + 0.6 * shine - rim * 0.4);
  }
  const far = Math.hypot(px - side / 2, py - side / 2) / side;
  return colour.map((value) => clamp(value * (1.06 - 0.5 * far * far), 0, 1));
}

function draw(t, out, offset) {
  const scene = balls(t);
  const pan = camera(t);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const sum = [0, 0, 0];
      for (let j = 0; j < samples; j++)
        for (let i = 0; i < samples; i++) {
          const colour = colourAt(x + (i + 0.5) / samples, y + (j + 0.5) / samples, scene, pan);
          for (let c = 0; c < 3; c++) sum[c] += colour[c] / samples ** 2;
        }
      out.set(sum, offset + 3 * (y * side + x));
    }
}

const values = new Float32Array(frames * side * side * 3);
for (let t = 0; t < frames; t++) draw(t, values, t * side * side * 3);
const path = fileURLToPath(new URL("quickstart.mp4", import.meta.url));
await writeVideo(path, tensor4d(values, [frames, side, side, 3]), { fps, overwrite: true });
