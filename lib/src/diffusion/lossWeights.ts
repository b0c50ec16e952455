/** How much every frame's error counts, by its noise level and those of the frames before it: plain numbers. */
import { alphaAt, type Prediction, type Schedule } from "../schedule/schedule.js";
import { requireChoice } from "../tensor/check.js";

const kinds = ["uniform", "minSnr", "cappedSnr", "fusedSnr"] as const;
export type LossWeighting = (typeof kinds)[number];

/** Signal-to-noise ratios above this count as this much. */
const snrClip = 5;
/** Share of the accumulated history that a frame keeps, for `fusedSnr`. */
const historyDecay = 0.96;

/**
 * Weight of every frame's squared error, in the form that the schedule predicts.
 *
 * - `uniform`: 1 (the paper).
 * - `minSnr`: min(SNR, 5) for x₀, divided by SNR for ε and by SNR + 1 for v (Hang et al., "Efficient diffusion training
 *   via min-SNR weighting", ICCV 2023).
 * - `cappedSnr`: min(SNR + 1, 5) for x₀: as v itself counts errors where noise prevails, so that the last level, which has
 *   no signal, counts too; and, as in min-SNR, what is nearly clean counts little.
 * - `fusedSnr`: `minSnr` with the SNR of a frame joined with what its history already tells (Chen et al., "Diffusion
 *   Forcing", NeurIPS 2024, appendix; decay 0.96 as in its Minecraft runs).
 *
 * @param levels [batch][frame], whole numbers in [0, levels)
 * @returns same form
 */
export function lossWeights(
  kind: LossWeighting,
  levels: readonly (readonly number[])[],
  schedule: Schedule,
): number[][] {
  requireChoice("lossWeights", "kind", kind, kinds);
  const { predicts } = schedule.config;
  return levels.map((row) => {
    if (kind === "uniform") return row.map(() => 1);
    const snr = row.map((level) => {
      const alpha = alphaAt(schedule, level);
      return alpha / (1 - alpha);
    });
    if (kind === "minSnr") return snr.map((ratio) => inForm(predicts, Math.min(ratio, snrClip), ratio));
    if (kind === "cappedSnr")
      return snr.map((ratio) => inForm(predicts, Math.min(ratio + 1, snrClip), ratio));
    let history = 0; // weighted mean of the clipped, normalised SNR of all earlier frames
    return snr.map((ratio, frame) => {
      const clipped = Math.min(ratio, snrClip) / snrClip;
      const unknown = 1 - history * historyDecay;
      const fusedClipped = 1 - unknown * (1 - clipped);
      const fused = 1 - unknown * (1 - ratio / snrClip);
      history = frame === 0 ? clipped : historyDecay * history + (1 - historyDecay) * clipped;
      return inForm(predicts, fusedClipped * snrClip, fused * snrClip);
    });
  });
}

/** A weight for x₀ errors, turned into one for errors of ε or v at the given signal-to-noise ratio. */
function inForm(predicts: Prediction, weight: number, snr: number): number {
  if (predicts === "x0") return weight;
  if (predicts === "v") return weight / (snr + 1);
  return snr === 0 ? 1 : weight / snr;
}
