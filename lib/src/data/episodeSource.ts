/** What every format's reader hands to `openEpisodes`: where episodes are, before any is opened. */
import type { Episode, EpisodeFileError } from "./episode.js";

/** An episode that was found and can be opened. */
export interface EpisodeSource {
  /** Becomes the episode's name. */
  readonly name: string;
  /** The file that holds it. */
  readonly file: string;
  /** @throws EpisodeFileError where the episode cannot be read */
  open(): Promise<Episode>;
}

/** Takes what cannot be read: throws it, or makes a note of it and returns. */
export type OnFault = (fault: EpisodeFileError) => void;
