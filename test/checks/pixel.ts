/**
 * Compares MSE, PSNR and SSIM with recorded values on a folder of clip pairs.
 *
 *     npm run check:pixel -- <folder of clips> <pixel.json>
 *
 * pixel.json names for each clip the two files (`gt`, `pred`; their last two path parts are looked for in the folder),
 * the SHA-256 of their decoded bytes, and the values per frame. The clips are decoded by ffmpeg with the command in
 * the file, and by readVideo; both must give the recorded bytes. Exit code 1 on any disagreement.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setBackend, type Tensor2D, type Tensor5D, tensor5d, tidy } from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { frameMse, framePsnr, frameSsim, luma601, readVideo } from "vid2world";

interface Recorded {
  mean: number;
  per_frame: number[];
}
type Metrics = Record<string, Recorded> & { psnr_of_pooled_mse: number; box_top_left_h_w?: number[] };
interface Clip {
  gt: string;
  pred: string;
  frames: number;
  height: number;
  width: number;
  gt_rgb24_sha256: string;
  pred_rgb24_sha256: string;
  full_frame: Metrics;
  active_area_crop?: Metrics;
  luma_plane_Y_raw: Metrics;
}

/** Largest difference allowed: mean square of bytes (relative), decibels, SSIM. */
const tolerance = { mse: 1e-6, psnr: 1e-4, ssim: 1e-6 };

const [folder, goldens] = process.argv.slice(2);
if (!folder || !goldens) {
  console.error("usage: npm run check:pixel -- <folder of clips> <pixel.json>");
  process.exit(2);
}
const { clips, _decode_command: decodeCommand } = JSON.parse(readFileSync(goldens, "utf8")) as {
  clips: Record<string, Clip>;
  _decode_command: string;
};

await setBackend("wasm");
const worst = new Map<string, number>();
let failures = 0;

function compare(clip: string, name: string, kind: keyof typeof tolerance, ours: number[], theirs: number[]) {
  const gaps = ours.map((value, i) => Math.abs(value - theirs[i]) / (kind === "mse" ? theirs[i] : 1));
  const gap = ours.length === theirs.length ? Math.max(...gaps) : Infinity;
  worst.set(name, Math.max(worst.get(name) ?? 0, gap));
  if (gap <= tolerance[kind]) return;
  failures++;
  console.log(`  ${clip} ${name}: differs by ${gap.toExponential(2)}, allowed ${tolerance[kind]}`);
}

const list = (scores: Tensor2D) => [...tidy(() => scores.flatten()).dataSync()];
const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function compareAll(clip: string, area: string, truth: Tensor5D, guess: Tensor5D, recorded: Metrics): void {
  const check = (name: string, kind: keyof typeof tolerance, score: () => Tensor2D) => {
    const ours = list(tidy(score));
    compare(clip, `${area} ${name}`, kind, ours, recorded[name].per_frame);
    compare(clip, `${area} ${name}, mean`, kind, [meanOf(ours)], [recorded[name].mean]);
  };
  check("mse_255", "mse", () => frameMse(truth, guess).mul(255 ** 2));
  check("psnr_255", "psnr", () => framePsnr(truth, guess, { variant: "exact" }));
  check("psnr_piqa_eps1e-8_range1", "psnr", () => framePsnr(truth, guess));
  const pooled = -10 * Math.log10(meanOf(list(frameMse(truth, guess))));
  compare(clip, `${area} psnr_of_pooled_mse`, "psnr", [pooled], [recorded.psnr_of_pooled_mse]);
  const uniform = { variant: "uniform7" } as const;
  check("ssim_valid11_rgb", "ssim", () => frameSsim(truth, guess));
  check("ssim_skimage_gauss_rgb", "ssim", () => frameSsim(truth, guess));
  check("ssim_skimage_default7x7_rgb", "ssim", () => frameSsim(truth, guess, uniform));
  const [y, z] = [luma601(truth), luma601(guess)];
  check("ssim_valid11_luma601", "ssim", () => frameSsim(y, z));
  check("ssim_skimage_gauss_luma601", "ssim", () => frameSsim(y, z));
  check("ssim_skimage_default7x7_luma601", "ssim", () => frameSsim(y, z, uniform));
  y.dispose();
  z.dispose();
}

/** Bytes that ffmpeg gives for a file, with the recorded command in another pixel format if asked. */
function decode(file: string, pixels: "rgb24" | "yuv420p"): Buffer {
  const words = decodeCommand.replace("rgb24", pixels).split(" ").slice(1);
  const args = words.map((word) => (word === "IN.mp4" ? file : word));
  return execFileSync("ffmpeg", args, { maxBuffer: 2 ** 31 });
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function video(clip: string, file: string, { frames, height, width }: Clip, sha256: string) {
  const bytes = decode(file, "rgb24");
  if (hash(bytes) !== sha256) {
    failures++;
    console.log(`  ${clip}: ffmpeg here decodes ${file} to other bytes than those recorded`);
  }
  const own = await readVideo(file);
  if (hash(Uint8Array.from(own.dataSync(), (value) => Math.round(value * 255))) !== sha256) {
    failures++;
    console.log(`  ${clip}: readVideo gives other bytes than those recorded for ${file}`);
  }
  own.dispose();
  return tensor5d(
    Float32Array.from(bytes, (value) => value / 255),
    [1, frames, height, width, 3],
  );
}

/** The Y plane alone: [1, frame, height, width, 1]. */
function brightness(file: string, { frames, height, width }: Clip): Tensor5D {
  const bytes = decode(file, "yuv420p");
  const plane = height * width;
  const values = new Float32Array(frames * plane);
  for (let t = 0; t < frames; t++)
    for (let i = 0; i < plane; i++) values[t * plane + i] = bytes[t * plane * 1.5 + i] / 255;
  return tensor5d(values, [1, frames, height, width, 1]);
}

for (const [name, clip] of Object.entries(clips)) {
  console.log(name);
  const [truthFile, guessFile] = [clip.gt, clip.pred].map((path) =>
    join(folder, ...path.split("/").slice(-2)),
  );
  const truth = await video(name, truthFile, clip, clip.gt_rgb24_sha256);
  const guess = await video(name, guessFile, clip, clip.pred_rgb24_sha256);
  compareAll(name, "full frame", truth, guess, clip.full_frame);
  const box = clip.active_area_crop?.box_top_left_h_w;
  if (clip.active_area_crop && box) {
    const [top, left, height, width] = box;
    const crop = (all: Tensor5D) =>
      all.slice([0, 0, top, left, 0], [1, clip.frames, height, width, 3]) as Tensor5D;
    const [truthCrop, guessCrop] = [crop(truth), crop(guess)];
    compareAll(name, "crop", truthCrop, guessCrop, clip.active_area_crop);
    truthCrop.dispose();
    guessCrop.dispose();
  }
  const [y, z] = [brightness(truthFile, clip), brightness(guessFile, clip)];
  const plane = clip.luma_plane_Y_raw;
  const psnr = list(framePsnr(y, z, { variant: "exact" }));
  compare(name, "Y plane psnr_255", "psnr", psnr, plane.psnr_255.per_frame);
  compare(name, "Y plane ssim", "ssim", list(frameSsim(y, z)), plane.ssim_skimage_gauss.per_frame);
  for (const tensor of [truth, guess, y, z]) tensor.dispose();
}

console.log(`\n${"largest difference".padEnd(48)}value`);
for (const [name, gap] of worst) console.log(name.padEnd(48) + gap.toExponential(2));
console.log(
  failures ? `\n${failures} disagreements` : `\nall values agree (${Object.keys(clips).length} clips)`,
);
process.exit(failures ? 1 : 0);
