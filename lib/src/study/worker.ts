/** The main module of a worker process: computes the cards that it is sent, one at a time. */
import { useBackend } from "../engine/backends.js";
import type { StudyFolders } from "./defineStudy.js";
import type { ProtocolCard } from "./protocolCard.js";
import { type ComputedUnit, computeCard } from "./tasks.js";

export interface WorkerTask {
  readonly card: ProtocolCard;
  readonly folders?: StudyFolders;
}

export type WorkerMessage =
  | { readonly share: number }
  | { readonly unit: ComputedUnit }
  | { readonly error: string };

const send = (message: WorkerMessage) => process.send?.(message);

process.on("message", ({ card, folders }: WorkerTask) => {
  useBackend()
    .then(() => computeCard(card, { folders, onProgress: (share) => send({ share }) }))
    .then((unit) => send({ unit }))
    .catch((error: Error) => send({ error: error.message }));
});
process.on("disconnect", () => process.exit()); // nobody waits for the result any more
