/** What set-up and the runners tell the person, one line per fact. */

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** A failure that is the user's to solve: its message is all that is printed, with no stack. */
export class PlainError extends Error {}

/**
 * Runs a script's main function; any failure becomes one message on stderr and exit code 1.
 *
 * @param {() => Promise<number>} main answers the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    const text = error instanceof PlainError ? error.message : error instanceof Error ? error.stack : error;
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}
