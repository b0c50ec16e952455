/** Settings worth comparing: one that works, and one for each way to break it. */
import type { Preset } from "./protocol.js";

export const presets: readonly Preset[] = [
  {
    name: "good",
    kind: "good",
    notice:
      "As trained: frames follow the keys; how fast the drift from the simulator grows says how far training has come.",
    changes: { mask: "trained", norm: "trained" },
    transfer: "extrapolative",
  },
  {
    name: "no guidance",
    kind: "broken",
    notice:
      "At strength 1 nothing presses for the action: of a young model a key gets little or nothing; one that knows its keys needs no more.",
    changes: { strength: 1 },
  },
  {
    name: "too much guidance",
    kind: "broken",
    notice: "At strength 8 every action is overdone: contrast grows, then colours burn out within seconds.",
    changes: { strength: 8 },
  },
  {
    name: "masked transfer",
    kind: "broken",
    notice:
      "Kernels that only dropped their taps on the future, which the paper’s Table 2 puts behind: see beside “good” whether it shows.",
    changes: {},
    transfer: "masked",
  },
  {
    name: "joint norm",
    kind: "broken",
    notice:
      "Norms over all frames let the noisy new frame change how the past is seen: brightness pumps, and no cache is exact.",
    changes: { norm: "clip", cache: "none" },
  },
  {
    name: "history level 0",
    kind: "broken",
    notice:
      "The past is taken for perfect, so the network's own small errors are believed and add up: look for drift after a few seconds.",
    changes: { historyLevel: 0 },
  },
  {
    name: "leak",
    kind: "broken",
    notice:
      "Attention to all frames lets the past look at the frame being made, which training never showed it; and no cache is possible.",
    changes: { mask: "full", cache: "none" },
  },
];
