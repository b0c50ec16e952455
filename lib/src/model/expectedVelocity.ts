/** What a network that is shown the previous frame need not learn: that most of a frame stays as it was. */
import { gather, type Tensor2D, type Tensor5D, tensor1d, tidy } from "@tensorflow/tfjs";
import { createSchedule, type ScheduleConfig } from "../schedule/schedule.js";

/** How far frames are taken to be from the ones shown beside them. */
export interface ExpectedChange {
  /** The schedule that levels are of; it predicts v. */
  readonly schedule: ScheduleConfig;
  /** Variance of a latent's change from one frame to the next. */
  readonly variance: number;
}

/**
 * The velocity v of each frame if all that is known is the frame shown beside it, from which it differs by normal changes
 * of one variance: v of the posterior mean of x₀. With ᾱ of its level and s² the variance, that is
 * √(1−ᾱ) (√ᾱ (1 − s²) x − shown) / (ᾱ s² + 1 − ᾱ): minus what is shown at pure noise, 0 without noise.
 *
 * @param x noisy frames [batch, frame, height, width, channel]
 * @param shown same shape
 * @param level [batch, frame], whole numbers from −1 (finished, as level 0)
 * @throws RangeError if the schedule does not predict v
 */
export function expectedVelocity(
  x: Tensor5D,
  shown: Tensor5D,
  level: Tensor2D,
  { schedule, variance }: ExpectedChange,
): Tensor5D {
  if (schedule.predicts !== "v")
    throw new RangeError(`expectedVelocity: schedule.predicts is "${schedule.predicts}"; expected "v".`);
  const { alphasCumprod } = createSchedule(schedule);
  const tableOf = (factor: (alpha: number) => number) => {
    const factors = alphasCumprod.map(
      (alpha) => (Math.sqrt(1 - alpha) * factor(alpha)) / (alpha * variance + 1 - alpha),
    );
    return tensor1d([factors[0], ...factors], "float32"); // level −1 is row 0
  };
  return tidy(() => {
    const row = level.cast("float32").add(1).cast("int32").reshape([-1]);
    const look = (table: (alpha: number) => number) =>
      gather(tableOf(table), row).reshape<Tensor5D>([...level.shape, 1, 1, 1]);
    const ofX = look((alpha) => Math.sqrt(alpha) * (1 - variance));
    return x.mul(ofX).sub(shown.mul(look(() => 1))) as Tensor5D;
  });
}
