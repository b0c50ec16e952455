/** PyTorch on the same network: a Python process that answers one command at a time. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface PeerSettings {
  readonly weights: string;
  readonly inputs: string;
  readonly threads: number;
  /** Width of an attention head, and groups of a norm. */
  readonly heads: number;
  readonly groups: number;
}

export interface Peer {
  ask(command: "check"): Promise<{ loss: number }>;
  ask(command: "forward" | "step"): Promise<{ seconds: number; processor: number }>;
  close(): void;
}

const introduction = `
import time, torch, numpy
torch.set_num_threads(1)
a, b, best = torch.rand(768, 768), torch.rand(768, 768), 1e9
for _ in range(8):
    began = time.perf_counter(); torch.mm(a, b); best = min(best, time.perf_counter() - began)
print(torch.__version__, 2 * 768 ** 3 / best / 1e9)`;

/**
 * A Python that can import torch, or undefined. `matrixGflops`: its matrix product at one thread, which tells whether
 * the comparison is fair. Debian's torch takes the reference BLAS, some ten times slower, unless another is installed.
 */
export function findPython(): { python: string; version: string; matrixGflops: number } | undefined {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const { status, stdout } = spawnSync(python, ["-c", introduction]);
    const [version, rate] = stdout?.toString().trim().split(" ") ?? [];
    if (status === 0) return { python, version, matrixGflops: Number(rate) };
  }
  return undefined;
}

/** A sentence for the report, if PyTorch multiplies matrices so much slower than we do that ratios would flatter us. */
export function unfairPeer(theirs: number, ours: number): string | undefined {
  return theirs < ours / 8
    ? `PyTorch multiplies matrices at ${theirs.toFixed(0)} GFLOP/s here, we at ${ours.toFixed(0)}: it has no fast BLAS, and the ratios ` +
        "flatter us. Install one (Debian: libopenblas0-pthread) and measure again."
    : undefined;
}

export async function startPeer(python: string, folder: string, settings: PeerSettings): Promise<Peer> {
  const path = join(folder, `settings-${settings.threads}.json`);
  await writeFile(path, JSON.stringify(settings));
  const env = { ...process.env, OMP_NUM_THREADS: `${settings.threads}` };
  const child: ChildProcessWithoutNullStreams = spawn(
    python,
    [fileURLToPath(new URL("videoUnet.py", import.meta.url)), path],
    { env },
  );
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The PyTorch peer ended: ${complaint.trim().split("\n").pop()}`);
    return JSON.parse(value);
  };
  await next(); // its version: it is ready
  return {
    ask(command: string) {
      child.stdin.write(`${command}\n`);
      return next();
    },
    close: () => child.stdin.end(),
  };
}
