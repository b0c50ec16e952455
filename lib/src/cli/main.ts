/** `vid2world`: look into weight files, convert them and evaluate videos, from a shell. */
import { Command } from "commander";
import { openTensors } from "../weights/openTensors.js";
import { type TensorSource, writeSafetensors } from "../weights/saveWeights.js";
import { describeTensors, formatBytes } from "./describeTensors.js";
import { addEvaluation } from "./evaluate.js";
import { addModelEvaluation } from "./evaluateModel.js";
import { addStudy } from "./study.js";
import { addTraining } from "./train.js";
import { wholeNumber } from "./wholeNumber.js";

/** One line on the terminal that fills as work is done; nothing where there is no terminal. */
function progressBar(written: number, total: number): void {
  if (!process.stderr.isTTY) return;
  const share = total > 0 ? written / total : 1;
  const bar = "#".repeat(Math.round(40 * share)).padEnd(40, ".");
  process.stderr.write(
    `\r[${bar}] ${formatBytes(written)} of ${formatBytes(total)}${share === 1 ? "\n" : ""}`,
  );
}

async function inspect(path: string, { depth }: { depth?: number }): Promise<void> {
  const file = await openTensors(path);
  try {
    process.stdout.write(`${describeTensors(file, depth)}\n`);
  } finally {
    await file.close();
  }
}

async function convert(from: string, to: string): Promise<void> {
  if (!to.endsWith(".safetensors")) throw new Error(`convert: ${to} should end in .safetensors.`);
  const file = await openTensors(from);
  try {
    const sources = new Map<string, TensorSource>();
    for (const [name, { type, shape }] of file.entries)
      sources.set(name, { type, shape, bytes: () => file.readBytes(name) });
    await writeSafetensors(to, sources, { metadata: file.metadata, onProgress: progressBar });
    process.stdout.write(`${to}: ${sources.size} tensors\n`);
  } finally {
    await file.close();
  }
}

const program = new Command("vid2world").description(
  "Train and score world models, run studies, evaluate videos, and look into weight files.",
);
program
  .command("inspect <file>")
  .description(
    "print the tensors in a .safetensors, .ckpt, .pt or .pth file as a tree, with shapes and totals",
  )
  .option("--depth <levels>", "only count what lies deeper", wholeNumber)
  .action(inspect);
program
  .command("convert <from> <to>")
  .description("write the tensors of a checkpoint to a .safetensors file, names and element types unchanged")
  .action(convert);

addEvaluation(program);
addModelEvaluation(program);
addTraining(program);
addStudy(program);

program.parseAsync().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
