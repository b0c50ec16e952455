/**
 * Shows how far a long piece of work is: a bar with rate and time left, rewritten in place. Where there is no terminal, a
 * line now and then.
 */
const signOfLifeSeconds = 20;

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * @param {number} total how much there is to do
 * @param {string} unit what is counted, such as "frames"
 * @param {NodeJS.WriteStream} [out]
 */
export function workBar(total, unit, out = process.stderr) {
  const startedAt = Date.now();
  let shownAt = startedAt;
  let done = 0;
  const text = () => {
    const seconds = (Date.now() - startedAt) / 1000;
    const rate = done / Math.max(seconds, 1e-3);
    const left = done > 0 ? `${clock((total - done) / rate)} left` : "";
    return `${done} of ${total} ${unit}  ${rate.toFixed(0)} per second  ${left}`;
  };
  return {
    /** @param {number} amount how much was done since the last call */
    add(amount) {
      done += amount;
      const wait = out.isTTY ? 0.1 : signOfLifeSeconds;
      if (Date.now() - shownAt < 1000 * wait) return;
      shownAt = Date.now();
      const bar = "#".repeat(Math.round((30 * done) / total)).padEnd(30, ".");
      out.write(out.isTTY ? `\r\x1b[2K[${bar}] ${text()}` : `${text()}\n`);
    },
    end() {
      const seconds = (Date.now() - startedAt) / 1000;
      out.write(`${out.isTTY ? "\r\x1b[2K" : ""}${done} ${unit} in ${clock(seconds)}\n`);
    },
  };
}
