/**
 * Keeps tslab's compiler from watching folders and installed packages. A running kernel has loaded its packages for
 * good, so a change to one on disk is none of its business; noticed, it fails the cell that happens to run
 * ("Unexpected pending rebuildTimer"). Files beside the notebook are still watched.
 */
"use strict";

const path = require("node:path");

const nothing = { close() {} };

/** @param {{ watchFile?: Function, watchDirectory?: Function }} system `ts.sys` of the compiler that tslab uses */
function stillPackages(system) {
  const { watchFile } = system;
  const home = process.cwd() + path.sep;
  system.watchDirectory = () => nothing;
  system.watchFile = (file, ...rest) => {
    const beside = path.resolve(file).startsWith(home) && !file.includes("node_modules");
    return beside ? watchFile.call(system, file, ...rest) : nothing;
  };
}

module.exports = { stillPackages };
