/** Trees and bushes, painted leaf by leaf as sprites. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import type { Rgb } from "../raycast/light.js";
import { createSprite, type Sprite } from "../raycast/sprite.js";
import { wholeBelow } from "../raycast/whole.js";

export type Species = "conifer" | "broadleaf" | "birch" | "bush";

const width = 128;
const height = 256;
const leavesOf: Record<Species, number> = { conifer: 2400, broadleaf: 2700, birch: 1300, bush: 2400 };

/** How far each column is from a dab's middle, squared; used anew for every dab. */
const across = new Float64Array(width);

/** Paints small round dabs; coordinates from 0 to 1, y up. */
class Painter {
  readonly texels = new Int32Array(width * height);

  dab(x: number, y: number, radiusX: number, radiusY: number, colour: Rgb, brightness: number): void {
    const { texels } = this;
    const cx = x * width;
    const cy = y * height;
    const rx = radiusX * width;
    const ry = radiusY * width; // in units of the width too, so circles are round
    const red = Math.min(255, colour[0] * brightness);
    const green = Math.min(255, colour[1] * brightness);
    const blue = Math.min(255, colour[2] * brightness);
    const texel = red | (green << 8) | (blue << 16) | (255 << 24);
    const left = Math.max(0, wholeBelow(cx - rx));
    const right = Math.min(width - 1, wholeBelow(cx + rx));
    const top = Math.min(height - 1, wholeBelow(cy + ry));
    for (let column = left; column <= right; column++) {
      const dx = (column + 0.5 - cx) / rx;
      across[column] = dx * dx;
    }
    for (let row = Math.max(0, wholeBelow(cy - ry)); row <= top; row++) {
      const dy = (row + 0.5 - cy) / ry;
      for (let column = left; column <= right; column++)
        if (across[column] + dy * dy <= 1) texels[row * width + column] = texel;
    }
  }

  /** A tapering stem from (x0, y0) to (x1, y1). */
  stem(
    x0: number,
    y0: number,
    x1: number,
    y1: number,
    radius: number,
    colour: Rgb,
    rings: Float32Array,
  ): void {
    for (let i = 0; i <= 60; i++) {
      const t = i / 60;
      const x = x0 + (x1 - x0) * t;
      const y = y0 + (y1 - y0) * t;
      const r = radius * (1 - 0.5 * t);
      const ring = 0.8 + 0.35 * rings[i];
      this.dab(x, y, r, r, colour, 0.62 * ring);
      this.dab(x - r * 0.3, y, r * 0.6, r, colour, 0.95 * ring);
    }
  }
}

/** The height of each of a conifer's needles, and how far branches reach out there. */
const needleHeights = Float64Array.from(
  { length: leavesOf.conifer },
  (_, i) => 0.17 + 0.82 * (i / leavesOf.conifer),
);
const needleReaches = needleHeights.map((y) => 0.46 * (1 - y) ** 0.85);

function paintConifer(painter: Painter, leaf: Rgb, bark: Rgb, top: Rgb, chance: Float32Array): void {
  painter.stem(0.5, 0, 0.5, 0.6, 0.035, bark, chance);
  const tiers = 9 + Math.floor(chance[0] * 4);
  const needles = leavesOf.conifer;
  for (let i = 0; i < needles; i++) {
    const at = 64 + 4 * i;
    const y = needleHeights[i];
    const tier = (y * tiers) % 1; // branches reach out at the foot of each tier
    const reach = needleReaches[i] * (1 - 0.45 * tier) + 0.012;
    const x = (2 * chance[at] - 1) * reach;
    const outer = Math.abs(x) / reach;
    const brightness = 0.5 + 0.3 * tier + 0.25 * outer * (x < 0 ? 1.1 : 0.6) + 0.25 * (chance[at + 1] - 0.5);
    const droop = 0.02 * outer;
    const bright = chance[at + 2] > 0.55 && tier > 0.45;
    const size = chance[at + 3];
    painter.dab(
      0.5 + x,
      y - droop,
      0.01 + 0.012 * size,
      0.018 + 0.01 * size,
      bright ? top : leaf,
      brightness,
    );
  }
}

function paintCrown(
  painter: Painter,
  leaf: Rgb,
  top: Rgb,
  chance: Float32Array,
  crown: { low: number; high: number; wide: number; clumps: number; leaves: number; size: number },
): void {
  const middle = (crown.low + crown.high) / 2;
  const half = (crown.high - crown.low) / 2;
  const clumps = Array.from({ length: crown.clumps }, (_, i) => {
    const angle = chance[3 * i] * 2 - 1;
    const up = chance[3 * i + 1] * 2 - 1;
    const room = Math.sqrt(1 - 0.7 * up * up);
    return {
      x: 0.5 + angle * crown.wide * room * 0.62,
      y: middle + up * half * 0.66,
      radius: crown.wide * (0.4 + 0.2 * chance[3 * i + 2]),
    };
  }).sort((a, b) => a.y - b.y); // upper clumps stand before lower ones, as seen from below the light
  const each = Math.floor(crown.leaves / clumps.length);
  clumps.forEach(({ x, y, radius }, clump) => {
    for (let i = 0; i < each; i++) {
      const at = 128 + 4 * (clump * each + i);
      const u = 2 * chance[at] - 1;
      const v = 2 * chance[at + 1] - 1;
      if (u * u + v * v > 1) continue;
      const tone = chance[at + 2];
      const light = 0.62 + 0.34 * v - 0.16 * u + 0.12 * (clump / clumps.length) + 0.3 * (tone - 0.5);
      const size = crown.size * (0.7 + 0.6 * chance[at + 3]);
      painter.dab(
        x + u * radius,
        y + (v * radius) / 2,
        size,
        size,
        tone > 0.6 ? top : leaf,
        Math.max(0.3, light),
      );
    }
  });
}

/** One plant of a species; `leaf` and `top` are the colours of its leaves in shade and light. */
export function paintPlant(species: Species, leaf: Rgb, top: Rgb, seed: number): Sprite {
  const painter = new Painter();
  const chance = uniformValues(128 + 4 * leavesOf[species], deriveSeed(seed, 1));
  const numbers = uniformValues(64, deriveSeed(seed, 2));
  const bark: Rgb = species === "birch" ? [214, 210, 200] : [98, 76, 58];
  if (species === "conifer") paintConifer(painter, leaf, bark, top, chance);
  if (species === "broadleaf") {
    painter.stem(0.5, 0, 0.5 + 0.08 * (chance[0] - 0.5), 0.6, 0.05, bark, numbers);
    painter.stem(0.5, 0.3, 0.32, 0.55, 0.025, bark, numbers);
    painter.stem(0.5, 0.34, 0.68, 0.6, 0.025, bark, numbers);
    paintCrown(painter, leaf, top, chance, {
      low: 0.34,
      high: 0.98,
      wide: 0.46,
      clumps: 15,
      leaves: leavesOf[species],
      size: 0.017,
    });
  }
  if (species === "birch") {
    painter.stem(0.5, 0, 0.49, 0.9, 0.026, bark, numbers);
    for (let i = 0; i < 16; i++)
      painter.dab(0.49 + 0.03 * (numbers[i] - 0.5), numbers[i + 20] * 0.7, 0.014, 0.007, [58, 54, 52], 1);
    paintCrown(painter, leaf, top, chance, {
      low: 0.4,
      high: 0.98,
      wide: 0.3,
      clumps: 12,
      leaves: leavesOf[species],
      size: 0.014,
    });
  }
  if (species === "bush")
    paintCrown(painter, leaf, top, chance, {
      low: -0.1,
      high: 0.62,
      wide: 0.5,
      clumps: 11,
      leaves: leavesOf[species],
      size: 0.021,
    });
  return createSprite(width, height, painter.texels);
}
