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

/** A Python that can import torch, or undefined. */
export function findPython(): { python: string; version: string } | undefined {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const { status, stdout } = spawnSync(python, ["-c", "import torch, numpy; print(torch.__version__)"]);
    if (status === 0) return { python, version: stdout.toString().trim() };
  }
  return undefined;
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
