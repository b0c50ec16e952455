/** A Chromium for checks of exported pages: the system's, or Debian's package when this is root. */
import { existsSync } from "node:fs";
import { aptInstall, mayUseApt } from "./apt.mjs";
import { findAll, works } from "./run.mjs";
import { say } from "./say.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macPlaces = ["Google Chrome", "Chromium"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** @returns {string | undefined} a browser that starts */
export function findChromium() {
  const candidates = [
    ...names.flatMap((name) => findAll(name)),
    ...macPlaces.filter((file) => existsSync(file)),
  ];
  return candidates.find((file) => works(file, ["--version"]));
}

/** @returns {Promise<string | undefined>} a browser, or nothing where none can be had */
export async function ensureChromium() {
  const present = findChromium();
  if (present || !mayUseApt()) return present;
  say("Chromium: apt-get install chromium, for checks of exported pages");
  const problem = await aptInstall(["chromium"]);
  if (problem) say(`  did not work: ${problem}`);
  return findChromium();
}

/** Reads what the built-in decoder cannot; some tests make their videos with it. */
export async function ensureFfmpeg() {
  if (findAll("ffmpeg").length > 0 || !mayUseApt()) return;
  say("ffmpeg: apt-get install ffmpeg, for video files that the built-in decoder cannot read");
  const problem = await aptInstall(["ffmpeg"]);
  if (problem) say(`  did not work: ${problem}`);
}
