/** The shapes that worlds are built of, around the origin; z is the axis of those that have one. Sizes in metres. */
import type { Mesh, Vector3 } from "./scene.js";
import { cosine, sine } from "./trigonometry.js";

/** One of the two faces between neighbouring rows of a grid of vertices, as two triangles. */
function quad(a: number, b: number, c: number, d: number): number[] {
  return [a, b, c, a, c, d];
}

function meshOf(positions: number[], normals: number[], triangles: number[]): Mesh {
  return {
    positions: Float64Array.from(positions),
    normals: Float64Array.from(normals),
    triangles: Uint32Array.from(triangles),
  };
}

/** A box with these half sides. */
export function boxMesh(x: number, y: number, z: number): Mesh {
  const half: Vector3 = [x, y, z];
  const positions: number[] = [];
  const normals: number[] = [];
  const triangles: number[] = [];
  for (let axis = 0; axis < 3; axis++)
    for (const side of [-1, 1]) {
      const first = positions.length / 3;
      for (const [u, v] of [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ]) {
        const corner = [0, 0, 0];
        corner[axis] = side * half[axis];
        corner[(axis + 1) % 3] = side * u * half[(axis + 1) % 3];
        corner[(axis + 2) % 3] = v * half[(axis + 2) % 3];
        positions.push(...corner);
        normals.push(...[0, 1, 2].map((i) => (i === axis ? side : 0)));
      }
      triangles.push(...quad(first, first + 1, first + 2, first + 3));
    }
  return meshOf(positions, normals, triangles);
}

/** A rectangle in the plane z = 0, seen from above. */
export function planeMesh(halfX: number, halfY: number): Mesh {
  const positions = [-halfX, -halfY, 0, halfX, -halfY, 0, halfX, halfY, 0, -halfX, halfY, 0];
  return meshOf(positions, [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1], quad(0, 1, 2, 3));
}

/**
 * The surface swept by a profile turned about z. Each ring of the profile is radius, height, and the outward normal
 * there (radial and upwards part), from bottom to top; two rings at one place make a sharp edge.
 */
function turnedMesh(profile: readonly (readonly [number, number, number, number])[], sides: number): Mesh {
  const positions: number[] = [];
  const normals: number[] = [];
  const triangles: number[] = [];
  for (const [radius, height, outwards, upwards] of profile)
    for (let i = 0; i <= sides; i++) {
      const x = cosine((2 * Math.PI * i) / sides);
      const y = sine((2 * Math.PI * i) / sides);
      positions.push(radius * x, radius * y, height);
      normals.push(outwards * x, outwards * y, upwards);
    }
  for (let ring = 0; ring + 1 < profile.length; ring++) {
    const [radius, height] = profile[ring];
    const [nextRadius, nextHeight] = profile[ring + 1];
    if (radius === nextRadius && height === nextHeight) continue;
    for (let i = 0; i < sides; i++) {
      const a = ring * (sides + 1) + i;
      const d = a + sides + 1;
      if (radius > 0) triangles.push(a, a + 1, d + 1);
      if (nextRadius > 0) triangles.push(a, d + 1, d);
    }
  }
  return meshOf(positions, normals, triangles);
}

/** A closed cylinder, or a cone frustum when `topRadius` differs. */
export function cylinderMesh(radius: number, halfHeight: number, topRadius = radius, sides = 20): Mesh {
  const slope = Math.sqrt((2 * halfHeight) ** 2 + (radius - topRadius) ** 2);
  const outwards = (2 * halfHeight) / slope;
  const upwards = (radius - topRadius) / slope;
  return turnedMesh(
    [
      [0, -halfHeight, 0, -1],
      [radius, -halfHeight, 0, -1],
      [radius, -halfHeight, outwards, upwards],
      [topRadius, halfHeight, outwards, upwards],
      [topRadius, halfHeight, 0, 1],
      [0, halfHeight, 0, 1],
    ],
    sides,
  );
}

/** A cylinder of this half height with half balls on its ends; half height 0 is a ball. */
export function capsuleMesh(radius: number, halfHeight: number, sides = 16): Mesh {
  const bands = Math.max(2, Math.round(sides / 4)); // from equator to pole
  const cap = Array.from({ length: bands + 1 }, (_, i) => {
    const angle = (i / bands) * (Math.PI / 2);
    return i === bands ? ([0, 1] as const) : ([cosine(angle), sine(angle)] as const);
  });
  const below = [...cap].reverse().map(([c, s]) => [radius * c, -halfHeight - radius * s, c, -s] as const);
  const above = cap.map(([c, s]) => [radius * c, halfHeight + radius * s, c, s] as const);
  return turnedMesh([...below, ...above], sides);
}

export function sphereMesh(radius: number, sides = 20): Mesh {
  return capsuleMesh(radius, 0, sides);
}
