import { openSafetensors } from "./safetensors.js";
import type { TensorFile } from "./tensorFile.js";
import { openTorchLegacy, openTorchZip, torchKind } from "./torchFile.js";

/**
 * Opens a file of tensors by what it contains, not by its name: safetensors, or a PyTorch checkpoint (zip or legacy;
 * plain, Lightning or DeepSpeed layout). Only the description is read; tensors are read when asked for. Close it after
 * use.
 *
 * Checkpoints of PyTorch contain a program. It is not run: tensors in plain containers are read, and a file that asks
 * for anything else is refused by the name it asks for.
 *
 * @throws Error if the file is of no known format, damaged, or asks for more than tensors
 */
export async function openTensors(path: string): Promise<TensorFile> {
  const { kind, file } = await torchKind(path);
  if (kind === "none") {
    await file.close();
    return openSafetensors(path);
  }
  try {
    return await (kind === "zip" ? openTorchZip(path, file) : openTorchLegacy(path, file));
  } catch (error) {
    await file.close();
    throw new Error(`openTensors: ${path} cannot be read: ${(error as Error).message}`);
  }
}
