import { encodeCsgoAction, makeWorld, readableAction, readableNames, stateNumbers } from "vid2world";
import { expect, test } from "vitest";

test("the table top's numbers name its colours, and say which of its blocks are there", async () => {
  const world = await makeWorld("tabletop", 5);
  const state = world.state();
  const numbers = stateNumbers("tabletop", state);
  const there = Object.keys(numbers).filter((name) => name.endsWith("Present") && numbers[name] === 1);
  expect(there.sort()).toEqual(state.blocks.map(({ color }) => `${color}Present`).sort());
  expect([numbers.gripperX, numbers.gripperY, numbers.gripperZ]).toEqual(state.gripper.pose.slice(0, 3));
  world.dispose();
});

test("a target straight ahead is at 0 across, one at 45 degrees to the left at 1, one out of sight is not there", async () => {
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
});

test("the flag counts as there within the picture and 20 metres, whichever way the robot has turned", async () => {
  const state = (await makeWorld("trail", 1)).state();
  const at = (yaw: number, x: number) => ({
    ...state,
    pose: { ...state.pose, x: 0, y: 0, yaw },
    goal: { x, y: 0 },
  });
  expect(stateNumbers("trail", at(2 * Math.PI, 10))).toMatchObject({ flagPresent: 1, flagNearness: 0.5 });
  expect(stateNumbers("trail", at(0, 30)).flagPresent).toBe(0);
  expect(stateNumbers("trail", at(1, 10)).flagPresent).toBe(0);
});

test("the arena's action is read as keys, buttons and signed roots of mouse counts; others stay", () => {
  const action = encodeCsgoAction({ keys: ["w"], leftClick: true, mouseX: -100, mouseY: 4 });
  const read = readableAction("arena", action);
  expect(read).toEqual([1, ...Array(10).fill(0), 1, 0, -10, 2]);
  expect(read).toHaveLength(readableNames("arena").length);
  expect(readableAction("trail", [1, 2, 3])).toEqual([1, 2, 3]);
  expect(readableNames("tabletop")).toHaveLength(13);
});
