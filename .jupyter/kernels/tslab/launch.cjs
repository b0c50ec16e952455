/**
 * Starts the project's own tslab as a Jupyter kernel and adds what tslab 1.0.22 leaves out of the protocol:
 * error fields, execution counts, stream output that survives a burst, failures that happen outside a cell's
 * own promise, sockets that are all open before the first request, and an end when the client is gone.
 *
 * It reaches into tslab/dist, so tslab is pinned to exactly that version. The order of events in one cell:
 * run the code, publish its displays and text as they come, publish `execute_input` (that is how a client
 * learns the count), publish `error` if it failed, reply.
 */
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const { errorFields } = require("./errors.cjs");
const { report } = require("./progress.cjs");
const { queueSends } = require("./sendQueue.cjs");
const { stillPackages } = require("./stillPackages.cjs");
const { StreamBuffer } = require("./stream.cjs");
const { endWithOwner } = require("./watch.cjs");

const projectRoot = path.resolve(__dirname, "../../..");
const requireFromProject = createRequire(path.join(projectRoot, "package.json"));
const { JupyterHandlerImpl, ZmqServer } = requireFromProject("tslab/dist/jupyter.js");
const { startKernel } = requireFromProject("tslab/dist/main.js");

/**
 * A cell that has begun: `complaints` holds argument lists of tslab's console.error, which is how it reports
 * any failure of a cell, and exceptions that no cell caught.
 *
 * @typedef {{ number: number, startedAt: number, complaints: unknown[][] }} Cell
 */

/** Cells by the content of their request; one that was dropped before it began has no entry. */
const cells = new WeakMap();
/** The cell that runs, or ran last. @type {Cell} */
let current = { number: 0, startedAt: 0, complaints: [] };
/** Exceptions and rejections that no cell caught, not yet charged to a cell. @type {unknown[][]} */
let strays = [];

/** One turn of the event loop, after which rejections of the cell's own promises have been announced. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const runCell = JupyterHandlerImpl.prototype.handleExecuteImpl;

/** Called when a cell's turn has come. Throwing the count is tslab's way to fail it and drop those queued behind. */
async function handleExecuteImpl(request, ...writers) {
  current = { number: current.number + 1, startedAt: Date.now(), complaints: [] };
  const cell = current;
  cells.set(request, cell);
  report({ event: "start", cell: cell.number });
  try {
    const count = await runCell.call(this, request, ...writers);
    await nextTurn();
    if (strays.length > 0) throw count;
    return count;
  } finally {
    cell.complaints.push(...strays);
    strays = [];
  }
}

const publishAnyStatus = ZmqServer.prototype.publishStatus;

/** The first thing sent about any request. @this {any} the kernel's server */
function publishStatus(status, message) {
  queueSends(message);
  publishAnyStatus.call(this, status, message);
}

/**
 * Binds at once. tslab's own way binds the five sockets in the background; a request that comes when some are done and
 * others are not is lost with an error, and so is the cell that runs first. @this {any} the kernel's server
 */
async function bindSocket(socket, port) {
  const { transport, ip } = this.connInfo;
  socket.bindSync(`${transport}://${ip}:${port}`);
}

/** @this {any} the kernel's server; called when a request arrives, which may be while another cell runs */
async function handleExecute(socket, message) {
  const publish = (type, content) => {
    const outgoing = message.createReply();
    outgoing.header.msg_type = type;
    outgoing.content = content;
    outgoing.signAndSend(this.connInfo.key, this.iopub);
  };
  const stream = new StreamBuffer((name, text) => {
    publish("stream", { name, text });
    report({ event: "text", text });
  });
  const result = await this.handler.handleExecute(
    message.content,
    (name, text) => stream.write(name, text),
    (data, isUpdate) => {
      stream.flush();
      publish(isUpdate ? "update_display_data" : "display_data", data);
      report({ event: "text", text: data.data?.["text/plain"] });
    },
  );
  stream.flush();

  const content = { ...result };
  if (content.status === "abort") content.status = "aborted"; // the protocol's word
  const cell = cells.get(message.content);
  if (cell) {
    publish("execute_input", { code: message.content.code, execution_count: content.execution_count });
    const fields = errorFields(cell.complaints);
    if (content.status === "error") {
      Object.assign(content, fields);
      publish("error", fields);
      report({ event: "error", cell: cell.number, ename: fields.ename, evalue: fields.evalue });
    } else if (cell.complaints.length > 0) publish("stream", { name: "stderr", text: `${fields.evalue}\n` }); // a complaint that did not stop the cell
    report({ event: "end", cell: cell.number, milliseconds: Date.now() - cell.startedAt });
  }

  const reply = message.createReply();
  reply.header.msg_type = "execute_reply";
  reply.content = content;
  reply.signAndSend(this.connInfo.key, socket);
}

function keepStray(error) {
  strays.push([error]);
  // A failure after the last cell has no cell to appear in, so whoever follows the progress file is told at once.
  report({ event: "stray", cell: current.number, ...errorFields([[error]]) });
}

const configPath = process.argv[process.argv.indexOf("--config-path") + 1];
Object.assign(ZmqServer.prototype, { bindSocket, publishStatus, handleExecute });
JupyterHandlerImpl.prototype.handleExecuteImpl = handleExecuteImpl;

stillPackages(requireFromProject("@tslab/typescript-for-tslab").sys);

// tslab's executor keeps the console.error that it finds now; cells use the real one, put back below.
const consoleError = console.error;
console.error = (...args) => current.complaints.push(args);
startKernel({ configPath, enableFindLocal: false });
console.error = consoleError;

// tslab only prints these two; here they fail the cell that is running, or the next one.
process.removeAllListeners("uncaughtException").on("uncaughtException", keepStray);
process.removeAllListeners("unhandledRejection").on("unhandledRejection", keepStray);

endWithOwner();
report({ event: "kernel", pid: process.pid });
