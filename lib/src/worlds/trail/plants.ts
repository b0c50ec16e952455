/** Trees and bushes, painted leaf by leaf as sprites. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import type { Rgb } from "../raycast/light.js";
import { createSprite, type Sprite } from "../raycast/sprite.js";

export type Species = "conifer" | "broadleaf" | "birch" | "bush";

const width = 128;
const height = 256;

/** Paints small round dabs; coordinates from 0 to 1, y up. */
class Painter {
  readonly texels = new Uint8Array(width * height * 4);

  dab(x: number, y: number, radiusX: number, radiusY: number, colour: Rgb, brightness: number): void {
    const [cx, cy] = [x * width, y * height];
    const [rx, ry] = [radiusX * width, radiusY * width]; // both in units of the width, so circles are round
    for (let row = Math.max(0, Math.floor(cy - ry)); row <= Math.min(height - 1, cy + ry); row++)
      for (let column = Math.max(0, Math.floor(cx - rx)); column <= Math.min(width - 1, cx + rx); column++) {
        const dx = (column + 0.5 - cx) / rx;
        const dy = (row + 0.5 - cy) / ry;
        if (dx * dx + dy * dy > 1) continue;
        const at = (row * width + column) * 4;
        for (let channel = 0; channel < 3; channel++)
          this.texels[at + channel] = Math.min(255, colour[channel] * brightness);
        this.texels[at + 3] = 255;
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
      const [x, y, r] = [x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, radius * (1 - 0.5 * t)];
      const ring = 0.8 + 0.35 * rings[i];
      this.dab(x, y, r, r, colour, 0.62 * ring);
      this.dab(x - r * 0.3, y, r * 0.6, r, colour, 0.95 * ring);
    }
  }
}

function paintConifer(painter: Painter, leaf: Rgb, bark: Rgb, top: Rgb, chance: Float32Array): void {
  painter.stem(0.5, 0, 0.5, 0.6, 0.035, bark, chance);
  const tiers = 9 + Math.floor(chance[0] * 4);
  const needles = 2400;
  for (let i = 0; i < needles; i++) {
    const [a, b, c, d] = chance.subarray(64 + 4 * i, 68 + 4 * i);
    const y = 0.17 + 0.82 * (i / needles);
    const tier = (y * tiers) % 1; // branches reach out at the foot of each tier
    const reach = 0.46 * (1 - y) ** 0.85 * (1 - 0.45 * tier) + 0.012;
    const x = (2 * a - 1) * reach;
    const outer = Math.abs(x) / reach;
    const brightness = 0.5 + 0.3 * tier + 0.25 * outer * (x < 0 ? 1.1 : 0.6) + 0.25 * (b - 0.5);
    const droop = 0.02 * outer;
    const bright = c > 0.55 && tier > 0.45;
    painter.dab(0.5 + x, y - droop, 0.01 + 0.012 * d, 0.018 + 0.01 * d, bright ? top : leaf, brightness);
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
      const [a, b, c, d] = chance.subarray(128 + 4 * (clump * each + i), 132 + 4 * (clump * each + i));
      const [u, v] = [2 * a - 1, 2 * b - 1];
      const far = u * u + v * v;
      if (far > 1) continue;
      const light = 0.62 + 0.34 * v - 0.16 * u + 0.12 * (clump / clumps.length) + 0.3 * (c - 0.5);
      const size = crown.size * (0.7 + 0.6 * d);
      painter.dab(
        x + u * radius,
        y + (v * radius) / 2,
        size,
        size,
        c > 0.6 ? top : leaf,
        Math.max(0.3, light),
      );
    }
  });
}

/** One plant of a species; `leaf` and `top` are the colours of its leaves in shade and light. */
export function paintPlant(species: Species, leaf: Rgb, top: Rgb, seed: number): Sprite {
  const painter = new Painter();
  const chance = uniformValues(12000, deriveSeed(seed, 1));
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
      leaves: 2700,
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
      leaves: 1300,
      size: 0.014,
    });
  }
  if (species === "bush")
    paintCrown(painter, leaf, top, chance, {
      low: -0.1,
      high: 0.62,
      wide: 0.5,
      clumps: 11,
      leaves: 2400,
      size: 0.021,
    });
  return createSprite(width, height, painter.texels);
}
