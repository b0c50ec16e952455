/**
 * npm run train -- <name>: sets up what training needs and makes a model that ships, by its recipe, in data/models.
 * Ctrl-C leaves a state from which the same command goes on.
 */
import { runLibraryCommand } from "./libraryCommand.mjs";

await runLibraryCommand("train");
