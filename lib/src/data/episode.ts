/**
 * Episodes: what every data set holds, whatever its format. Pictures stay where they are (a file, a simulator) until
 * they are asked for.
 *
 * Time runs as in the paper: frame t is seen, action t is taken, frame t + 1 follows. The action of the last frame leads
 * out of the episode; formats that have none store zeros there.
 */

/** One recorded run through a world. */
export interface Episode {
  /** Unique within its set, such as a file's name or a record's number. */
  readonly name: string;
  readonly frameCount: number;
  readonly height: number;
  readonly width: number;
  /** Frames per second; 0 where unknown. */
  readonly fps: number;
  /** [frame, actionSize] in one array, row after row; absent in a video without actions. */
  readonly actions?: Float32Array;
  /** Numbers per action; 0 without actions. */
  readonly actionSize: number;
  /** What else the format keeps (instruction, pose, reward, …), as plain JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Frames `start` to `start + count` [count, height, width, 3], 8-bit red, green, blue; all if left out. Reads only
   * what these frames need.
   */
  frames(start?: number, count?: number): Promise<Uint8Array>;
}

/** Which frames a call of `frames` means: its arguments with what was left out filled in. */
export function frameRange(
  { name, frameCount }: Pick<Episode, "name" | "frameCount">,
  start = 0,
  count = frameCount - start,
): { start: number; count: number } {
  const whole = Number.isInteger(start) && Number.isInteger(count);
  if (!whole || start < 0 || count < 0 || start + count > frameCount)
    throw new RangeError(
      `frames: ${count} frames from frame ${start} were asked for; episode ${name} has ${frameCount}.`,
    );
  return { start, count };
}

/** An episode, or a file of episodes, that cannot be read. The message names file, episode and reason. */
export class EpisodeFileError extends Error {
  override readonly name = "EpisodeFileError";

  constructor(
    readonly file: string,
    /** Empty where the fault is not in one episode. */
    readonly episode: string,
    /** What is wrong, in words that read on after the file's name. */
    readonly reason: string,
  ) {
    super(`openEpisodes: ${file}${episode ? `, episode ${episode},` : ""} ${reason}.`);
  }
}
