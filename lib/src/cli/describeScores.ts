/** Scores of trained models in lines of text. */
import type { ClipEstimate } from "../study/estimate.js";
import type { ModelScores } from "../study/evaluateModel.js";
import type { WorldScores } from "../study/scoreWorld.js";

const decibels = ({ value, interval: [low, high] }: ClipEstimate) =>
  `${value.toFixed(2)} dB (${low.toFixed(2)} to ${high.toFixed(2)})`;
const share = ({ value, interval: [low, high] }: ClipEstimate) =>
  `${(100 * value).toFixed(0)} % (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("   ")
      .trimEnd(),
  );
}

/** What was found; intervals are 95 %. */
export function describeScores(scores: ModelScores): string {
  const head = `${scores.name}, ${scores.steps} updates, ${scores.clips} held-out clips, 95 % intervals`;
  if (scores.kind === "autoencoder") {
    const rows = Object.entries(scores.sources).map(([source, { psnr, objects }]) => [
      source,
      decibels(psnr),
      objects ? decibels(objects) : "-",
      objects ? `${(100 * objects.share).toFixed(0)} %` : "-",
    ]);
    const titles = ["source", "all pixels", "object pixels", "share of pixels"];
    return [head, ...table([titles, ...rows])].join("\n");
  }
  if ("loss" in scores) {
    const rows = Object.entries(scores.numbers ?? {}).map(([name, { explained, error }]) => [
      name,
      explained.toFixed(2),
      error.toPrecision(2),
    ]);
    const titles = ["number", "share of its variance read", "error"];
    return [
      `${scores.name}, ${scores.steps} updates, ${scores.clips} held-out clips`,
      `loss ${scores.loss.toFixed(3)}`,
      ...(rows.length > 0 ? table([titles, ...rows]) : []),
    ].join("\n");
  }
  return [head, ...describeWorld(scores)].join("\n");
}

function describeWorld(scores: WorldScores): string[] {
  const { given, predicted, changedPixels, beside, missing } = scores;
  const { copy, ceiling } = changedPixels.psnr;
  const rows = [
    [scores.name, changedPixels.psnr.model.toFixed(2), share(changedPixels.closed), "-"],
    ...Object.entries(beside).map(([name, other]) => [
      name,
      other.psnr.model.toFixed(2),
      share(other.closed),
      decibels(other.behind),
    ]),
  ];
  const { steps, solver, strength, historyLevel } = changedPixels.sampling;
  return [
    `${given} frames given, ${predicted} predicted; ${steps} ${solver} ${steps === 1 ? "step" : "steps"}, s = ${strength}, history level ${historyLevel}`,
    `loss ${scores.heldOutLoss.value.toFixed(3)} (${scores.heldOutLoss.interval.map((end) => end.toFixed(3)).join(" to ")})`,
    `changed pixels: copying ${copy.toFixed(2)} dB, autoencoder ${ceiling.toFixed(2)} dB`,
    ...table([["model", "PSNR", "of the way closed", "behind"], ...rows]),
    ...describeActions(scores),
    ...describeLongRollouts(scores),
    ...(missing.length > 0 ? [`not there, so not scored: ${missing.join(", ")}`] : []),
  ];
}

function describeActions({ actions, readBack }: WorldScores): string[] {
  const lines: string[] = [];
  if (actions)
    lines.push(
      `actions, ${actions.states} states of 6: nearest true frame is its own ${share(actions.nearestTrue)}, ` +
        `nearest generated ${share(actions.nearestGenerated)}`,
    );
  if (readBack) {
    const well = Object.entries(readBack.slope).filter(([, { truth }]) => truth >= 0.5);
    const slopes = well.map(([name, { guess }]) => `${name} ${guess.toFixed(2)}`).join(", ") || "none";
    const { value, interval = [Number.NaN, Number.NaN] } = readBack.ratio;
    const [low, high] = interval.map((end) => end.toFixed(2));
    lines.push(
      `actions read back: error ${value.toFixed(2)} (${low} to ${high}) times that on true frames; slopes of what ` +
        `can be read: ${slopes}`,
    );
  }
  return lines;
}

function describeLongRollouts({ longRollouts }: WorldScores): string[] {
  if (!longRollouts) return [];
  const { clips, frames, colourError, lastPsnr, placeError, present, frechet } = longRollouts;
  const { model, copy, ahead } = lastPsnr;
  const percent = (value: number) => `${(100 * value).toFixed(0)} %`;
  const at = Object.entries(colourError.at).map(([t, value]) => `${value.toFixed(3)} at ${t}`);
  const lines = [
    `${frames} frames, ${clips} clips, rolling: colour error ${colourError.all.value.toFixed(3)} (${at.join(", ")})`,
    `last 20 frames ${model.toFixed(2)} dB, copying ${copy.toFixed(2)} dB, ahead ${decibels(ahead)}`,
  ];
  if (placeError)
    lines.push(
      `off the true place by ${share(placeError.guess)} of the path; read from true frames ${share(placeError.truth)}`,
    );
  if (present)
    lines.push(
      `things still there ${percent(present.guess)}; read from true frames ${percent(present.truth)}`,
    );
  if (frechet) {
    const [early, late, ratio] = [frechet.early, frechet.late, frechet.ratio].map((value) =>
      value.toFixed(2),
    );
    lines.push(`lab Fréchet distance ${early} early, ${late} late, ${ratio} times`);
  }
  return lines;
}
