/** Single pictures inside data files: JPEG or PNG bytes, told apart by their first bytes. */
import sharp from "sharp";

export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** A name for the kind of picture, or undefined for other bytes. */
export function sniffPicture(bytes: Uint8Array): "jpeg" | "png" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "jpeg";
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return "png";
  return undefined;
}

function undecodable(error: Error): never {
  throw new Error(`cannot be decoded: ${error.message.split("\n")[0]}`);
}

/** Height and width from the picture's header; throws with a reason in words where there is none. */
export async function pictureSize(bytes: Uint8Array): Promise<PictureSize> {
  if (!sniffPicture(bytes)) throw new Error("is neither JPEG nor PNG");
  const { height, width } = await sharp(bytes).metadata().catch(undecodable);
  return { height, width };
}

/** Decodes a picture to 8-bit RGB [height, width, 3]; throws with a reason in words where it cannot. */
export async function decodePicture(bytes: Uint8Array, size: PictureSize): Promise<Uint8Array> {
  if (!sniffPicture(bytes)) throw new Error("is neither JPEG nor PNG");
  const { data, info } = await sharp(bytes)
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(undecodable);
  if (info.height !== size.height || info.width !== size.width)
    throw new Error(`is ${info.height}×${info.width}; the first is ${size.height}×${size.width}`);
  if (info.channels !== 3) throw new Error(`has ${info.channels} channels; expected colour`);
  return data;
}

/** Encodes 8-bit RGB: JPEG of that quality (1 to 100, no colour subsampling), or PNG, without loss, if left out. */
export async function encodePicture(rgb: Uint8Array, size: PictureSize, quality?: number): Promise<Buffer> {
  const picture = sharp(rgb, { raw: { ...size, channels: 3 } });
  return quality === undefined
    ? picture.png({ compressionLevel: 9 }).toBuffer()
    : picture.jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
}
