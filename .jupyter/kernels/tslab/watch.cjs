/**
 * Ends this process when the one that started it is gone. A kernel that outlives its client would train on,
 * unseen, for as long as its cell runs. The check runs in a thread, so a cell that blocks the event loop
 * cannot hold it up.
 */
"use strict";

const { Worker } = require("node:worker_threads");

const watcher = `
const { ppid, kill, pid } = process;
const owner = Number(process.env.LAB_OWNER_PID) || 0;
const gone = () => {
  if (process.ppid !== ppid) return true;
  if (owner === 0) return false;
  try { kill(owner, 0); return false; } catch (error) { return error.code === "ESRCH"; }
};
setInterval(() => gone() && kill(pid, "SIGKILL"), 1000);
`;

/** Watches the parent process and, if LAB_OWNER_PID is set, that one too. */
function endWithOwner() {
  new Worker(watcher, { eval: true, stdout: false, stderr: false }).unref();
}

module.exports = { endWithOwner };
