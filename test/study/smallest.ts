import { type FineTuneSettings, fineTuneProtocol, type ProtocolCard, type TinyBase } from "vid2world";

/** The quick protocol with as little to do as there can be. */
export async function smallest(models: string): Promise<ProtocolCard> {
  const quick = (await fineTuneProtocol("quick", models)) as unknown as FineTuneSettings;
  const base = quick.base as TinyBase;
  return {
    ...quick,
    base: { ...base, clips: { ...base.clips, clips: 2 }, steps: 2 },
    clips: { ...quick.clips, clips: 2 },
    marks: [0, 2],
    clipsAtMarks: 2,
    heldOut: { ...quick.heldOut, clips: 3 },
    sampling: { steps: 1, window: 6 },
  } as unknown as ProtocolCard;
}
