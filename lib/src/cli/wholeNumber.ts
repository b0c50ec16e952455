import { InvalidArgumentError } from "commander";

/** The value of an option that counts something; for commander. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("expected a whole number from 1 up.");
  return value;
}
