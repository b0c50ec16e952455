/** Every TensorFlow.js kernel that can be traced, and why the chance-driven ones cannot. */
import type { KernelRules } from "../traced.js";
import { convolutionRules } from "./convolution.js";
import { elementwiseRules } from "./elementwise.js";
import { functionRules } from "./functions.js";
import { gatherRules } from "./gather.js";
import { matmulRules } from "./matmul.js";
import { poolingRules } from "./pooling.js";
import { reduceRules } from "./reduce.js";
import { resizeRules } from "./resize.js";
import { shapeRules } from "./shape.js";

export const kernelRules: KernelRules = {
  ...convolutionRules,
  ...elementwiseRules,
  ...functionRules,
  ...gatherRules,
  ...matmulRules,
  ...poolingRules,
  ...reduceRules,
  ...resizeRules,
  ...shapeRules,
};
