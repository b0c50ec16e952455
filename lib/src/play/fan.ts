/** The counterfactual fan: every control held for a few frames from one state, under the same noise. */
import { pictureSize } from "./actors.js";
import { simulatorSettings } from "./playable.js";
import { packet, truthPane } from "./protocol.js";
import type { Scene, Session } from "./session.js";
import type { Track } from "./track.js";

/** Frames that every branch goes on for; one alone often moves too little to be seen. */
const fanFrames = 4;

/** Sends the last picture of every branch, of the pane and of the true world. All of it ends where it began. */
export async function fan(session: Session, scene: Scene, index: number, goOn: () => boolean): Promise<void> {
  const pane = scene.panes[index];
  if (!pane) throw new RangeError(`There is no pane ${index + 1}.`);
  const { controls, action } = scene.world.steering;
  const labels = ["nothing", ...controls.map(({ label }) => label)];
  const actions = [[], ...controls.map(({ id }) => [id])].map((held) => action(held, [0, 0]));
  session.emit({ type: "fan", pane: index, labels, frames: fanFrames });
  const run = (track: Track, shown: number, settings: typeof pane.settings) =>
    track.branch(async (actor, again) => {
      for (const [branch, held] of actions.entries()) {
        if (!goOn()) return;
        if (branch > 0) await again();
        let picture: Uint8Array = track.picture;
        for (let frame = 0; frame < fanFrames; frame++) picture = await actor.step(held, settings);
        const size = { width: pictureSize, height: pictureSize };
        session.emit(packet({ kind: "fan", pane: shown, branch, ...size }, picture));
      }
    });
  await run(scene.truth, truthPane, simulatorSettings);
  await run(pane.track, index, pane.settings);
}
