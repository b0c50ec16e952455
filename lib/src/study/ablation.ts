/** The study behind the paper's Tables 2 and 5, with one axis that nobody has published: what temporal norms look at. */
import { type FineTuneStudyOptions, studyProtocol } from "./budgets.js";
import { defineStudy, type Study } from "./defineStudy.js";
import { causalArm, guided, paperGuided, unguided } from "./fineTuneArms.js";

/**
 * Three transfers without guidance, two with it, the same network from scratch, and two other norms in the paper's arm.
 *
 * @throws Error if what the budget needs is not there
 */
export async function ablationStudy(options: FineTuneStudyOptions): Promise<Study> {
  const paper = options.budget === "paper";
  const aided = paper ? paperGuided : guided;
  const extrapolative = { transfer: "extrapolative" } as const;
  return defineStudy({
    name: "ablation",
    question:
      "Which parts of the recipe does the result need: the transfer, the guidance, the base, the norm?",
    arms: {
      shift: causalArm({ transfer: "shift" }, unguided),
      masked: causalArm({ transfer: "masked" }, unguided),
      extrapolative: causalArm(extrapolative, unguided),
      "masked + AG": causalArm({ transfer: "masked" }, aided),
      "extrapolative + AG": causalArm(extrapolative, aided),
      "from scratch": { ...causalArm(extrapolative, aided), start: "scratch" },
      "cumulative norm": causalArm({ ...extrapolative, norm: "cumulative" }, aided),
      "clip norm": causalArm({ ...extrapolative, norm: "clip" }, aided),
    },
    reference: "extrapolative + AG",
    axis: ["causal", "guidance", "start"],
    seeds: options.seeds,
    protocol: await studyProtocol(options),
    expectation: {
      psnr: [
        { arm: "shift", direction: "below", paper: "21.5 against 23.9 dB (Table 2)" },
        { arm: "masked", direction: "below", paper: "22.9 against 23.9 dB (Table 2)" },
        { arm: "extrapolative", direction: "below", paper: "23.4 against 23.9 dB (Table 2)" },
        { arm: "masked + AG", direction: "equal", margin: 0.3, paper: "23.9 against 23.9 dB (Table 2)" },
        { arm: "from scratch", direction: "below", paper: "8.3 against 23.9 dB (Table 5)" },
        { arm: "cumulative norm", direction: "equal", margin: 0.3 },
        { arm: "clip norm", direction: "equal", margin: 0.3 },
      ],
      // at the paper's size FID and FVD are kept with the results, without intervals over clips
      ...(!paper && {
        "lab Fréchet": [
          { arm: "shift", direction: "above", paper: "FVD 29.9 against 22.4 (Table 2)" },
          { arm: "masked + AG", direction: "above", paper: "FVD 25.8 against 22.4 (Table 2)" },
          { arm: "from scratch", direction: "above", paper: "FVD 1768.8 against 22.4 (Table 5)" },
        ],
      }),
    },
  });
}
