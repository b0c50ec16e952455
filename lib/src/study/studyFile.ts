/** A study as a JSON file: to change an option and run it again, without a line of code. */
import { readFile } from "node:fs/promises";
import { defineStudy, type Study, units } from "./defineStudy.js";
import { taskOf } from "./tasks.js";

const fields = ["name", "question", "arms", "reference", "axis", "seeds", "protocol", "expectation"];

/**
 * A study from a file that holds what `Study` asks for; its protocol names a `task`.
 *
 * @throws Error if the file cannot be read or is no JSON; RangeError as `defineStudy`, for a field that is missing or
 *   none of a study's, or if the library has no such task
 */
export async function readStudy(path: string): Promise<Study> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`readStudy: ${path} cannot be read; expected a file that "--save <file>" wrote.`);
  });
  const found = parse(path, text);
  const missing = fields.filter((name) => found[name] === undefined);
  const unknown = Object.keys(found).filter((name) => !fields.includes(name));
  if (missing.length > 0 || unknown.length > 0)
    throw new RangeError(
      `readStudy: ${path} ${missing.length > 0 ? `lacks ${missing}` : `holds ${unknown}`}; expected ${fields.join(", ")}.`,
    );
  const study = defineStudy(found as unknown as Study);
  taskOf(units(study)[0].card);
  return study;
}

function parse(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    throw new Error(`readStudy: ${path} is no JSON: ${(error as Error).message}`);
  }
}
