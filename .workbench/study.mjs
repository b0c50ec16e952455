/**
 * npm run study -- <name> [--budget quick|standard|paper] [--seeds N] [--workers N] [--shard i/n]: sets up what computing needs,
 * computes the results of a study that are not in data/results, and prints what they say.
 * Ctrl-C loses the units at hand; the same command goes on from there.
 */
import { runLibraryCommand } from "./libraryCommand.mjs";

await runLibraryCommand("study");
