/** The socket to the server: JSON out, JSON and packets in. What is said before the server's welcome is said after it. */

const headerBytes = 32;
const kinds = { 1: "frame", 2: "fan", 3: "file" };
/** The pane of the true simulator. */
export const truthPane = 255;
const longestWait = 3000;

/** A packet's header and its bytes; `protocol.ts` writes it. */
export function readPacket(buffer) {
  const view = new DataView(buffer);
  return {
    kind: kinds[view.getUint8(0)],
    pane: view.getUint8(1),
    branch: view.getUint16(2, true),
    frame: view.getUint32(4, true),
    width: view.getUint16(8, true),
    height: view.getUint16(10, true),
    evaluations: view.getUint32(12, true),
    drift: view.getFloat32(16, true),
    milliseconds: view.getFloat32(20, true),
    inputAt: view.getFloat64(24, true),
    bytes: new Uint8Array(buffer, headerBytes),
  };
}

/**
 * Stays connected: after a loss it tries again, ever more slowly.
 *
 * @param onMessage called with JSON messages, onPacket with packets, onState with true or a reason
 * @returns send(message), and wake() to try again at once
 */
export function connect({ onMessage, onPacket, onState }) {
  let socket;
  let wait = 200;
  let timer;
  let welcome = false;
  const early = [];

  function open() {
    clearTimeout(timer);
    socket = new WebSocket(`ws://${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      wait = 200;
      onState(true);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return onPacket(readPacket(data));
      const message = JSON.parse(data);
      welcome ||= message.type === "welcome";
      onMessage(message);
      if (welcome) for (const each of early.splice(0)) socket.send(each);
    };
    socket.onclose = ({ code, reason }) => {
      welcome = false;
      onState(reason || "The server is gone; trying again …");
      if (code === 4000 || code === 1013) return; // the server wants to be left alone until somebody asks
      timer = setTimeout(open, wait);
      wait = Math.min(longestWait, wait * 1.7);
    };
  }

  open();
  return {
    send(message) {
      const text = JSON.stringify(message);
      if (welcome) socket.send(text);
      else if (early.length < 100) early.push(text);
    },
    wake() {
      if (socket.readyState === WebSocket.CLOSED) open();
    },
  };
}
