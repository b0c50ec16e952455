import { causalize } from "vid2world";
import { test } from "vitest";
import { causalKinds, expectExact, leastConfig } from "./rolledOut.js";
import { loudUnet } from "./small.js";

const base = loudUnet(leastConfig, 1);

test.each(causalKinds)(
  "random weights, %j: after 16 frames of 50 guided steps the cache has drifted by no more than round-off",
  (kind) => expectExact(causalize(base, kind)),
  300_000,
);
