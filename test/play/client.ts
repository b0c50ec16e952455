/** A page without a browser: says messages, keeps what comes. */
import { WebSocket } from "ws";

export interface Packet {
  readonly kind: number;
  readonly pane: number;
  readonly branch: number;
  readonly frame: number;
  readonly frameEvaluations: number;
  readonly drift: number;
  readonly inputAt: number;
  readonly bytes: Buffer;
}

// biome-ignore lint/suspicious/noExplicitAny: messages are looked at field by field
type Message = Record<string, any>;

export class PlayClient {
  readonly messages: Message[] = [];
  readonly packets: Packet[] = [];
  readonly socket: WebSocket;
  /** Code and reason, once closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  reason = "";
  #wake: () => void = () => {};

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}ws`, { headers });
    this.socket.on("error", () => {});
    this.socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) this.packets.push(readPacket(data));
      else this.messages.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => {
        this.reason = String(reason);
        resolve({ code, reason: this.reason });
        this.#wake();
      }),
    );
  }

  send(message: Message | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next message of a type, leaving earlier ones behind; an error that comes first is thrown. */
  async until(type: string): Promise<Message> {
    for (;;) {
      const at = this.messages.findIndex((message) => message.type === type || message.type === "error");
      if (at >= 0) {
        const message = this.messages.splice(0, at + 1)[at];
        if (message.type === type) return message;
        throw new Error(message.text);
      }
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`${type} never came: ${this.reason}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Welcome, then a start; answers what was started. */
  async start(settings: Message = {}): Promise<Message> {
    await this.until("welcome");
    this.send({ type: "start", ...settings });
    const started = await this.until("started");
    await this.until("state");
    return started;
  }

  /** Says something and waits for the state that follows. */
  async command(message: Message): Promise<Message> {
    this.messages.length = 0;
    this.send(message);
    return this.until("state");
  }

  /** Changes a pane's settings; answers what they became. */
  async change(pane: number, changes: Message): Promise<Message> {
    this.messages.length = 0;
    this.send({ type: "settings", pane, changes });
    const { settings } = await this.until("settings");
    await this.until("state");
    return settings;
  }

  /** Steps with these controls down. */
  async step(held: readonly string[] = []): Promise<Packet> {
    this.send({ type: "input", held, mouse: [0, 0], at: 1 });
    await this.command({ type: "step" });
    return this.picture(0);
  }

  /** The last frame of a pane; 255 is the simulator. */
  picture(pane: number): Packet {
    const packet = this.packets.filter((each) => each.kind === 1 && each.pane === pane).at(-1);
    if (!packet) throw new Error(`No frame of pane ${pane} has come.`);
    return packet;
  }

  close(): Promise<unknown> {
    this.socket.close();
    return this.closed;
  }
}

function readPacket(data: Buffer): Packet {
  return {
    kind: data.readUInt8(0),
    pane: data.readUInt8(1),
    branch: data.readUInt16LE(2),
    frame: data.readUInt32LE(4),
    frameEvaluations: data.readUInt32LE(12),
    drift: data.readFloatLE(16),
    inputAt: data.readDoubleLE(24),
    bytes: data.subarray(32),
  };
}
