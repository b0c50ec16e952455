/** A room with flying shapes, seen by a camera that pans, moves aside and zooms. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { type Camera, columnSlope, rowSlopes } from "../raycast/camera.js";
import { type Canvas, createCanvas, resolvePicture } from "../raycast/canvas.js";
import { drawCapsule } from "../raycast/capsule.js";
import { drawContactShadow } from "../raycast/contactShadow.js";
import { type Light, lightOf, type Rgb } from "../raycast/light.js";
import { drawSolid } from "../raycast/solid.js";
import { paintSurface, type SurfacePattern, surfaceDensity, surfacePatterns } from "../raycast/surfaces.js";
import { levelFor, sampleTexture, type Texture, type TextureLine, textureLine } from "../raycast/texture.js";
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
    light: lightOf({
      toSun: [cosine(rise) * cosine(angle), cosine(rise) * sine(angle), sine(rise)],
      sun: [strength, strength * (0.85 + 0.15 * chance[5]), strength * (0.7 + 0.3 * chance[6])],
      ambient: [0.5, 0.5, 0.5 + 0.08 * chance[7]],
      haze: [128, 132, 140],
      hazeDistance: 40,
    }),
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

const onWall = textureLine(2048);
const onFloor = textureLine(2048);
const depths = new Float64Array(2048);

/** Draws the room's back wall and floor: in each column the wall comes first, from the top. */
function drawRoom(canvas: Canvas, camera: Camera, place: Room): void {
  const { wall, floor, density } = place;
  const perMetre = (2 * density) / (camera.focal * canvas.side);
  const slopes = rowSlopes(canvas, camera);
  for (let column = 0; column < canvas.side; column++) {
    const across = columnSlope(canvas, camera, column);
    const dx = camera.cos + across * camera.sin;
    const dy = camera.sin - across * camera.cos;
    const back = dx > 0.05 ? (wallAt - camera.x) / dx : Infinity;
    let foot = 0; // first row of the floor
    for (let row = 0; row < canvas.side; row++) {
      const slope = slopes[row];
      const depth = slope < 0 ? Math.min(back, -camera.z / slope) : back;
      depths[row] = depth;
      if (depth === back) foot = row + 1;
      const [line, texture, i] = depth === back ? [onWall, wall, row] : [onFloor, floor, row - foot];
      line.column[i] = (camera.y + depth * dy) * density;
      line.row[i] = (depth === back ? camera.z + depth * slope : camera.x + depth * dx) * density;
      line.level[i] = levelFor(texture, depth * perMetre, 0);
    }
    sampleTexture(wall, onWall, foot);
    sampleTexture(floor, onFloor, canvas.side - foot);
    for (let row = 0; row < canvas.side; row++) {
      const at = column * canvas.side + row;
      canvas.depth[at] = depths[row];
      if (row < foot) lightSample(canvas, at, place.light, onWall, row, camera.z + depths[row] * slopes[row]);
      else lightSample(canvas, at, place.light, onFloor, row - foot, camera.x + depths[row] * dx);
    }
  }
}

/** Writes sample `i` of the wall or floor, darker towards the corner; `from` is its height or its distance, in metres. */
function lightSample(canvas: Canvas, at: number, light: Light, line: TextureLine, i: number, from: number) {
  const isWall = line === onWall;
  const corner = isWall ? Math.min(1, 0.7 + 0.5 * from) : Math.min(1, 0.65 + 0.4 * (wallAt - from));
  const sun = isWall ? Math.max(0, -light.toSun[0]) : light.toSun[2];
  for (let channel = 0; channel < 3; channel++)
    canvas.colour[3 * at + channel] =
      line.colour[3 * i + channel] * corner * (light.ambient[channel] + light.sun[channel] * sun);
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
