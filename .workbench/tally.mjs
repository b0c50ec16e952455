/** Counts checks and prints each as it ends. In CI a skipped check is a failed one. */
import { say } from "./say.mjs";

export class Tally {
  constructor() {
    this.passed = 0;
    this.failed = 0;
    this.skipped = 0;
  }

  /** @param {string} name */
  pass(name) {
    this.passed += 1;
    say(`passed   ${name}`);
  }

  /**
   * @param {string} name
   * @param {string} why
   */
  fail(name, why) {
    this.failed += 1;
    say(`FAILED   ${name}\n${why.trim().replace(/^/gm, "  | ")}`);
  }

  /**
   * @param {string} name
   * @param {string} why
   */
  skip(name, why) {
    if (process.env.CI === "true") return this.fail(name, `skipped, and in CI nothing may be: ${why}`);
    this.skipped += 1;
    say(`skipped  ${name}: ${why}`);
  }

  /**
   * Runs one check; what it answers is the reason why it failed, nothing when it passed.
   *
   * @param {string} name
   * @param {() => Promise<string>} check
   */
  async check(name, check) {
    let why = "";
    try {
      why = await check();
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    if (why) this.fail(name, why);
    else this.pass(name);
  }

  /** The last line of a run. */
  summary() {
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
