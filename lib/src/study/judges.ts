/** The lab's own networks that judge the world models of one built-in world, as far as they are there. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { InverseDynamics } from "../metric/inverseDynamics.js";
import { loadLabNetwork } from "../metric/labNetworkFile.js";
import type { StateReader } from "../metric/stateReader.js";
import type { VideoEncoder } from "../metric/videoEncoder.js";
import type { WorldName } from "../worlds/simulator.js";
import { readerFile } from "./trainReader.js";

export interface Judges {
  readonly encoder: VideoEncoder;
  readonly inverse: InverseDynamics;
  readonly reader: StateReader;
}

/** Names of the models that judge a world. */
export function judgeNames(world: WorldName) {
  return {
    encoder: "lab-features",
    inverse: `inverse-dynamics-${world}`,
    reader: `state-reader-${world}`,
  } as const;
}

/** Those that are in a folder of models, and the names of the others. */
export async function openJudges(models: string, world: WorldName) {
  const names = judgeNames(world);
  const file = (name: string) => readerFile(join(models, name));
  const missing: string[] = Object.values(names).filter((name) => !existsSync(file(name)));
  const judges: Partial<Judges> = {
    ...(!missing.includes(names.encoder) && {
      encoder: await loadLabNetwork(file(names.encoder), "videoEncoder"),
    }),
    ...(!missing.includes(names.inverse) && {
      inverse: await loadLabNetwork(file(names.inverse), "inverseDynamics"),
    }),
    ...(!missing.includes(names.reader) && {
      reader: await loadLabNetwork(file(names.reader), "stateReader"),
    }),
  };
  return { judges, missing };
}
