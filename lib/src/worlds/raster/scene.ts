/**
 * What `renderScene` draws: meshes with a pose and a material, one distant light, a sky, a camera. Plain data; lengths
 * in metres, angles in radians, colours linear red, green, blue from 0 to 1 (a picture's byte is 255 √value).
 */

export type Vector3 = readonly [number, number, number];
export type Color = readonly [number, number, number];

export interface Scene {
  readonly camera: Camera;
  readonly light: Light;
  readonly sky: Sky;
  readonly instances: readonly Instance[];
}

export interface Camera {
  readonly position: Vector3;
  /** Viewing direction, and a vector that points upwards in the picture; of any length, not parallel. */
  readonly forward: Vector3;
  readonly up: Vector3;
  /** Vertical angle of the whole picture. */
  readonly fieldOfView: number;
}

export interface Light {
  /** From the scene towards the light. */
  readonly direction: Vector3;
  readonly color: Color;
  /** Strength of the light that comes from the sky and the ground; 1 takes their colours as they are. */
  readonly ambient: number;
  /** The ball in which shadows fall; none without it. Its 256th part is the shadows' resolution. */
  readonly shadow?: {
    readonly center: Vector3;
    readonly radius: number;
    /** What also casts a shadow and stands still: it is drawn once for all pictures with this very light. */
    readonly still?: readonly Instance[];
  };
}

/** Background of the picture, and colour of the ambient light from above (zenith) and below (ground). */
export interface Sky {
  readonly up: Vector3;
  readonly zenith: Color;
  readonly horizon: Color;
  readonly ground: Color;
}

export interface Instance {
  readonly mesh: Mesh;
  readonly position: ArrayLike<number>;
  /** [3, 3] row by row; its columns are the mesh's axes in the world. */
  readonly rotation: ArrayLike<number>;
  readonly material: Material;
  /** False for floors and walls, which only receive shadows, and for what stands still before the light. */
  readonly castsShadow: boolean;
}

/** Triangles with one outward normal per corner. Corners run anticlockwise seen from outside. */
export interface Mesh {
  /** [vertex, 3] each. */
  readonly positions: Float64Array;
  readonly normals: Float64Array;
  /** [triangle, 3] indices of vertices. */
  readonly triangles: Uint32Array;
}

export interface Material {
  readonly color: Color;
  /** Strength of the highlight, from 0 up. */
  readonly shine: number;
  readonly texture?: Texture;
}

/** A pattern in the mesh's own coordinates, from the material's colour to `color`. */
export interface Texture {
  /** checks: squares in x and y · wood: wavy grain along y · mottle: soft spots. */
  readonly kind: "checks" | "wood" | "mottle";
  readonly color: Color;
  /** Side of a square, width of a grain line, or size of a spot. */
  readonly size: number;
}
