/** Turns what tslab hands to console.error into the three fields of a Jupyter error. */
"use strict";

const { inspect, format } = require("node:util");

/** The format string of tslab's type and syntax errors. */
const diagnosticFormat = "%s%d:%d - %s";

/** The stack of an error without the frames of the kernel itself and of Node, which tell a reader nothing. */
function readableStack(error) {
  const frames = String(error.stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .filter((line) => !/node:internal|node:vm|node_modules[\\/]tslab[\\/]|launch\.cjs|__tslab__/.test(line));
  return [`${error.name}: ${error.message}`, ...frames];
}

/**
 * @param {unknown[][]} complaints argument lists of console.error calls, in order; the first one is the cause
 * @returns {{ ename: string, evalue: string, traceback: string[] }}
 */
function errorFields(complaints) {
  if (complaints.length === 0)
    return { ename: "KernelError", evalue: "The cell failed and gave no reason.", traceback: [] };
  const [first] = complaints;
  if (first[0] === diagnosticFormat) {
    const lines = complaints.filter((args) => args[0] === diagnosticFormat).map((args) => format(...args));
    return { ename: "CompileError", evalue: lines.join("\n"), traceback: ["CompileError:", ...lines] };
  }
  const [thrown] = first;
  if (typeof thrown === "object" && thrown !== null && "stack" in thrown) {
    const error = /** @type {Error} */ (thrown);
    return { ename: String(error.name), evalue: String(error.message), traceback: readableStack(error) };
  }
  const text = first.length === 1 && typeof thrown !== "string" ? inspect(thrown) : format(...first);
  return { ename: "Thrown", evalue: text, traceback: [`Thrown: ${text}`] };
}

module.exports = { errorFields };
