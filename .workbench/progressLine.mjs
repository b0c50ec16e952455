/**
 * Shows how far a running notebook is. In a terminal: one line that is rewritten. Elsewhere: one line when a
 * cell ends, and a sign of life from cells that take long.
 */
const signOfLifeSeconds = 20;

/** @param {number} milliseconds */
function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export class ProgressLine {
  /**
   * @param {number} cells how many code cells there are
   * @param {NodeJS.WriteStream} [out]
   */
  constructor(cells, out = process.stdout) {
    this.cells = cells;
    this.out = out;
    this.startedAt = Date.now();
    this.cell = 0;
    this.detail = "";
    this.spokenAt = Date.now();
  }

  /** Takes one entry of the kernel's progress file. @param {import("./notebook.mjs").ProgressEntry} entry */
  take(entry) {
    if (entry.event === "start") {
      this.cell = entry.cell ?? this.cell + 1;
      this.detail = "";
    }
    if (entry.event === "text") this.detail = entry.text ?? "";
    if (entry.event === "end" && !this.out.isTTY)
      this.print(`${((entry.milliseconds ?? 0) / 1000).toFixed(1)} s`);
  }

  /** Brings the line up to date; called a few times per second. */
  tick() {
    if (this.out.isTTY) {
      const width = Math.max(20, (this.out.columns ?? 80) - 1);
      this.out.write(`\r\x1b[2K${this.text(this.detail).slice(0, width)}`);
    } else if (Date.now() - this.spokenAt > signOfLifeSeconds * 1000) this.print(this.detail || "running");
  }

  /** Leaves the terminal with a clean line. */
  end() {
    if (this.out.isTTY) this.out.write("\r\x1b[2K");
  }

  /** @param {string} detail */
  text(detail) {
    const where = this.cell === 0 ? "starting the kernel" : `cell ${this.cell} of ${this.cells}`;
    return `  ${clock(Date.now() - this.startedAt)}  ${where}${detail ? `  ${detail.trim()}` : ""}`;
  }

  /** @param {string} detail */
  print(detail) {
    this.spokenAt = Date.now();
    this.out.write(`${this.text(detail)}\n`);
  }
}
