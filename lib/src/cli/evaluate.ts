/** `vid2world evaluate` and `vid2world weights`: metrics of two folders of videos, and the files that metrics need. */
import { rename, stat, writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { useBackend } from "../engine/backends.js";
import { type Evaluation, evaluateFolders } from "../metric/evaluate.js";
import { type ProtocolName, protocols } from "../metric/protocol.js";
import {
  findWeightFile,
  type WeightFile,
  type WeightFileKey,
  weightFiles,
  weightFolders,
} from "../metric/weightFiles.js";
import { showProgress } from "../notebook/showProgress.js";

type Network = "lpips" | "fid" | "fvd";
const networkNames: readonly Network[] = ["lpips", "fid", "fvd"];

function networkList(text: string): Network[] {
  const names = text.split(",").filter(Boolean) as Network[];
  for (const name of names)
    if (!networkNames.includes(name))
      throw new InvalidArgumentError(`expected some of ${networkNames.join(",")}, separated by commas.`);
  return names;
}

interface EvaluateFlags {
  protocol: ProtocolName;
  networks: Network[];
  json?: string;
  seed: string;
}

async function evaluate(truth: string, guess: string, flags: EvaluateFlags): Promise<void> {
  if (flags.json && (await stat(flags.json).catch(() => undefined)))
    throw new Error(`evaluate: ${flags.json} exists; remove it, or name another file.`);
  await useBackend("wasm");
  let bar: ReturnType<typeof showProgress> | undefined;
  const result = await evaluateFolders(truth, guess, {
    protocol: protocols[flags.protocol],
    networks: flags.networks,
    seed: Number(flags.seed),
    onProgress: (done, total) => {
      bar ??= showProgress(total, { label: "clips" });
      bar.update(done);
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
  const withLpips = mean.lpips !== undefined;
  const width = Math.max(8, ...clips.map(({ name }) => name.length));
  const row = (name: string, psnr: string, ssim: string, mse: string, lpips: string) =>
    [
      name.padEnd(width),
      psnr.padStart(9),
      ssim.padStart(9),
      mse.padStart(9),
      ...(withLpips ? [lpips.padStart(9)] : []),
    ]
      .join("  ")
      .trimEnd();
  const numbers = (name: string, psnr: number, ssim: number, mse: number, lpips = 0) =>
    row(name, psnr.toFixed(4), ssim.toFixed(6), mse.toFixed(6), lpips.toFixed(6));
  const lines = [
    `protocol ${protocol.name}: ${clips.length} clips`,
    row("clip", "PSNR", "SSIM", "MSE", "LPIPS"),
    ...clips.map((clip) =>
      numbers(
        clip.name,
        average(clip.psnr),
        average(clip.ssim),
        average(clip.mse),
        average(clip.lpips ?? [0]),
      ),
    ),
    numbers("mean", mean.psnr, mean.ssim, mean.mse, mean.lpips),
  ];
  for (const [name, distance] of [
    ["FID", fid],
    ["FVD (input in [-1, 1])", fvd],
  ] as const) {
    if (!distance) continue;
    const { value, interval, samples, dimension, kernel, warning } = distance;
    const range = interval ? `, 95 % interval ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : "";
    lines.push(
      `${name}: ${value.toFixed(4)}${range} (N = ${samples.truth} and ${samples.guess}, ${dimension} features, ` +
        `kernel distance ${kernel.toExponential(3)})${warning ? `\n  ${warning}` : ""}`,
    );
  }
  const left = [
    ...(withLpips ? [] : ["lpips"]),
    ...(fid ? [] : ["fid"]),
    ...(fvd || !protocol.fvdFrames ? [] : ["fvd"]),
  ];
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
    .option("--networks <names>", "metrics that need files of weights: lpips,fid,fvd", networkList, [])
    .option("--seed <number>", "for the intervals", "1")
    .option("--json <file>", "write all scores, by clip and frame, to a new file")
    .action(evaluate);
  program
    .command("weights")
    .description("list the files of weights that metrics need, where to get them, and whether they are here")
    .action(listWeights);
}
