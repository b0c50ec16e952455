/**
 * tf.train.Example: a map from names to lists of byte strings, floats or whole numbers, as a protocol buffer. Read by
 * hand, so that byte strings (pictures) are known by their place and not copied.
 *
 * @see tensorflow/core/example/example.proto and feature.proto of TensorFlow
 */
import protobuf from "protobufjs";

/** A named list; exactly one kind is there. */
export type Feature =
  | { readonly bytes: readonly Uint8Array[] }
  | { readonly floats: Float32Array }
  | { readonly ints: readonly number[] };

const wire = { varint: 0, bytes: 2, float: 5 };
const listFields = { bytes: 1, floats: 2, ints: 3 };

/** Calls `take` with each field's number and wire type up to `end`; what it does not read is skipped. */
function eachField(
  reader: protobuf.Reader,
  end: number,
  take: (field: number, type: number) => boolean,
): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!take(tag >>> 3, tag & 7)) reader.skipType(tag & 7);
  }
  if (reader.pos > end) throw new RangeError("a field goes beyond the end of its message");
}

/** End of the length-delimited field that begins here. */
function fieldEnd(reader: protobuf.Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("a field goes beyond the end of the record");
  return end;
}

function readBytes(reader: protobuf.Reader, data: Uint8Array): Uint8Array {
  const end = fieldEnd(reader);
  const bytes = data.subarray(reader.pos, end);
  reader.pos = end;
  return bytes;
}

function readFeature(reader: protobuf.Reader, data: Uint8Array): Feature | undefined {
  let feature: Feature | undefined;
  eachField(reader, fieldEnd(reader), (kind, type) => {
    if (type !== wire.bytes) return false;
    const end = fieldEnd(reader);
    if (kind === listFields.bytes) {
      const bytes: Uint8Array[] = [];
      eachField(reader, end, (field, type) => {
        if (field !== 1 || type !== wire.bytes) return false;
        bytes.push(readBytes(reader, data));
        return true;
      });
      feature = { bytes };
    } else if (kind === listFields.floats || kind === listFields.ints) {
      const [plain, next] =
        kind === listFields.floats
          ? [wire.float, () => reader.float()]
          : [wire.varint, () => Number(reader.int64())];
      const values: number[] = [];
      eachField(reader, end, (field, type) => {
        if (field !== 1 || (type !== plain && type !== wire.bytes)) return false;
        if (type === plain) values.push(next());
        else for (const stop = fieldEnd(reader); reader.pos < stop; ) values.push(next());
        return true;
      });
      feature = kind === listFields.floats ? { floats: Float32Array.from(values) } : { ints: values };
    } else reader.pos = end;
    return true;
  });
  return feature;
}

/**
 * The features of an Example by name; byte strings share the memory of `data`.
 * @throws Error for bytes that are no Example
 */
export function parseExample(data: Uint8Array): Map<string, Feature> {
  const reader = protobuf.Reader.create(data);
  const features = new Map<string, Feature>();
  eachField(reader, data.length, (field, type) => {
    if (field !== 1 || type !== wire.bytes) return false;
    eachField(reader, fieldEnd(reader), (field, type) => {
      if (field !== 1 || type !== wire.bytes) return false;
      let name = "";
      let feature: Feature | undefined;
      eachField(reader, fieldEnd(reader), (field, type) => {
        if (type !== wire.bytes) return false;
        if (field === 1) name = Buffer.from(readBytes(reader, data)).toString("utf8");
        else if (field === 2) feature = readFeature(reader, data);
        else return false;
        return true;
      });
      if (feature) features.set(name, feature);
      return true;
    });
    return true;
  });
  return features;
}

/** The bytes of an Example; numbers are packed, names in order of their code units. */
export function encodeExample(features: ReadonlyMap<string, Feature>): Uint8Array {
  const writer = protobuf.Writer.create();
  const open = (field: number) => writer.uint32((field << 3) | wire.bytes).fork();
  open(1);
  for (const name of [...features.keys()].sort()) {
    const feature = features.get(name) as Feature;
    open(1)
      .uint32((1 << 3) | wire.bytes)
      .string(name);
    open(2);
    if ("bytes" in feature) {
      open(listFields.bytes);
      for (const value of feature.bytes) writer.uint32((1 << 3) | wire.bytes).bytes(value);
    } else if ("floats" in feature) {
      open(listFields.floats);
      open(1);
      for (const value of feature.floats) writer.float(value);
      writer.ldelim();
    } else {
      open(listFields.ints);
      open(1);
      for (const value of feature.ints) writer.int64(value);
      writer.ldelim();
    }
    writer.ldelim().ldelim().ldelim();
  }
  return writer.ldelim().finish();
}
