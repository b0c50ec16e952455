/**
 * Joins text written in quick succession into one message. tslab sends one message per write and waits for
 * none of them; from about 900 lines in one loop the socket drops most, with the message that ends the cell.
 */
"use strict";

const joinMilliseconds = 40;

class StreamBuffer {
  /** @param {(name: string, text: string) => void} send */
  constructor(send) {
    this.send = send;
    this.name = "";
    this.parts = [];
    this.timer = undefined;
  }

  /** Text for "stdout" or "stderr"; a change of the two sends what came before, so the order is kept. */
  write(name, text) {
    if (this.parts.length > 0 && name !== this.name) this.flush();
    this.name = name;
    this.parts.push(text);
    this.timer ??= setTimeout(() => this.flush(), joinMilliseconds);
  }

  /** Sends what is waiting, now. */
  flush() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.parts.length === 0) return;
    const text = this.parts.join("");
    this.parts = [];
    this.send(this.name, text);
  }
}

module.exports = { StreamBuffer };
