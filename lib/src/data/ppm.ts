/**
 * A stream of binary PPM pictures ("P6", width, height, 255, then the bytes): the format in which child processes hand
 * over decoded frames, since each picture carries its own size.
 */
import type { RgbFrame } from "./codec.js";

/** The header that goes before the bytes of one picture. */
export function ppmHeader(width: number, height: number): string {
  return `P6\n${width} ${height}\n255\n`;
}

/** Pictures in a stream, one by one; a last picture that is cut short is dropped. */
export async function* ppmFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<RgbFrame> {
  let head = ""; // header text so far, while no picture is open
  let frame: { width: number; height: number; rgb: Uint8Array } | undefined;
  let filled = 0;
  for await (const chunk of stream) {
    let at = 0;
    while (at < chunk.length) {
      if (!frame) {
        const byte = chunk[at++];
        head += String.fromCharCode(byte);
        const match = byte === 10 && /^P6\s(\d+)\s(\d+)\s255\n$/.exec(head);
        if (match) {
          const [width, height] = [Number(match[1]), Number(match[2])];
          frame = { width, height, rgb: new Uint8Array(width * height * 3) };
          filled = 0;
          head = "";
        } else if (head.length > 40) throw new Error(`not a PPM stream: ${JSON.stringify(head)}`);
      } else {
        const take = Math.min(chunk.length - at, frame.rgb.length - filled);
        frame.rgb.set(chunk.subarray(at, at + take), filled);
        at += take;
        filled += take;
        if (filled === frame.rgb.length) {
          yield frame;
          frame = undefined;
        }
      }
    }
  }
}
