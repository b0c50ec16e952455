/** Pictures for pages that run no script: a vega-lite spec drawn in Node, as PNG. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";

export interface Picture {
  /** base64 */
  readonly png: string;
  /** Size at which it is shown; the picture itself has twice as many pixels each way. */
  readonly width: number;
  readonly height: number;
}

/** Pixels of the picture per pixel shown. */
const sharpness = 2;

let fontsReady: Promise<void> | undefined;

/**
 * Lets text be drawn on machines without any font: the library that draws SVG is pointed, once, to the DejaVu fonts
 * among the packages before those of the system.
 */
function useOwnFonts(): Promise<void> {
  fontsReady ??= (async () => {
    const fonts = join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf");
    const folder = mkdtempSync(join(tmpdir(), "vid2world-fonts-"));
    const file = join(folder, "fonts.conf");
    writeFileSync(
      file,
      `<?xml version="1.0"?><fontconfig><dir>${fonts}</dir><cachedir>${folder}</cachedir>` +
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include></fontconfig>',
    );
    const before = process.env.FONTCONFIG_FILE;
    process.env.FONTCONFIG_FILE = file; // read when the first text is drawn
    try {
      await svgToPng(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">a</text></svg>',
      );
    } finally {
      if (before === undefined) delete process.env.FONTCONFIG_FILE;
      else process.env.FONTCONFIG_FILE = before;
      rmSync(folder, { recursive: true, force: true });
    }
  })();
  return fontsReady;
}

function svgToPng(svg: string): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: 72 * sharpness })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** Draws an SVG text as PNG, its words in a font that comes with the packages. */
export async function drawSvg(svg: string): Promise<Picture> {
  await useOwnFonts();
  const png = await svgToPng(svg);
  const { width = 0, height = 0 } = await sharp(png).metadata();
  return { png: png.toString("base64"), width: width / sharpness, height: height / sharpness };
}

/** The same picture in 256 colours, in about a quarter of the bytes. */
export async function inFewColours({ png, ...size }: Picture): Promise<Picture> {
  const fewer = await sharp(Buffer.from(png, "base64"))
    .png({ palette: true, effort: 10, dither: 0 })
    .toBuffer();
  return { png: fewer.toString("base64"), ...size };
}

/**
 * Draws a vega-lite spec, with its data inside.
 * @throws Error with vega-lite's or vega's reason if the spec cannot be drawn
 */
export async function drawVegaLite(spec: object): Promise<Picture> {
  const vega = await import("vega"); // ESM with a top-level await: only a native import loads it
  const { compile } = await import("vega-lite");
  const silent = {
    level: () => silent,
    error: fail,
    warn: () => silent,
    info: () => silent,
    debug: () => silent,
  };
  const { spec: compiled } = compile(spec as Parameters<typeof compile>[0], {
    logger: silent as never,
  });
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger: silent as never });
  try {
    return await drawSvg(await view.toSVG());
  } finally {
    view.finalize();
  }
}

function fail(...reasons: readonly unknown[]): never {
  throw new Error(
    reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join(" "),
  );
}
