/** The study behind section 4.1 of the paper: what each rule for the future's taps costs at the start and after training. */
import { type FineTuneStudyOptions, studyProtocol } from "./budgets.js";
import { defineStudy, type Study } from "./defineStudy.js";
import { causalArm, unguided } from "./fineTuneArms.js";

/**
 * Shift, masked, and extrapolative with 2, 3 and 4 points, all without guidance, so that nothing but the kernels differs.
 *
 * @throws Error if what the budget needs is not there
 */
export async function weightTransferStudy(options: FineTuneStudyOptions): Promise<Study> {
  return defineStudy({
    name: "weight-transfer",
    question: "Which rule for taps on the future gives the better start, and does training even it out?",
    arms: {
      shift: causalArm({ transfer: "shift" }, unguided),
      masked: causalArm({ transfer: "masked" }, unguided),
      "extrapolative p=2": causalArm({ transfer: "extrapolative", points: 2 }, unguided),
      "extrapolative p=3": causalArm({ transfer: "extrapolative", points: 3 }, unguided),
      "extrapolative p=4": causalArm({ transfer: "extrapolative", points: 4 }, unguided),
    },
    reference: "masked",
    axis: ["causal"],
    seeds: options.seeds,
    protocol: await studyProtocol(options),
    expectation: {
      psnr: [
        { arm: "shift", direction: "below", paper: "21.5 against 22.9 dB (Table 2)" },
        { arm: "extrapolative p=2", direction: "above", paper: "23.4 against 22.9 dB (Table 2)" },
      ],
      ssim: [
        { arm: "shift", direction: "below", paper: "0.799 against 0.824 (Table 2)" },
        { arm: "extrapolative p=2", direction: "above", paper: "0.832 against 0.824 (Table 2)" },
      ],
    },
  });
}
