/** A room with flying shapes, seen by a camera that pans, moves aside and zooms. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { type Camera, columnSlope, rowSlope } from "../raycast/camera.js";
import { type Canvas, createCanvas, resolvePicture } from "../raycast/canvas.js";
import { drawCapsule } from "../raycast/capsule.js";
import { drawContactShadow } from "../raycast/contactShadow.js";
import type { Light, Rgb } from "../raycast/light.js";
import { drawSolid } from "../raycast/solid.js";
import { paintSurface, type SurfacePattern, surfaceDensity, surfacePatterns } from "../raycast/surfaces.js";
import { levelFor, sampleTexture, type Texture } from "../raycast/texture.js";
import { axesOf, bounceShapes, drawShapes, moveShape, paintOf, room, type Shape, solidOf } from "./shapes.js";

const wallAt = room.far + 0.6;

interface Room {
  readonly wall: Texture;
  readonly floor: Texture;
  /** How finely the two surfaces repeat, texels per metre. */
  readonly density: number;
  readonly light: Light;
}

const muted = (chance: ArrayLike<number>, k: number): Rgb => {
  const grey = 90 + 130 * chance[k];
  return [
    grey + 50 * (chance[k + 1] - 0.5),
    grey + 50 * (chance[k + 2] - 0.5),
    grey + 50 * (chance[k + 3] - 0.5),
  ];
};

function roomOf(seed: number): Room {
  const chance = uniformValues(32, deriveSeed(seed, 1));
  const pattern = (k: number): SurfacePattern =>
    surfacePatterns[Math.floor(chance[k] * surfacePatterns.length)];
  const angle = Math.PI * (0.6 + 0.8 * chance[2]); // from behind the camera
  const rise = 0.5 + 0.6 * chance[3];
  const strength = 0.5 + 0.4 * chance[4];
  return {
    wall: paintSurface(pattern(0), muted(chance, 8), muted(chance, 12), deriveSeed(seed, 2)),
    floor: paintSurface(pattern(1), muted(chance, 16), muted(chance, 20), deriveSeed(seed, 3)),
    density: surfaceDensity * (0.35 + 0.9 * chance[24]),
    light: {
      toSun: [cosine(rise) * cosine(angle), cosine(rise) * sine(angle), sine(rise)],
      sun: [strength, strength * (0.85 + 0.15 * chance[5]), strength * (0.7 + 0.3 * chance[6])],
      ambient: [0.5, 0.5, 0.5 + 0.08 * chance[7]],
      haze: [128, 132, 140],
      hazeDistance: 40,
    },
  };
}

/** The camera at a frame: slow waves of panning, walking aside and zooming, or none of one kind. */
function cameraAt(seed: number, frame: number): Camera {
  const chance = uniformValues(16, deriveSeed(seed, 4));
  const wave = (k: number, most: number) => {
    const size = chance[k] < 0.3 ? 0 : most * chance[k];
    return size * sine(frame * (0.03 + 0.09 * chance[k + 1]) + 6.28 * chance[k + 2]);
  };
  const heading = wave(0, 0.4);
  return {
    x: 0,
    y: wave(3, 0.9),
    z: 1.6 + wave(6, 0.5),
    cos: cosine(heading),
    sin: sine(heading),
    tilt: -0.05 + wave(9, 0.15),
    focal: 1.35 + wave(12, 0.4),
  };
}

const texel = new Float64Array(3);

/** Draws the room's back wall and floor. */
function drawRoom(canvas: Canvas, camera: Camera, { wall, floor, density, light }: Room): void {
  const perMetre = (2 * density) / (camera.focal * canvas.side);
  const toWall = Math.max(0, -light.toSun[0]);
  for (let column = 0; column < canvas.side; column++) {
    const across = columnSlope(canvas, camera, column);
    const dx = camera.cos + across * camera.sin;
    const dy = camera.sin - across * camera.cos;
    const back = dx > 0.05 ? (wallAt - camera.x) / dx : Infinity;
    for (let row = 0; row < canvas.side; row++) {
      const slope = rowSlope(canvas, camera, row);
      const depth = slope < 0 ? Math.min(back, -camera.z / slope) : back;
      const onWall = depth === back;
      const y = camera.y + depth * dy;
      const up = onWall ? camera.z + depth * slope : camera.x + depth * dx;
      const texture = onWall ? wall : floor;
      sampleTexture(texture, levelFor(texture, depth * perMetre), y * density, up * density, texel);
      const corner = onWall ? Math.min(1, 0.7 + 0.5 * up) : Math.min(1, 0.65 + 0.4 * (wallAt - up));
      const sun = onWall ? toWall : light.toSun[2];
      const at = column * canvas.side + row;
      canvas.depth[at] = depth;
      for (let channel = 0; channel < 3; channel++)
        canvas.colour[3 * at + channel] =
          texel[channel] * corner * (light.ambient[channel] + light.sun[channel] * sun);
    }
  }
}

function drawShape(canvas: Canvas, camera: Camera, light: Light, shape: Shape): void {
  const { kind, position, radius, colours } = shape;
  const axes = axesOf(shape);
  if (kind === "ball")
    drawCapsule(canvas, camera, light, { from: position, to: position, radius, colour: colours[0] }, 1);
  else if (kind === "dumbbell") {
    const end = (far: number): Rgb =>
      [0, 1, 2].map((k) => position[k] + axes[0][k] * far * radius) as unknown as Rgb;
    const rod = { from: end(-0.6), to: end(0.6), radius: 0.16 * radius, colour: colours[1] };
    drawCapsule(canvas, camera, light, rod, 1);
    for (const side of [-0.6, 0.6])
      drawCapsule(
        canvas,
        camera,
        light,
        { from: end(side), to: end(side), radius: 0.4 * radius, colour: colours[side < 0 ? 0 : 1] },
        1,
      );
  } else drawSolid(canvas, camera, light, solidOf(shape, axes), paintOf(shape, axes), 1);
}

/** Pictures [frames, size, size, 3] of the scene of `seed`, one after the other. */
export function drawShapesClip(seed: number, frames: number, size: number): Uint8Array {
  const canvas = createCanvas("passiveClip", size);
  const place = roomOf(seed);
  const shapes = drawShapes(deriveSeed(seed, 5));
  const pictures = new Uint8Array(frames * size * size * 3);
  for (let frame = 0; frame < frames; frame++) {
    const camera = cameraAt(seed, frame);
    drawRoom(canvas, camera, place);
    for (const { position, radius } of shapes)
      drawContactShadow(canvas, camera, { x: position[0], y: position[1], radius: radius * 1.3 });
    for (const shape of shapes) drawShape(canvas, camera, place.light, shape);
    pictures.set(resolvePicture(canvas), frame * size * size * 3);
    shapes.forEach(moveShape);
    bounceShapes(shapes);
  }
  return pictures;
}
