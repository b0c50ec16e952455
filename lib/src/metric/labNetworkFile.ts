/** The lab's networks as single safetensors files, with the config as text in the header. */
import { dispose, type Tensor } from "@tensorflow/tfjs";
import type { Parameters } from "../nn/parameters.js";
import { openTensors } from "../weights/openTensors.js";
import { type SaveOptions, saveWeights } from "../weights/saveWeights.js";
import { type InverseDynamics, inverseDynamicsParameters } from "./inverseDynamics.js";
import { type StateReader, stateReaderParameters } from "./stateReader.js";
import { type VideoEncoder, videoEncoderParameters } from "./videoEncoder.js";

interface LabNetworks {
  readonly inverseDynamics: InverseDynamics;
  readonly stateReader: StateReader;
  readonly videoEncoder: VideoEncoder;
}

const parametersOf = {
  inverseDynamics: inverseDynamicsParameters,
  stateReader: stateReaderParameters,
  videoEncoder: videoEncoderParameters,
};

/** Writes a network and its config to a safetensors file. */
export async function saveLabNetwork(
  path: string,
  network: LabNetworks[keyof LabNetworks],
  { precision }: Pick<SaveOptions, "precision"> = {},
): Promise<void> {
  const metadata = { config: JSON.stringify(network.config) };
  await saveWeights(path, network.weights, { metadata, precision });
}

/**
 * Reads a network that `saveLabNetwork` wrote; its tensors belong to the caller.
 *
 * @throws Error if the file holds another kind of network, or weights that do not fit its config
 */
export async function loadLabNetwork<Kind extends keyof LabNetworks>(
  path: string,
  kind: Kind,
): Promise<LabNetworks[Kind]> {
  const file = await openTensors(path);
  const weights: Record<string, Tensor> = {};
  try {
    const config = JSON.parse(file.metadata.config ?? "{}");
    if (config.kind !== kind)
      throw new Error(
        `loadLabNetwork: ${path} holds ${config.kind ? `a network of kind ${config.kind}` : "no config"}; expected ${kind}.`,
      );
    const parameters: Parameters = parametersOf[kind](config);
    for (const name of new Set([...Object.keys(parameters), ...file.entries.keys()])) {
      const [wanted, found] = [parameters[name]?.shape, file.entries.get(name)?.shape];
      if (String(wanted) !== String(found))
        throw new Error(
          `loadLabNetwork: ${name} in ${path} is ${found ? `[${found}]` : "missing"}; its config asks for ${wanted ? `[${wanted}]` : "none"}.`,
        );
      weights[name] = await file.readTensor(name);
    }
    return { config, weights } as LabNetworks[Kind];
  } catch (error) {
    dispose(weights);
    throw error;
  } finally {
    await file.close();
  }
}
