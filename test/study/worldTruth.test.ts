import { makeWorld, readableAction, readableNames, stateNumbers } from "vid2world";
import { expect, test } from "vitest";

test("the table top's numbers name its colours, and say which of its things are there", async () => {
  const world = await makeWorld("tabletop", 5);
  const state = world.state();
  const numbers = stateNumbers("tabletop", state);
  const there = Object.keys(numbers).filter((name) => name.endsWith("Present") && numbers[name] === 1);
  const things = [...state.blocks.map(({ color }) => color), "gripper"];
  expect(there.sort()).toEqual(things.map((name) => `${name}Present`).sort());
  world.dispose();
});

test("a target straight ahead is at 0 across, one at 45 degrees to the left at 1, one out of sight or far off is not there", async () => {
  const world = await makeWorld("arena", 1);
  const state = world.state();
  const at = (x: number, y: number, visible = true) => ({
    ...state,
    pose: { ...state.pose, x: 1, y: 1, heading: 0 },
    targets: [{ x, y, alive: true, visible }],
  });
  expect(stateNumbers("arena", at(4, 1))).toMatchObject({ targetAcross: 0, targetPresent: 1 });
  expect(stateNumbers("arena", at(3, 3)).targetAcross).toBeCloseTo(1, 10);
  expect(stateNumbers("arena", at(4, 1, false))).toMatchObject({ targetAcross: 0, targetPresent: 0 });
  expect(stateNumbers("arena", at(14, 5))).toMatchObject({ targetAcross: 0, targetPresent: 0 });
});

test("the flag counts as there within the picture and 10 metres, whichever way the robot has turned", async () => {
  const state = (await makeWorld("trail", 1)).state();
  const at = (yaw: number, x: number) => ({
    ...state,
    pose: { ...state.pose, x: 0, y: 0, yaw },
    goal: { x, y: 0 },
  });
  expect(stateNumbers("trail", at(2 * Math.PI, 2.5))).toMatchObject({ flagPresent: 1, flagNearness: 0.8 });
  expect(stateNumbers("trail", at(0, 12)).flagPresent).toBe(0);
  expect(stateNumbers("trail", at(1, 5)).flagPresent).toBe(0);
});

test("a player who faces along y and steps to −x and up has gone left, and turns count by their roots", () => {
  const pose = { x: 1, y: 1, z: 0, heading: Math.PI / 2, pitch: 0 };
  const turned = { x: 0.75, y: 1, z: 0.5, heading: Math.PI / 2 + Math.PI / 20, pitch: -Math.PI / 45 };
  const read = readableAction("arena", [], { pose, shots: 3 }, { pose: turned, shots: 4 });
  const expected = [0, 0.25, 0.5, 3, -2, 1];
  expect(read).toEqual(expected.map((value) => expect.closeTo(value, 10)));
  expect(read).toHaveLength(readableNames("arena").length);
});

test("the trail's action is read as it is", () => {
  expect(readableAction("trail", [1, 2, 3], {}, {})).toEqual([1, 2, 3]);
});

test("the table top's base moves in its own axes, and its gripper in pixels, while it is in the picture", async () => {
  const world = await makeWorld("tabletop", 5);
  const from = world.state();
  const { gripper } = from;
  const at = (pose: readonly number[], base = from.base) => ({
    ...from,
    base,
    gripper: { ...gripper, pose },
  });
  const [x, y, z] = gripper.pose;
  const moved = readableAction(
    "tabletop",
    [],
    { ...from, base: [0, 0, Math.PI / 2] },
    at(gripper.pose, [0, 0.1, 2]),
  );
  expect(moved.slice(0, 3)).toEqual([0.1, 0, 2 - Math.PI / 2].map((value) => expect.closeTo(value, 10)));
  expect(moved.slice(3)).toEqual([0, 0]);
  const left = readableAction("tabletop", [], from, at([x, y + 0.1, z]));
  expect(left[3]).toBeLessThan(-4);
  expect(left[4]).toBeCloseTo(0, 10);
  expect(readableAction("tabletop", [], from, at([x, y + 5, z])).slice(3)).toEqual([0, 0]);
  expect(stateNumbers("tabletop", from).gripperPresent).toBe(1);
  const away = { gripperAcross: 0, gripperDown: 0, gripperPresent: 0 };
  expect(stateNumbers("tabletop", at([x, y + 5, z]))).toMatchObject(away);
  world.dispose();
});

test("a block that has fallen from the table, or lies outside the picture, is not there", async () => {
  const world = await makeWorld("tabletop", 5);
  const state = world.state();
  const name = `${state.blocks[0].color}Present`;
  const placed = (position: readonly number[]) => ({
    ...state,
    blocks: state.blocks.map((block, i) => (i === 0 ? { ...block, position } : block)),
  });
  const [x, y, z] = state.blocks[0].position;
  expect(stateNumbers("tabletop", placed([x, y, 0.03]))[name]).toBe(0);
  expect(stateNumbers("tabletop", placed([x, y + 2, z]))[name]).toBe(0);
  expect(stateNumbers("tabletop", { ...state, base: [0, 0, 1.5] })[name]).toBe(0);
  world.dispose();
});
