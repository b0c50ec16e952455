/** `vid2world evaluate-model`: scores of a trained model on held-out episodes, as a table and beside its weights. */
import { type Command, InvalidArgumentError } from "commander";
import { useBackend } from "../engine/backends.js";
import { type Progress, showProgress } from "../notebook/showProgress.js";
import type { ClipEstimate } from "../study/estimate.js";
import { evaluateModel, type ModelScores } from "../study/evaluateModel.js";

interface Options {
  readonly scratch: string;
  readonly threads: number;
  readonly clips: number;
  readonly json?: boolean;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("expected a whole number from 1 up.");
  return value;
}

async function evaluateByFolder(dir: string, { json, ...options }: Options): Promise<void> {
  await useBackend("wasm");
  let bar: { readonly label: string; readonly shown: Progress } | undefined;
  const scores = await evaluateModel(dir, {
    ...options,
    onProgress: (label, done, of) => {
      if (bar?.label !== label) {
        bar?.shown.end();
        bar = { label, shown: showProgress(of, { label }) };
      }
      bar.shown.update(done);
    },
  });
  bar?.shown.end();
  process.stdout.write(`${describe(scores)}\n${dir}/scores.json is written.\n`);
  if (json) process.stdout.write(`${JSON.stringify(scores)}\n`);
}

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

/** What was found, in lines of text; intervals are 95 %. */
function describe(scores: ModelScores): string {
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
    head,
    `${given} frames given, ${predicted} predicted; ${steps} ${solver} steps, s = ${strength}, history level ${historyLevel}`,
    `changed pixels: copying ${copy.toFixed(2)} dB, autoencoder ${ceiling.toFixed(2)} dB`,
    ...table([["model", "PSNR", "of the way closed", "behind"], ...rows]),
    ...(missing.length > 0 ? [`not there, so not scored: ${missing.join(", ")}`] : []),
  ].join("\n");
}

/** Adds the command. */
export function addModelEvaluation(program: Command): void {
  program
    .command("evaluate-model <folder>")
    .description("score a trained model on held-out episodes; writes scores.json into its folder")
    .option("--clips <count>", "episodes, of each source where there are several", wholeNumber, 64)
    .option("--scratch <dir>", "folder for recorded clips", ".cache/train")
    .option("--threads <count>", "threads", wholeNumber, 1)
    .option("--json", "print the scores once more, as one line, at the end")
    .action(evaluateByFolder);
}
