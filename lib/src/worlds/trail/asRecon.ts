import type { Episode } from "../../data/episode.js";
import { type Pose, reconAction } from "../../data/recon.js";

/**
 * An episode of the trail as RECON's are read: actions say how the robot really moved, in the units of Navigation World
 * Models, where the world takes metres and radians that it is told to move. The last action is zeros.
 *
 * @param episode as `recordEpisode` gives it, with a `pose` in every state
 * @returns the same pictures, with `position` and `yaw` in its metadata
 */
export function asRecon(episode: Episode): Episode {
  const states = episode.metadata.states as readonly { readonly pose: Pose }[];
  const poses = states.map(({ pose }) => pose);
  const actions = new Float32Array(3 * poses.length);
  for (let t = 0; t + 1 < poses.length; t++) actions.set(reconAction(poses[t], poses[t + 1]), 3 * t);
  const position = poses.map(({ x, y }) => [x, y]);
  const yaw = poses.map((pose) => pose.yaw);
  return { ...episode, actions, metadata: { ...episode.metadata, position, yaw } };
}
