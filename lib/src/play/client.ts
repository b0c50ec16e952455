/** The server's end of one page's socket. */
import type { RawData, WebSocket } from "ws";
import { type ClientMessage, limits, packetKinds, parseMessage, type ServerMessage } from "./protocol.js";

/** Bytes that may wait for a client: beyond the first, frames are left out; beyond the second, the client is let go. */
const patience = { frames: 200_000, connection: 32_000_000 };

/** One page's socket: reads messages within limits, and leaves frames out rather than queue them. */
export class Client {
  onMessage: (message: ClientMessage) => void = () => {};
  onClose: () => void = () => {};
  readonly #watch: NodeJS.Timeout;
  #heardAt = Date.now();
  #alive = true;
  #messages = 0;
  #second = 0;

  constructor(
    private readonly socket: WebSocket,
    idleSeconds: number,
  ) {
    socket.on("message", (data, isBinary) => this.#read(data, isBinary));
    socket.on("pong", () => {
      this.#alive = true;
    });
    socket.on("error", () => socket.terminate()); // a message too large, or no WebSocket at all
    socket.on("close", () => {
      clearInterval(this.#watch);
      this.onClose();
    });
    let beats = 0;
    this.#watch = setInterval(() => {
      if (Date.now() - this.#heardAt > idleSeconds * 1000)
        return this.end(4000, "Nothing was pressed for a long time; press a key to go on.");
      if (++beats % 15 > 0) return;
      if (!this.#alive) return socket.terminate();
      this.#alive = false;
      socket.ping();
    }, 1000);
  }

  send(message: ServerMessage | Uint8Array): void {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return;
    const waiting = socket.bufferedAmount;
    if (waiting > patience.connection) socket.terminate();
    else if (!(message instanceof Uint8Array)) socket.send(JSON.stringify(message));
    else if (message[0] !== packetKinds.frame || waiting <= patience.frames) socket.send(message);
  }

  end(code: number, reason: string): void {
    this.socket.close(code, Buffer.from(reason).subarray(0, 120));
    setTimeout(() => this.socket.terminate(), 1000).unref();
  }

  #read(data: RawData, isBinary: boolean): void {
    this.#heardAt = Date.now();
    const second = Math.floor(this.#heardAt / 1000);
    this.#messages = second === this.#second ? this.#messages + 1 : 1;
    this.#second = second;
    if (this.#messages > limits.messagesPerSecond) this.end(1008, "Too many messages.");
    if (this.socket.readyState !== this.socket.OPEN) return;
    try {
      if (isBinary) throw new RangeError("The message is binary; expected JSON.");
      this.onMessage(parseMessage(String(data)));
    } catch (error) {
      this.send({ type: "error", text: (error as Error).message });
    }
  }
}
