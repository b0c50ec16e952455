/**
 * Tells whoever started a headless run how far it is: one JSON object per line, appended to the file that
 * LAB_PROGRESS_FILE names. Without that variable nothing is written.
 */
"use strict";

const { appendFileSync } = require("node:fs");

const file = process.env.LAB_PROGRESS_FILE;

/** @param {{ event: string, [field: string]: unknown }} entry an entry whose `text` is empty or missing is left out */
function report(entry) {
  if (!file) return;
  let line = entry;
  if (entry.event === "text") {
    const lines =
      typeof entry.text === "string" ? entry.text.split(/[\r\n]+/).filter((part) => part.trim()) : [];
    if (lines.length === 0) return;
    line = { ...entry, text: lines[lines.length - 1].slice(0, 200) };
  }
  try {
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  } catch {
    // The run goes on without its progress line.
  }
}

module.exports = { report };
