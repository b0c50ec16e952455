/** A progress bar that is redrawn in place: below a notebook cell, or as one line of a terminal. */
import { requireRange } from "../tensor/check.js";
import { escapeHtml, htmlFont } from "./html.js";
import { display, inNotebook } from "./kernel.js";
import { categoryColours } from "./theme.js";

export interface ProgressOptions {
  /** What is under way, such as "training"; "progress" unless given. */
  readonly label?: string;
}

export interface Progress {
  /**
   * Tells how much is done; `values` are shown beside the bar by name, such as { loss, rate }. May be called as often as
   * one likes: at most four times a second something is drawn.
   */
  update(done: number, values?: Readonly<Record<string, number>>): void;
  /** Draws the last state, and ends the terminal's line. Until then a notebook may keep an older state. */
  end(): void;
}

const millisecondsBetween = 250;

/**
 * Shows how far a task of `total` parts is, with the time taken and the time left. Its last state stays in a saved
 * notebook. Outside a notebook it writes to standard error: one line, redrawn in a terminal, or once at the end.
 *
 * @param total parts of the task, above 0
 */
export function showProgress(total: number, { label = "progress" }: ProgressOptions = {}): Progress {
  requireRange("showProgress", "total", total, Number.MIN_VALUE);
  const state: State = { label, total, done: 0, values: {}, seconds: 0 };
  const began = performance.now();
  const output = inNotebook() ? notebookBar(state) : terminalLine(state);
  let drawn = began;
  return {
    update(done, values = {}) {
      requireRange("showProgress", "done", done, 0);
      const now = performance.now();
      Object.assign(state, { done: Math.min(done, total), values, seconds: (now - began) / 1000 });
      if (now - drawn < millisecondsBetween) return;
      drawn = now;
      output.draw();
    },
    end() {
      state.seconds = (performance.now() - began) / 1000;
      output.draw();
      output.end();
    },
  };
}

interface State {
  readonly label: string;
  readonly total: number;
  done: number;
  values: Readonly<Record<string, number>>;
  seconds: number;
}

function notebookBar(state: State) {
  const shown = display("showProgress", bundle(state));
  return { draw: () => shown.update(bundle(state)), end() {} };
}

function terminalLine(state: State) {
  const { stderr } = process;
  return {
    draw() {
      if (stderr.isTTY) stderr.write(`\r\x1b[2K${progressText(state).slice(0, (stderr.columns ?? 80) - 1)}`);
    },
    end() {
      stderr.write(stderr.isTTY ? "\n" : `${progressText(state)}\n`);
    },
  };
}

function bundle(state: State) {
  const percent = (100 * state.done) / state.total;
  const [, ...details] = parts(state);
  return {
    "text/html":
      `<div style="${htmlFont};font-size:13px;max-width:640px;margin:4px 0;font-variant-numeric:tabular-nums">` +
      `<div style="display:flex;justify-content:space-between;margin-bottom:3px">` +
      `<span>${escapeHtml(state.label)}</span>` +
      `<span style="opacity:.75">${details.map(escapeHtml).join(" &nbsp; ")}</span></div>` +
      `<div style="height:6px;border-radius:3px;background:rgba(128,128,128,.22)">` +
      `<div style="height:6px;border-radius:3px;width:${percent.toFixed(1)}%;background:${categoryColours[0]}">` +
      `</div></div></div>`,
    "text/plain": progressText(state),
  };
}

function progressText(state: State): string {
  return parts(state).join("  ");
}

function parts({ label, total, done, values, seconds }: State): string[] {
  const left = done > 0 && done < total ? `, ${clock((seconds * (total - done)) / done)} left` : "";
  return [
    label,
    `${Math.floor((100 * done) / total)} %`,
    `${Math.floor(done)}/${total}`,
    ...Object.entries(values).map(([name, value]) => `${name} ${short(value)}`),
    `${clock(seconds)}${left}`,
  ];
}

function short(value: number): string {
  const size = Math.abs(value);
  return Number.isInteger(value) && size < 1e6
    ? String(value)
    : size >= 0.01 && size < 1e4
      ? value.toPrecision(3)
      : value.toExponential(1);
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (count: number) => String(count).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
