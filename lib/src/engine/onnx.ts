/**
 * Writes a recorded graph as an ONNX model: our own subset of the ONNX schema (field numbers from onnx.proto), encoded
 * by protobufjs. Constants of some size go beside the model as external data, so that no file or buffer holds a copy.
 */
import protobuf from "protobufjs";
import {
  type Attribute,
  type Elements,
  type ElementType,
  type Node,
  type Value,
  valueName,
} from "./graph.js";

/** Version of the standard operators, and of the file format, that the graph is written in. */
const opset = 18;
const irVersion = 9;
/** Constants from this many bytes on are external. */
const externalBytes = 16384;

/** [name, number, type]; a type in brackets is repeated. */
type FieldRow = readonly [string, number, string];
const schema: Readonly<Record<string, readonly FieldRow[]>> = {
  ModelProto: [
    ["irVersion", 1, "int64"],
    ["producerName", 2, "string"],
    ["graph", 7, "GraphProto"],
    ["opsetImport", 8, "[OperatorSetIdProto]"],
  ],
  OperatorSetIdProto: [
    ["domain", 1, "string"],
    ["version", 2, "int64"],
  ],
  GraphProto: [
    ["node", 1, "[NodeProto]"],
    ["name", 2, "string"],
    ["initializer", 5, "[TensorProto]"],
    ["input", 11, "[ValueInfoProto]"],
    ["output", 12, "[ValueInfoProto]"],
  ],
  NodeProto: [
    ["input", 1, "[string]"],
    ["output", 2, "[string]"],
    ["name", 3, "string"],
    ["opType", 4, "string"],
    ["attribute", 5, "[AttributeProto]"],
    ["domain", 7, "string"],
  ],
  AttributeProto: [
    ["name", 1, "string"],
    ["f", 2, "float"],
    ["i", 3, "int64"],
    ["s", 4, "bytes"],
    ["g", 6, "GraphProto"],
    ["ints", 8, "[int64]"],
    ["type", 20, "int32"],
  ],
  TensorProto: [
    ["dims", 1, "[int64]"],
    ["dataType", 2, "int32"],
    ["name", 8, "string"],
    ["rawData", 9, "bytes"],
    ["externalData", 13, "[StringStringEntryProto]"],
    ["dataLocation", 14, "int32"],
  ],
  StringStringEntryProto: [
    ["key", 1, "string"],
    ["value", 2, "string"],
  ],
  ValueInfoProto: [
    ["name", 1, "string"],
    ["type", 2, "TypeProto"],
  ],
  TypeProto: [["tensorType", 1, "TensorTypeProto"]],
  TensorTypeProto: [
    ["elemType", 1, "int32"],
    ["shape", 2, "TensorShapeProto"],
  ],
  TensorShapeProto: [["dim", 1, "[DimensionProto]"]],
  DimensionProto: [["dimValue", 1, "int64"]],
};

const elementTypeNumbers: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const attributeTypes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 };

/** What a graph of the ONNX file contains; `inner` becomes the body of a Loop when there is one. */
export interface GraphParts {
  readonly nodes: readonly NamedNode[];
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
  readonly constants: readonly Value[];
}

export interface NamedValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** A node ready to be written: names in place of values. */
export interface NamedNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute | GraphParts>>;
}

/** Elements kept outside the model's own bytes, found by `path`. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly external: readonly ExternalData[];
}

/** Where an external constant is kept: a path of its own, or a place in one common file. */
export type ExternalPlace = (name: string, bytes: Uint8Array) => Readonly<Record<string, string>>;

const root = buildRoot();

/** Encodes the model. Without `place`, each external constant gets a path of its own: its name. */
export function encodeModel(graph: GraphParts, place?: ExternalPlace): OnnxModel {
  const external: ExternalData[] = [];
  const record = (name: string, data: Uint8Array): Readonly<Record<string, string>> => {
    external.push({ path: name, data });
    return { location: name };
  };
  const message = {
    irVersion,
    producerName: "vid2world",
    opsetImport: [
      { domain: "", version: opset },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: graphMessage(graph, "traced", place ?? record),
  };
  const type = root.lookupType("ModelProto");
  return { bytes: type.encode(message).finish(), external };
}

/** The elements of a constant as bytes. */
export function bytesOf(elements: Elements): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

export function namedNode(node: Node, name: string): NamedNode {
  const { op, domain, attributes } = node;
  const inputs = node.inputs.map((input) => (input ? valueName(input) : ""));
  return { name, op, domain, inputs, outputs: node.outputs.map(valueName), attributes };
}

export function namedValue(value: Value, name = valueName(value)): NamedValue {
  return { name, shape: value.shape, type: value.type };
}

function graphMessage(graph: GraphParts, name: string, place: ExternalPlace): object {
  return {
    name,
    node: graph.nodes.map((node) => ({
      input: node.inputs,
      output: node.outputs,
      name: node.name,
      opType: node.op,
      domain: node.domain,
      attribute: Object.entries(node.attributes).map(([key, value]) => attributeMessage(key, value, place)),
    })),
    initializer: graph.constants.map((value) => tensorMessage(value, place)),
    input: graph.inputs.map(valueInfoMessage),
    output: graph.outputs.map(valueInfoMessage),
  };
}

function attributeMessage(name: string, value: Attribute | GraphParts, place: ExternalPlace): object {
  if (typeof value === "number") return { name, i: value, type: attributeTypes.int };
  if (typeof value === "string") return { name, s: Buffer.from(value), type: attributeTypes.string };
  if (Array.isArray(value)) return { name, ints: value, type: attributeTypes.ints };
  if ("float" in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, g: graphMessage(value as GraphParts, name, place), type: attributeTypes.graph };
}

function tensorMessage(value: Value, place: ExternalPlace): object {
  const name = valueName(value);
  const bytes = bytesOf(value.constant!);
  const described = { name, dims: value.shape, dataType: elementTypeNumbers[value.type] };
  if (bytes.length < externalBytes) return { ...described, rawData: bytes };
  const externalData = Object.entries(place(name, bytes)).map(([key, text]) => ({ key, value: text }));
  return { ...described, externalData, dataLocation: 1 };
}

function valueInfoMessage({ name, shape, type }: NamedValue): object {
  const dim = shape.map((size) => ({ dimValue: size }));
  return { name, type: { tensorType: { elemType: elementTypeNumbers[type], shape: { dim } } } };
}

function buildRoot(): protobuf.Root {
  const built = new protobuf.Root();
  for (const [name, rows] of Object.entries(schema)) {
    const type = new protobuf.Type(name);
    for (const [field, id, kind] of rows) {
      const repeated = kind.startsWith("[");
      type.add(
        new protobuf.Field(field, id, repeated ? kind.slice(1, -1) : kind, repeated ? "repeated" : undefined),
      );
    }
    built.add(type);
  }
  return built;
}
