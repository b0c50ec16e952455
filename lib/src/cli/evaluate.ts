/** `vid2world evaluate` and `vid2world weights`: metrics of two folders of videos, and the files that metrics need. */
import { rename, stat, writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { useBackend } from "../engine/backends.js";
import { type Evaluation, evaluateFolders, type NetworkMetric } from "../metric/evaluate.js";
import type { I3dRange } from "../metric/i3d.js";
import { type ProtocolName, protocols } from "../metric/protocol.js";
import {
  findWeightFile,
  type WeightFile,
  type WeightFileKey,
  weightFiles,
  weightFolders,
} from "../metric/weightFiles.js";
import { showProgress } from "../notebook/showProgress.js";

const networkNames: readonly NetworkMetric[] = ["lpips", "dreamsim", "fid", "fvd"];

function networkList(text: string): NetworkMetric[] {
  const names = text.split(",").filter(Boolean) as NetworkMetric[];
  for (const name of names)
    if (!networkNames.includes(name))
      throw new InvalidArgumentError(`expected some of ${networkNames.join(",")}, separated by commas.`);
  return names;
}

interface EvaluateFlags {
  protocol: ProtocolName;
  networks: NetworkMetric[];
  fvdInput: I3dRange;
  json?: string;
  seed: string;
  resamples: string;
}

async function evaluate(truth: string, guess: string, flags: EvaluateFlags): Promise<void> {
  if (flags.json && (await stat(flags.json).catch(() => undefined)))
    throw new Error(`evaluate: ${flags.json} exists; remove it, or name another file.`);
  await useBackend("wasm");
  let bar: ReturnType<typeof showProgress> | undefined;
  let shown = "";
  const result = await evaluateFolders(truth, guess, {
    protocol: protocols[flags.protocol],
    networks: flags.networks,
    seed: Number(flags.seed),
    resamples: Number(flags.resamples),
    fvdInput: flags.fvdInput,
    onProgress: (stage, done, total) => {
      if (stage !== shown) {
        bar?.end();
        bar = showProgress(total, { label: stage });
        shown = stage;
      }
      bar?.update(done);
    },
  });
  bar?.end();
  process.stdout.write(`${describe(result)}\n`);
  if (!flags.json) return;
  await writeFile(`${flags.json}.part`, `${JSON.stringify(result, null, 1)}\n`);
  await rename(`${flags.json}.part`, flags.json);
}

/** One row for each clip and one of means, then the distances of the whole sets. */
function describe({ protocol, clips, mean, fid, fvd }: Evaluation): string {
  const average = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const columns = (["psnr", "ssim", "mse", "lpips", "dreamsim"] as const).filter((name) => name in mean);
  const width = Math.max(8, ...clips.map(({ name }) => name.length));
  const row = (name: string, cells: readonly string[]) =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(9))].join("  ");
  const cell = (column: string, value: number) => value.toFixed(column === "psnr" ? 4 : 6);
  const lines = [
    `protocol ${protocol.name}: ${clips.length} clips`,
    row(
      "clip",
      columns.map((name) => (name === "dreamsim" ? "DreamSim" : name.toUpperCase())),
    ),
    ...clips.map((clip) =>
      row(
        clip.name,
        columns.map((name) => cell(name, average(clip[name]!))),
      ),
    ),
    row(
      "mean",
      columns.map((name) => cell(name, mean[name]!)),
    ),
  ];
  for (const [name, distance] of [
    ["FID", fid],
    [`FVD (input in ${fvd?.network === "i3d zeroToOne" ? "[0, 1]" : "[-1, 1]"})`, fvd],
  ] as const) {
    if (!distance) continue;
    const { value, interval, samples, dimension, kernel, warning } = distance;
    const range = interval ? `, 95 % interval ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : "";
    lines.push(
      `${name}: ${value.toFixed(4)}${range} (N = ${samples.truth} and ${samples.guess}, ${dimension} features, ` +
        `kernel distance ${kernel.toExponential(3)})${warning ? `\n  ${warning}` : ""}`,
    );
  }
  const taken: Record<NetworkMetric, boolean> = {
    lpips: mean.lpips !== undefined,
    dreamsim: mean.dreamsim !== undefined,
    fid: fid !== undefined,
    fvd: fvd !== undefined || !protocol.fvdFrames,
  };
  const left = networkNames.filter((name) => !taken[name]);
  if (left.length > 0)
    lines.push(
      `not taken: ${left.join(", ")} (ask with --networks; \`vid2world weights\` lists the files they need)`,
    );
  return lines.join("\n");
}

async function listWeights(): Promise<void> {
  const lines: string[] = [`searched: ${weightFolders().join(", ")}`];
  for (const [key, file] of Object.entries(weightFiles) as [WeightFileKey, WeightFile][]) {
    const path = await findWeightFile(key);
    lines.push(
      "",
      `${file.name}: ${path ? `found, ${path}` : "not found"}`,
      `  for ${file.use}${file.bytes ? `; ${file.bytes.toLocaleString("en-US")} bytes` : ""}`,
      `  from ${file.source}`,
      ...(file.sha256 ? [`  SHA-256 ${file.sha256}${file.sha256.length < 64 ? "…" : ""}`] : []),
    );
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}

export function addEvaluation(program: Command): void {
  program
    .command("evaluate <truth> <prediction>")
    .description("compare two folders of videos, matched by name, by a protocol of the paper")
    .addOption(
      new Option("--protocol <name>", "what is scored").choices(Object.keys(protocols)).makeOptionMandatory(),
    )
    .option(
      "--networks <names>",
      "metrics that need files of weights: lpips,dreamsim,fid,fvd",
      networkList,
      [],
    )
    .addOption(
      new Option("--fvd-input <range>", "range of the values that reach FVD's network")
        .choices(["minusOneToOne", "zeroToOne"])
        .default("minusOneToOne"),
    )
    .option("--seed <number>", "for the intervals", "1")
    .option(
      "--resamples <count>",
      "for the intervals of FID and FVD; each takes as long as the distance",
      "20",
    )
    .option("--json <file>", "write all scores, by clip and frame, to a new file")
    .action(evaluate);
  program
    .command("weights")
    .description("list the files of weights that metrics need, where to get them, and whether they are here")
    .action(listWeights);
}
