/** The settings in the page's address, so that a link opens the same page: #world=arena&seed=3&pane=strength:8,steps:4 */

const numbers = ["strength", "steps", "historyLevel", "window"];

/** What the address asks for, as a start message. */
export function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const panes = asked.getAll("pane").map((text) =>
    Object.fromEntries(
      text
        .split(",")
        .filter((part) => part.includes(":"))
        .map((part) => {
          const [key, value] = part.split(/:(.*)/);
          return [key, numbers.includes(key) ? Number(value) : decodeURIComponent(value)];
        }),
    ),
  );
  const start = { type: "start" };
  if (asked.get("world")) start.world = asked.get("world");
  if (asked.get("seed")) start.seed = Number(asked.get("seed"));
  if (panes.length > 0) start.panes = panes;
  const pace = Number(asked.get("pace"));
  return { start, truth: asked.get("simulator") !== "off", pace: pace >= 1 && pace <= 60 ? pace : undefined };
}

/** Writes only what differs from how the model was saved. */
export function writeAddress({ world, seed, panes, truth, pace }, models) {
  const parts = [`world=${encodeURIComponent(world)}`, `seed=${seed}`];
  for (const pane of panes) {
    const saved = models.find(({ name }) => name === pane.model)?.settings ?? pane;
    const changed = Object.entries(pane).filter(([key, value]) => key === "model" || value !== saved[key]);
    parts.push(`pane=${changed.map(([key, value]) => `${key}:${encodeURIComponent(value)}`).join(",")}`);
  }
  if (pace) parts.push(`pace=${pace}`);
  if (!truth) parts.push("simulator=off");
  const hash = `#${parts.join("&")}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
}
