import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  defineStudy,
  normalValues,
  openResultStore,
  runStudy,
  type Study,
  summarizeStudy,
  units,
} from "vid2world";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "studies-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Values of clips that depend on the arm's shift; `calls` notes what was computed. */
function shifted(calls: string[], changes: Partial<Study> = {}): Study {
  return defineStudy({
    name: "shifted",
    question: "Does a shift move the mean?",
    arms: { none: { shift: 0 }, half: { shift: 0.5 }, one: { shift: 1 } },
    reference: "none",
    axis: ["shift"],
    seeds: [1, 2],
    protocol: { clips: 20 },
    expectation: {
      value: [
        { arm: "one", direction: "above" },
        { arm: "half", direction: "below" },
      ],
    },
    async compute({ shift, seed, clips }) {
      calls.push(`${shift}/${seed}`);
      return { value: [...normalValues(clips as number, seed as number)].map((x) => x + (shift as number)) };
    },
    ...changes,
  });
}

test("every unit is computed once; another run finds them all, and one changed arm computes that arm alone", async () => {
  const store = openResultStore(join(folder, "once"));
  const calls: string[] = [];
  expect(await runStudy(shifted(calls), { store })).toEqual([]);
  expect(calls).toEqual(["0/1", "0.5/1", "1/1", "0/2", "0.5/2", "1/2"]);
  await runStudy(shifted(calls), { store });
  expect(calls).toHaveLength(6);
  const arms = { none: { shift: 0 }, half: { shift: 0.25 }, one: { shift: 1 } };
  await runStudy(shifted(calls, { arms }), { store });
  expect(calls.slice(6)).toEqual(["0.25/1", "0.25/2"]);
});

test("claims are decided by what came out, also against what was expected", async () => {
  const store = openResultStore(join(folder, "verdicts"));
  const study = shifted([]);
  await runStudy(study, { store });
  const { comparisons, verdicts } = await summarizeStudy(study, store);
  expect(comparisons.value.find(({ arm }) => arm === "one")?.difference?.value).toBeCloseTo(1, 6);
  expect(verdicts.value.map(({ verdict }) => verdict)).toEqual(["reproduced", "not reproduced"]);
});

test("shards share the work without overlap, and the whole is there when both are done", async () => {
  const store = openResultStore(join(folder, "shards"));
  const calls: string[] = [];
  const left = await runStudy(shifted(calls), { store, shard: { index: 1, of: 2 } });
  expect(left).toHaveLength(3);
  expect(await runStudy(shifted(calls), { store, shard: { index: 2, of: 2 } })).toEqual([]);
  expect(new Set(calls).size).toBe(6);
  expect(calls).toHaveLength(6);
});

test("two processes at one store never compute the same unit", async () => {
  const store = openResultStore(join(folder, "race"));
  const calls: string[] = [];
  await Promise.all([runStudy(shifted(calls), { store }), runStudy(shifted(calls), { store })]);
  expect(calls).toHaveLength(6);
});

test("an end on request, or a unit that fails, loses that unit and nothing else", async () => {
  const store = openResultStore(join(folder, "interrupted"));
  const stop = new AbortController();
  const calls: string[] = [];
  const study = shifted(calls);
  const stopping: Study = {
    ...study,
    async compute(card, options) {
      const values = await study.compute!(card, options);
      if (calls.length === 3) stop.abort();
      return values;
    },
  };
  expect(await runStudy(stopping, { store, signal: stop.signal })).toHaveLength(4);
  const failing: Study = { ...study, compute: () => Promise.reject(new Error("no memory")) };
  await expect(runStudy(failing, { store })).rejects.toThrow("no memory");
  expect(await runStudy(study, { store })).toEqual([]); // no claim was left behind
  expect(calls).toHaveLength(3 + 4);
  await expect(summarizeStudy(shifted([], { seeds: [3] }), store)).rejects.toThrow(/none with seed 3/);
});

test("what a computation keeps lies beside its values, and workers are refused for a computation of one's own", async () => {
  const store = openResultStore(join(folder, "kept"));
  const keeping = shifted([], {
    async compute({ shift }, { keep }) {
      keep("curve", [3, 2, shift as number]);
      return { value: [shift as number] };
    },
  });
  await runStudy(keeping, { store });
  expect((await store.read(units(keeping)[1].card))?.shown).toEqual({ curve: [3, 2, 0.5] });
  await expect(runStudy(keeping, { store, workers: 2 })).rejects.toThrow(/leave workers out/);
});

test("a study that cannot be right is refused before it runs", () => {
  expect(() => shifted([], { protocol: { clips: 20, task: "fine-tune 2" } })).toThrow(
    /both a compute and a task/,
  );
  expect(() => shifted([], { compute: undefined })).toThrow(/neither a compute nor a task/);
  expect(() => shifted([], { reference: "two" })).toThrow(/the reference of shifted is "two"/);
  expect(() => shifted([], { axis: [] })).toThrow(/differ in shift/);
  expect(() => shifted([], { seeds: [1, 1] })).toThrow(/all different/);
  expect(() => shifted([], { seeds: [0] })).toThrow(/seed is 0/);
});
