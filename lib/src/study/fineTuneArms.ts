/** Settings of one arm of a fine-tuning study. */
import type { FineTuneSettings } from "./fineTune.js";
import type { Plain, ProtocolCard } from "./protocolCard.js";

/** Without guidance no action is dropped in training, and the model is taken at its word when it draws. */
export const unguided: FineTuneSettings["guidance"] = { dropout: 0, strength: 1 };

/** The paper's chance of a dropped action, with the milder guidance that suits small models. */
export const guided: FineTuneSettings["guidance"] = { dropout: 0.2, strength: 1.5 };

/** The paper's guidance as it stands there. */
export const paperGuided: FineTuneSettings["guidance"] = { dropout: 0.2, strength: 2.5 };

/** An arm that is turned causal by a rule. Equal arms give equal cards, so studies share their results. */
export function causalArm(
  { transfer, points = 2, norm = "frame" }: FineTuneSettings["causal"],
  guidance: FineTuneSettings["guidance"],
): ProtocolCard {
  const causal = { transfer, ...(transfer === "extrapolative" && { points }), norm };
  return { causal, guidance: guidance as unknown as Plain };
}
