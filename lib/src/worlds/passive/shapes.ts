/** Solid shapes that fly about a room: how they move, turn, bounce, and what is painted on them. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { rotate, rotationAbout } from "../raster/vector.js";
import type { Rgb } from "../raycast/light.js";
import { type Axes, boxSolid, type Paint, type Solid } from "../raycast/solid.js";

/** The room in front of the camera: metres ahead, to the left, up. */
export const room = { near: 2.4, far: 7.5, aside: 3.2, high: 3.6 } as const;

const kinds = ["box", "slab", "prism", "octahedron", "ball", "dumbbell"] as const;
const paints = ["plain", "stripes", "checker", "faces"] as const;

export interface Shape {
  readonly kind: (typeof kinds)[number];
  readonly paint: (typeof paints)[number];
  /** Radius of a ball that holds the shape. */
  readonly radius: number;
  /** Sides of a prism. */
  readonly sides: number;
  readonly colours: readonly [Rgb, Rgb];
  /** Metres. */
  position: Rgb;
  /** Metres per frame. */
  velocity: Rgb;
  /** Falls by so much faster every frame, 0 for a shape that floats. */
  readonly gravity: number;
  readonly spinAxis: Rgb;
  /** Radians turned so far, and per frame. */
  angle: number;
  readonly spin: number;
}

/** A colour from hue, saturation and brightness in [0, 1], 0 to 255. */
function fromHue(hue: number, saturation: number, value: number): Rgb {
  return [0, 1 / 3, 2 / 3].map((shift) => {
    const at = (hue + 1 - shift) % 1;
    const part = Math.min(1, Math.max(0, Math.abs(at * 6 - 3) - 1));
    return 255 * value * (1 - saturation * (1 - part));
  }) as unknown as Rgb;
}

/** Between 4 and 8 shapes, drawn from the seed. */
export function drawShapes(seed: number): Shape[] {
  const count = 4 + Math.floor(uniformValues(1, deriveSeed(seed, 1))[0] * 5);
  return Array.from({ length: count }, (_, i) => {
    const chance = uniformValues(24, deriveSeed(seed, 2, i));
    const between = (k: number, low: number, high: number) => low + (high - low) * chance[k];
    const radius = between(2, 0.35, 0.95);
    return {
      kind: kinds[Math.floor(chance[0] * kinds.length)],
      paint: paints[Math.floor(chance[1] * paints.length)],
      radius,
      sides: 3 + Math.floor(chance[3] * 4),
      colours: [
        fromHue(chance[4], between(5, 0.35, 0.9), between(6, 0.55, 1)),
        fromHue(chance[7], between(8, 0.1, 0.8), between(9, 0.3, 1)),
      ],
      position: [
        between(10, room.near + radius, room.far - radius),
        between(11, radius - room.aside, room.aside - radius),
        between(12, radius, room.high - radius),
      ],
      velocity: [between(13, -0.06, 0.06), between(14, -0.11, 0.11), between(15, -0.06, 0.06)],
      gravity: chance[16] < 0.5 ? 0.012 : 0,
      spinAxis: [between(17, -1, 1), between(18, -1, 1), between(19, 0.2, 1)],
      angle: 6 * chance[20],
      spin: chance[21] < 0.2 ? 0 : between(22, -0.16, 0.16),
    };
  });
}

/** Moves a shape on by one frame; it bounces off the room's sides and its floor. */
export function moveShape(shape: Shape): void {
  const { radius } = shape;
  const low = [room.near + radius, radius - room.aside, radius];
  const high = [room.far - radius, room.aside - radius, room.high - radius];
  const falling = [0, 0, shape.gravity];
  const velocity = shape.velocity.map((speed, k) => speed - falling[k]);
  const position = shape.position.map((at, k) => {
    const to = at + velocity[k];
    if (to >= low[k] && to <= high[k]) return to;
    velocity[k] = -velocity[k];
    return to < low[k] ? low[k] : high[k];
  });
  shape.velocity = velocity as unknown as Rgb;
  shape.position = position as unknown as Rgb;
  shape.angle += shape.spin;
}

/** Pushes shapes that overlap apart: they swap their speeds along the line between them. */
export function bounceShapes(shapes: readonly Shape[]): void {
  shapes.forEach((a, i) => {
    for (const b of shapes.slice(i + 1)) {
      const way = b.position.map((at, k) => at - a.position[k]);
      const far = Math.sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2);
      if (far >= a.radius + b.radius || far === 0) continue;
      const closing = way.reduce((sum, part, k) => sum + (part / far) * (a.velocity[k] - b.velocity[k]), 0);
      if (closing <= 0) continue;
      const push = (shape: Shape, sign: number) =>
        shape.velocity.map((speed, k) => speed + sign * closing * (way[k] / far)) as unknown as Rgb;
      a.velocity = push(a, -1);
      b.velocity = push(b, 1);
    }
  });
}

/** A shape's own axes now. */
export function axesOf(shape: Shape): Axes {
  const turned = rotationAbout([...shape.spinAxis], shape.angle);
  const axis = (k: number) =>
    rotate(turned, [Number(k === 0), Number(k === 1), Number(k === 2)]) as unknown as Rgb;
  return [axis(0), axis(1), axis(2)];
}

/** A solid from faces and corners in its own axes. */
function solidFrom(
  centre: Rgb,
  axes: Axes,
  faces: readonly (readonly [direction: Rgb, reach: number])[],
  corners: readonly Rgb[],
): Solid {
  const turn = (own: Rgb): Rgb =>
    [0, 1, 2].map((k) => axes[0][k] * own[0] + axes[1][k] * own[1] + axes[2][k] * own[2]) as unknown as Rgb;
  return {
    faces: faces.map(([direction, reach]) => {
      const normal = turn(direction);
      const middle = normal[0] * centre[0] + normal[1] * centre[1] + normal[2] * centre[2];
      return { normal, offset: middle + reach };
    }),
    corners: corners.flatMap((corner) => turn(corner).map((part, k) => part + centre[k])),
  };
}

function prism(centre: Rgb, axes: Axes, radius: number, sides: number): Solid {
  const half = 0.6 * radius;
  const round = 0.8 * radius;
  const turned = (angle: number) => rotate(rotationAbout([0, 0, 1], angle), [1, 0, 0]);
  const faces: [Rgb, number][] = [];
  const corners: Rgb[] = [];
  const [inner] = turned(Math.PI / sides);
  for (let i = 0; i < sides; i++) {
    const [fx, fy] = turned((2 * Math.PI * i) / sides);
    const [cx, cy] = turned((2 * Math.PI * (i + 0.5)) / sides);
    faces.push([[fx, fy, 0], round * inner]);
    corners.push([round * cx, round * cy, half], [round * cx, round * cy, -half]);
  }
  faces.push([[0, 0, 1], half], [[0, 0, -1], half]);
  return solidFrom(centre, axes, faces, corners);
}

function octahedron(centre: Rgb, axes: Axes, radius: number): Solid {
  const part = 1 / Math.sqrt(3);
  const faces: [Rgb, number][] = [];
  const corners: Rgb[] = [];
  for (let i = 0; i < 8; i++)
    faces.push([[i & 1 ? part : -part, i & 2 ? part : -part, i & 4 ? part : -part], radius * part]);
  for (const sign of [-radius, radius]) corners.push([sign, 0, 0], [0, sign, 0], [0, 0, sign]);
  return solidFrom(centre, axes, faces, corners);
}

/** The solid of a shape with flat faces. */
export function solidOf(shape: Shape, axes: Axes): Solid {
  const { kind, position, radius, sides } = shape;
  if (kind === "prism") return prism(position, axes, radius, sides);
  if (kind === "octahedron") return octahedron(position, axes, radius);
  const edge = radius / Math.sqrt(3);
  return boxSolid(
    position,
    kind === "slab" ? [edge * 1.3, edge * 1.05, edge * 0.4] : [edge, edge, edge],
    axes,
  );
}

/** What is painted on a shape's faces; patterns turn with it. */
export function paintOf(shape: Shape, axes: Axes): Paint {
  const { paint, colours, position, radius } = shape;
  const own = (k: number, x: number, y: number, z: number) =>
    axes[k][0] * (x - position[0]) + axes[k][1] * (y - position[1]) + axes[k][2] * (z - position[2]);
  const stripe = (value: number) => Math.floor((value * 3) / radius + 0.5) & 1;
  return (face, x, y, z, out) => {
    let second = 0;
    if (paint === "faces") second = face & 1;
    else if (paint === "stripes") second = stripe(own(0, x, y, z) + own(2, x, y, z));
    else if (paint === "checker")
      second = stripe(own(0, x, y, z)) ^ stripe(own(1, x, y, z)) ^ stripe(own(2, x, y, z));
    for (let channel = 0; channel < 3; channel++) out[channel] = colours[second][channel];
  };
}
