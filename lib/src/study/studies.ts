/** The studies that the command and the notebooks run, by name. */
import { requireChoice } from "../tensor/check.js";
import { ablationStudy } from "./ablation.js";
import type { FineTuneStudyOptions } from "./budgets.js";
import type { Study } from "./defineStudy.js";
import { weightTransferStudy } from "./weightTransfer.js";

const studies: Readonly<Record<string, (options: FineTuneStudyOptions) => Promise<Study>>> = {
  "weight-transfer": weightTransferStudy,
  ablation: ablationStudy,
};

export const studyNames = Object.keys(studies);

/**
 * A study by its name.
 *
 * @throws RangeError for an unknown name; Error if what the budget needs is not there
 */
export async function openStudy(name: string, options: FineTuneStudyOptions): Promise<Study> {
  requireChoice("openStudy", "name", name, studyNames);
  return studies[name](options);
}
