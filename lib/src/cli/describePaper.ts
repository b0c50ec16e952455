import type { DistributionDistance } from "../metric/distributions.js";
import { type Study, units } from "../study/defineStudy.js";
import { type PaperScale, paperNeeds } from "../study/paperScale.js";
import type { ResultStore } from "../study/resultStore.js";

/** What a study at the paper's size is about to ask of a machine. */
export function describePaper(scale: PaperScale, missing: number): string {
  const { batch, accumulate, frames, size, optimizer, clips, given, provider } = scale;
  const { parameters, gigabytes, disk, training, drawing } = paperNeeds(scale);
  const whole = (value: number) => Math.round(value).toLocaleString("en-US");
  const short = (value: number) => (value < 10 ? value.toPrecision(2) : whole(value));
  return [
    `Each result: ${whole(optimizer.steps)} updates of ${batch * accumulate} windows (${frames} frames of ${size.join(" × ")}), ` +
      `then ${whole(clips)} clips of ${frames - given} drawn frames.`,
    `Memory of the ${provider} provider: ${short(gigabytes)} GB for ${whole(parameters / 1e6)} million trained and all frozen ` +
      "weights, gradients and AdamW's means in 32 bits, and activations on top (the paper: 37 GB on each of 4 GPUs, in 16).",
    `Disk: ${short(disk)} GB of checkpoints and the drawn clips in the scratch folder, for each result at hand.`,
    `At the paper's pace on A100-40GB: ${short(training)} GPU-hours of training and ${short(drawing)} of drawing for each ` +
      `result, ${short(missing * (training + drawing))} for all that are missing.`,
    "This code was run at this size by nobody yet; its tests run it with smaller numbers.",
  ].join("\n");
}

/** FID and FVD of every result, where the files of weights for them were there. */
export async function describeDistances(study: Study, store: ResultStore): Promise<string> {
  const lines: string[] = [];
  for (const { arm, seed, card } of units(study)) {
    const found = (await store.read(card))?.shown?.distances ?? {};
    for (const [name, { value, interval, warning }] of Object.entries(
      found as unknown as Readonly<Record<string, DistributionDistance>>,
    )) {
      const range = interval ? ` [${interval.map((end) => end.toPrecision(4)).join(", ")}]` : "";
      const figures = `${value.toPrecision(4)}${range}`;
      lines.push(
        `${name.toUpperCase()} of ${arm}, seed ${seed}: ${figures}${warning ? ` (${warning})` : ""}`,
      );
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}
