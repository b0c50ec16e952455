/** How far a model's picture is from the true world's. */

/** Root mean square difference of two pictures of as many bytes, as a share of the range. */
export function drift(picture: Uint8Array, other: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < picture.length; i++) sum += (picture[i] - other[i]) ** 2;
  return Math.sqrt(sum / picture.length) / 255;
}
