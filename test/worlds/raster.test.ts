/** Laws of the software renderer, and pictures small enough to work out by hand. */

import {
  boxMesh,
  type Camera,
  capsuleMesh,
  cosine,
  cylinderMesh,
  type Instance,
  type Material,
  type Mesh,
  planeMesh,
  renderScene,
  rotationAbout,
  type Scene,
  sine,
  sphereMesh,
  type Vector3,
} from "vid2world";
import { rotate } from "vid2world/dist/worlds/raster/vector.js";
import { expect, test } from "vitest";

const upright = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const white: Material = { color: [1, 1, 1], shine: 0 };
const red: Material = { color: [1, 0, 0], shine: 0 };

/** Looks down the z axis from height 1 on a square of 2 × 2 metres; up in the picture is y. */
const above: Camera = { position: [0, 0, 1], forward: [0, 0, -1], up: [0, 1, 0], fieldOfView: Math.PI / 2 };

function place(mesh: Mesh, position: Vector3, material: Material, rotation = upright): Instance {
  return { mesh, position, rotation, material, castsShadow: true };
}

/** Surfaces in their own colours before black. */
function plainScene(instances: Instance[], camera = above): Scene {
  return {
    camera,
    light: { direction: [0, 0, 1], color: [0, 0, 0], ambient: 1 },
    sky: { up: [0, 0, 1], zenith: [1, 1, 1], horizon: [0, 0, 0], ground: [1, 1, 1] },
    instances: [...instances, place(planeMesh(9, 9), [0, 0, -2], { color: [0, 0, 0], shine: 0 })],
  };
}

const pixel = (picture: Uint8Array, size: number, row: number, column: number) => [
  ...picture.subarray(3 * (row * size + column), 3 * (row * size + column) + 3),
];

/** A bit of everything, under a slanting light with shadows. */
function room(): Scene {
  const checks = { kind: "checks", color: [0.2, 0.2, 0.3], size: 0.23 } as const;
  return {
    camera: { position: [-0.63, -0.52, 0.71], forward: [0.7, 0.6, -0.65], up: [0, 0, 1], fieldOfView: 0.9 },
    light: {
      direction: [-0.4, -0.7, 1],
      color: [0.9, 0.85, 0.8],
      ambient: 0.5,
      shadow: { center: [0, 0, 0], radius: 0.8 },
    },
    sky: { up: [0, 0, 1], zenith: [0.6, 0.7, 0.9], horizon: [0.8, 0.8, 0.8], ground: [0.4, 0.35, 0.3] },
    instances: [
      { ...place(planeMesh(2, 2), [0, 0, 0], { ...white, texture: checks }), castsShadow: false },
      place(boxMesh(0.15, 0.1, 0.05), [0, 0, 0.05], red, rotationAbout([0, 0, 1], 0.4)),
      place(sphereMesh(0.06), [-0.1, -0.2, 0.06], { color: [0.1, 0.5, 0.2], shine: 0.5 }),
      place(cylinderMesh(0.05, 0.08), [0.2, -0.15, 0.08], white),
      place(capsuleMesh(0.02, 0.15), [-0.2, 0.1, 0.1], white, rotationAbout([1, 0.3, 0], 1.2)),
    ],
  };
}

/** The same scene with everything in it turned. */
function turned(scene: Scene, rotation: number[]): Scene {
  const turn = (v: ArrayLike<number>) => rotate(rotation, [v[0], v[1], v[2]]);
  const columns = (r: ArrayLike<number>) => [0, 1, 2].map((j) => turn([r[j], r[3 + j], r[6 + j]]));
  const { camera, light, sky } = scene;
  return {
    camera: {
      ...camera,
      position: turn(camera.position),
      forward: turn(camera.forward),
      up: turn(camera.up),
    },
    light: { ...light, direction: turn(light.direction) },
    sky: { ...sky, up: turn(sky.up) },
    instances: scene.instances.map((instance) => {
      const [x, y, z] = columns(instance.rotation);
      const rotation = [0, 1, 2].flatMap((i) => [x[i], y[i], z[i]]);
      return { ...instance, position: turn(instance.position), rotation };
    }),
  };
}

/** Share of bytes that differ by more than `most`. */
function shareApart(a: Uint8Array, b: Uint8Array, most: number): number {
  return a.filter((value, i) => Math.abs(value - b[i]) > most).length / a.length;
}

test("a nearer triangle hides a farther one, whichever is drawn first", () => {
  const near = place(planeMesh(0.5, 0.5), [0, 0, 0.5], red);
  const far = place(planeMesh(0.9, 0.9), [0, 0, 0], white);
  for (const instances of [
    [near, far],
    [far, near],
  ]) {
    const picture = renderScene(plainScene(instances), 8);
    expect(pixel(picture, 8, 4, 4)).toEqual([255, 0, 0]);
    expect(picture).toEqual(renderScene(plainScene([...instances].reverse()), 8));
  }
});

test("triangles that pierce each other meet where their planes do", () => {
  const tilted = rotationAbout([0, 1, 0], -Math.PI / 4); // higher on the right
  const picture = renderScene(
    plainScene([
      place(planeMesh(1, 1), [0, 0, 0], white),
      place(planeMesh(0.5, 0.5), [0, 0, 0], red, tilted),
    ]),
    16,
  );
  expect(pixel(picture, 16, 8, 6)).toEqual([255, 255, 255]);
  expect(pixel(picture, 16, 8, 9)).toEqual([255, 0, 0]);
});

test("an edge through the middle of a pixel covers half of it: light ½, byte 255 √½", () => {
  const size = 8; // 2 metres at depth 1: a pixel is 0.25 m, and its middle column runs from 0 to 0.25
  const picture = renderScene(plainScene([place(planeMesh(0.5, 2), [-0.375, 0, 0], white)]), size);
  expect(pixel(picture, size, 3, 3)).toEqual([255, 255, 255]);
  expect(pixel(picture, size, 3, 4)[0]).toBe(Math.round(255 * Math.sqrt(0.5)));
  expect(pixel(picture, size, 3, 5)).toEqual([0, 0, 0]);
});

test("an edge of any slope covers its area to within a hundredth", () => {
  const size = 32;
  const tilt = rotationAbout([0, 0, 1], 0.37);
  const picture = renderScene(plainScene([place(planeMesh(0.31, 0.47), [0.03, 0.02, 0], white, tilt)]), size);
  let light = 0;
  for (let i = 0; i < picture.length; i += 3) light += (picture[i] / 255) ** 2;
  const area = (2 * 0.31 * (2 * 0.47)) / (2 / size) ** 2;
  expect(Math.abs(light - area) / area).toBeLessThan(0.01);
});

test("neighbouring triangles leave no gap", () => {
  const picture = renderScene(
    plainScene([place(planeMesh(3, 3), [0, 0, 0], white, rotationAbout([0, 0, 1], 0.3))]),
    64,
  );
  expect(picture.every((value) => value === 255)).toBe(true);
});

test("a closed body seen from inside is not there: faces that look away are left out", () => {
  const inside = { ...above, position: [0, 0, 0] as const };
  expect(renderScene(plainScene([place(boxMesh(0.5, 0.5, 0.5), [0, 0, 0], white)], inside), 8)).toEqual(
    renderScene(plainScene([], inside), 8),
  );
});

test("a floor that runs on behind the camera is cut, not folded: it fills the picture below the horizon", () => {
  const low: Camera = { position: [0, 0, 0.1], forward: [1, 0, 0], up: [0, 0, 1], fieldOfView: 1 };
  const scene = plainScene([place(planeMesh(1000, 1000), [0, 0, 0], white)], low);
  const picture = renderScene(scene, 16);
  for (let column = 0; column < 16; column++)
    for (let row = 8; row < 16; row++) expect(pixel(picture, 16, row, column)).toEqual([255, 255, 255]);
  expect(pixel(picture, 16, 7, 8)[0]).toBeLessThan(255);
});

test("perspective: at twice the distance a square covers a quarter of the area", () => {
  const light = (z: number) => {
    const picture = renderScene(plainScene([place(planeMesh(0.5, 0.5), [0, 0, z], white)]), 64);
    return picture.reduce((sum, value) => sum + (value / 255) ** 2, 0);
  };
  expect(light(0) / light(-1)).toBeCloseTo(4, 9);
});

test("turning the camera there and back gives the same picture", () => {
  const scene = room();
  const turn = (angle: number, camera: Camera): Camera => {
    const rotation = rotationAbout([0.2, -0.3, 1], angle);
    return { ...camera, forward: rotate(rotation, camera.forward), up: rotate(rotation, camera.up) };
  };
  const there = turn(0.83, scene.camera);
  const picture = renderScene(scene, 64);
  expect(shareApart(picture, renderScene({ ...scene, camera: there }, 64), 8)).toBeGreaterThan(0.3);
  const back = renderScene({ ...scene, camera: turn(-0.83, there) }, 64);
  expect(shareApart(picture, back, 1)).toBeLessThan(0.001); // round-off moves a sample across an edge here and there
});

test("turning scene, light and camera together leaves the picture", () => {
  const scene = { ...room(), light: { ...room().light, shadow: undefined } };
  for (const [axis, angle] of [
    [[0, 0, 1], 1.1],
    [[1, 2, 0.5], 2.3],
  ] as const) {
    const other = renderScene(turned(scene, rotationAbout(axis, angle)), 64);
    expect(shareApart(renderScene(scene, 64), other, 1)).toBeLessThan(0.001);
  }
});

test("turning about the light's axis leaves the shadows, but for the grain of the map", () => {
  const scene = room();
  const other = renderScene(turned(scene, rotationAbout([0, 0, 1], 0.7)), 64);
  expect(shareApart(renderScene(scene, 64), other, 12)).toBeLessThan(0.01);
});

test("a ball shades the floor on the side away from the light, and nowhere else", () => {
  const floor = { ...place(planeMesh(1, 1), [0, 0, 0], white), castsShadow: false };
  const ball = place(sphereMesh(0.1), [0, 0, 0.15], red);
  const light = (instances: Instance[]): Scene => ({
    ...plainScene(instances),
    light: {
      direction: [1, 0, 1],
      color: [0.5, 0.5, 0.5],
      ambient: 0.3,
      shadow: { center: [0, 0, 0], radius: 0.6 },
    },
  });
  const bare = renderScene(light([floor]), 64);
  const shaded = renderScene(light([floor, ball]), 64);
  const at = (picture: Uint8Array, x: number) => pixel(picture, 64, 31, Math.round(32 + 32 * x))[0];
  expect(at(shaded, -0.2)).toBeLessThan(at(bare, -0.2) - 50); // the middle of the shadow lies 0.15 m to the left
  expect(at(shaded, 0.3)).toBe(at(bare, 0.3));
  expect(at(shaded, -0.5)).toBe(at(bare, -0.5));
});

test("what stands still before a light casts the shadow that it would cast among the others, in every picture", () => {
  const floor = { ...place(planeMesh(1, 1), [0, 0, 0], white), castsShadow: false };
  const [post, ball] = [
    place(boxMesh(0.05, 0.3, 0.2), [0.2, 0, 0.2], red),
    place(sphereMesh(0.1), [-0.2, 0, 0.4], red),
  ];
  const light = { direction: [1, 0, 1], color: [0.5, 0.5, 0.5], ambient: 0.3 } as const;
  const shadow = { center: [0, 0, 0], radius: 0.9 } as const;
  const among = renderScene({ ...plainScene([post, ball, floor]), light: { ...light, shadow } }, 48);
  const still = { ...light, shadow: { ...shadow, still: [post] } };
  const instances = [{ ...post, castsShadow: false }, ball, floor];
  for (let picture = 0; picture < 2; picture++)
    expect(renderScene({ ...plainScene(instances), light: still }, 48)).toEqual(among);
});

test("a flat surface does not shade itself, at any slant of the light that leaves it in the light", () => {
  for (const slant of [0.3, 1, 3]) {
    const scene = plainScene([place(boxMesh(0.6, 0.6, 0.1), [0, 0, -0.1], white)]);
    const light = { direction: [slant, 0.2, 1] as const, color: [0.4, 0.4, 0.4] as const, ambient: 0.2 };
    const shadow = { center: [0, 0, 0] as const, radius: 1 };
    const lit = renderScene({ ...scene, light }, 32);
    expect(pixel(renderScene({ ...scene, light: { ...light, shadow } }, 32), 32, 16, 16)).toEqual(
      pixel(lit, 32, 16, 16),
    );
  }
});

test("meshes are closed, and their corners run anticlockwise seen from outside", () => {
  const solids: [Mesh, number][] = [
    [boxMesh(1, 2, 3), 48],
    [cylinderMesh(1, 1, 1, 200), 2 * Math.PI],
    [cylinderMesh(1, 1.5, 0, 200), Math.PI],
    [sphereMesh(1, 200), (4 / 3) * Math.PI],
    [capsuleMesh(1, 1, 200), (4 / 3) * Math.PI + 2 * Math.PI],
  ];
  for (const [{ positions, normals, triangles }, volume] of solids) {
    let sum = 0; // of the tetrahedra between the origin and each triangle: the volume, if the surface is closed
    for (let t = 0; t < triangles.length; t += 3) {
      const [p, q, r] = [0, 1, 2].map((i) =>
        positions.subarray(3 * triangles[t + i], 3 * triangles[t + i] + 3),
      );
      const cross = [q[1] * r[2] - q[2] * r[1], q[2] * r[0] - q[0] * r[2], q[0] * r[1] - q[1] * r[0]];
      sum += (p[0] * cross[0] + p[1] * cross[1] + p[2] * cross[2]) / 6;
    }
    expect(sum / volume).toBeCloseTo(1, 2);
    for (let v = 0; v < normals.length; v += 3)
      expect(Math.hypot(normals[v], normals[v + 1], normals[v + 2])).toBeCloseTo(1, 9);
  }
});

test("sine and cosine are those of mathematics", () => {
  for (let angle = -20; angle < 20; angle += 0.0137) {
    expect(Math.abs(sine(angle) - Math.sin(angle))).toBeLessThan(1e-14);
    expect(Math.abs(cosine(angle) - Math.cos(angle))).toBeLessThan(1e-14);
  }
});

test("drawing changes nothing: a picture does not depend on the ones before it", () => {
  const first = renderScene(room(), 64);
  renderScene(plainScene([]), 16);
  expect(renderScene(room(), 64)).toEqual(first);
});

test("a camera that cannot be is named", () => {
  const scene = room();
  const camera = { ...scene.camera, up: scene.camera.forward };
  expect(() => renderScene({ ...scene, camera }, 64)).toThrow(/renderScene: camera.up .* parallel/);
  expect(() => renderScene({ ...scene, camera: { ...scene.camera, fieldOfView: 4 } }, 64)).toThrow(
    /fieldOfView is 4/,
  );
  expect(() => renderScene(scene, 0)).toThrow(/size is 0/);
});
