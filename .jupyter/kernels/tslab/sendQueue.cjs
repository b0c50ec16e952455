/**
 * Sends on one socket wait for each other. A send is pending for as long as zeromq's own thread gets no processor time,
 * and zeromq refuses a second one meanwhile: on a busy machine a message would be lost, and the cell with it.
 */
"use strict";

/** Messages that wait for a socket; a socket without an entry is free. @type {Map<object, unknown[]>} */
const waiting = new Map();

/** Sends now if the socket is free, else after those before it. */
async function sendInTurn(socket, parts) {
  const queue = waiting.get(socket);
  if (queue) {
    queue.push(parts);
    return;
  }
  const own = [parts];
  waiting.set(socket, own);
  try {
    while (own.length > 0 && !socket.closed) await socket.send(own.shift());
  } catch (error) {
    if (!socket.closed) throw error; // what is left unsaid when the kernel ends has nobody to hear it
  } finally {
    waiting.delete(socket);
  }
}

/** Makes every message of this one's class wait for its turn. @param {object} message any message of tslab's */
function queueSends(message) {
  const { prototype } = message.constructor;
  if (Object.hasOwn(prototype, "signAndSendNow")) return;
  prototype.signAndSendNow = prototype.signAndSend;
  prototype.signAndSend = function (key, socket) {
    this.signAndSendNow(key, { send: (parts) => sendInTurn(socket, parts) });
  };
}

module.exports = { queueSends };
