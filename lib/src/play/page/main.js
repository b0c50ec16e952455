/** The play page: says what happened, shows what came. */
import { readAddress, writeAddress } from "./address.js";
import { createFan } from "./fan.js";
import { createKnobs, showPresets } from "./knobs.js";
import { createMeters } from "./meters.js";
import { connect, truthPane } from "./protocol.js";
import { createSteering } from "./steering.js";
import { createViews } from "./views.js";

const mostPanes = 4;
const byId = (id) => document.getElementById(id);
const asked = readAddress();
const state = {
  worlds: [],
  models: [],
  presets: [],
  world: "",
  seed: 1,
  panes: [],
  selected: 0,
  truth: asked.truth,
  /** Frames per second wanted; the server's own until somebody says. */
  pace: asked.pace,
  playing: false,
  fresh: true,
  frame: 0,
  /** What to begin with after the connection was lost. */
  start: asked.start,
};

const views = createViews(byId("views"));
const meters = createMeters(byId);
const fan = createFan(byId("fan"));
const link = connect({ onMessage, onPacket, onState });
const send = (message) => link.send(message);
const steering = createSteering({
  stage: byId("views"),
  legend: byId("keys"),
  send,
  onControl() {
    link.wake();
    if (state.fresh) play(true);
  },
});
const knobs = createKnobs(byId("knobs"), (changes) =>
  changes.model === undefined
    ? send({ type: "settings", pane: state.selected, changes })
    : chooseModel(changes.model),
);

const handlers = {
  welcome({ worlds, models, presets, notice }) {
    Object.assign(state, { worlds, models, presets });
    byId("world").replaceChildren(...worlds.map(({ name }) => new Option(name, name)));
    note(notice);
    status("Opening …");
    send(state.start);
  },
  opening: ({ text }) => status(text),
  started({ world, seed, fps, panes, notice }) {
    Object.assign(state, {
      world,
      seed,
      panes,
      fresh: true,
      selected: Math.min(state.selected, panes.length - 1),
    });
    if (notice) note(notice);
    byId("world").value = world;
    byId("seed").value = seed;
    byId("pace").value = state.pace ?? fps;
    if (state.pace && state.pace !== fps) send({ type: "pace", fps: state.pace });
    byId("fan").hidden = true;
    meters.clear();
    steering.use(state.worlds.find(({ name }) => name === world));
    showPanes();
    document.body.dataset.ready = "true";
  },
  state({ playing, frame, first }) {
    Object.assign(state, { playing, frame });
    byId("play").textContent = playing ? "Pause" : "Play";
    byId("play").setAttribute("aria-pressed", String(playing));
    Object.assign(byId("scrub"), {
      min: first,
      max: Math.max(first, frame),
      value: frame,
      disabled: frame === first,
    });
    byId("frame").textContent = frame;
    status(playing ? "Playing" : state.fresh ? "Ready: press a key of the world, or play." : "Paused");
  },
  settings({ pane, settings, notice }) {
    state.panes[pane] = settings;
    note(notice);
    remember();
    showSettings();
  },
  fan: (message) => fan.begin(message, state.panes[message.pane].model === "simulator"),
  check({ difference, history, exact, none }) {
    const times = (none.frameEvaluations / exact.frameEvaluations).toFixed(1);
    byId("checked").textContent =
      `After ${history} frames, the exact cache and no cache differ by at most ${difference.toExponential(1)} of the ` +
      `range. Evaluations: ${exact.frameEvaluations} against ${none.frameEvaluations} (${times}×); ` +
      `${exact.milliseconds.toFixed(0)} ms against ${none.milliseconds.toFixed(0)} ms.`;
  },
  replay({ file }) {
    const text = JSON.stringify(file);
    download(
      new Blob([text], { type: "application/json" }),
      `${file.world}-${file.seed}-${file.cardHash.slice(0, 8)}.json`,
    );
    byId("kept").textContent =
      `Recording of ${file.actions.length} frames saved; card ${file.cardHash.slice(0, 8)}.`;
  },
  replayed({ same, of, notice }) {
    byId("kept").textContent = `Replayed: ${same} of ${of} frames are identical, bit for bit. ${notice}`;
    state.fresh = false;
  },
  error: ({ text }) => note(text),
};

function onMessage(message) {
  handlers[message.type]?.(message);
}

function onPacket(packet) {
  if (packet.kind === "fan") return fan.draw(packet);
  if (packet.kind === "file") return keepVideo(packet);
  views.draw(packet);
  if (packet.pane === truthPane) {
    state.frame = packet.frame;
    byId("frame").textContent = packet.frame;
    const scrub = byId("scrub");
    if (state.playing) Object.assign(scrub, { max: packet.frame, value: packet.frame, disabled: true });
  } else if (packet.pane === state.selected) meters.count(packet);
}

function onState(connected) {
  document.body.dataset.connected = String(connected === true);
  if (connected === true) return;
  document.body.dataset.ready = "false";
  state.playing = false;
  status(connected);
}

const status = (text) => {
  byId("status").textContent = text;
};

function note(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = text === "";
}

function start(changes = {}) {
  const { world, seed, panes } = state;
  send({ type: "start", world, seed, panes, ...changes });
}

function play(on) {
  state.fresh = false;
  send({ type: "play", on });
}

function remember() {
  const { world, seed, panes } = state;
  state.start = { type: "start", world, seed, panes };
  writeAddress(state, state.models);
}

/** Models of this world, by name. */
function modelsHere() {
  return state.models.filter(({ world }) => world === state.world);
}

/** From the simulator to a model or back, everything begins anew; from model to model, the pane goes on. */
function chooseModel(name) {
  const model = state.models.find((each) => each.name === name);
  if (model && state.panes[state.selected].model !== "simulator")
    return send({ type: "settings", pane: state.selected, changes: { model: name } });
  start({ panes: state.panes.with(state.selected, model?.settings ?? { model: name }) });
}

function showPanes() {
  remember();
  views.show(state.panes.map(captionOf), state.truth);
  showSettings();
}

function captionOf({ model, strength, mask, norm, historyLevel, steps }) {
  if (model === "simulator") return "simulator";
  const odd = [mask === "full" && "leak", norm === "clip" && "joint norms"].filter(Boolean);
  return [
    model,
    `s = ${strength}`,
    `${steps} ${steps === 1 ? "step" : "steps"}`,
    `history ${historyLevel}`,
    ...odd,
  ].join(" · ");
}

function showSettings() {
  const { panes, selected } = state;
  const here = modelsHere();
  for (const [pane, settings] of panes.entries()) views.name(pane, captionOf(settings));
  views.select(selected);
  knobs.show(panes[selected], [...here.map(({ name }) => name), "simulator"]);
  for (const id of ["check"]) byId(id).disabled = panes[selected].model === "simulator";
  byId("addPane").disabled = panes.length >= mostPanes || here.length === 0;
  byId("tabs").replaceChildren(...panes.map((_, pane) => tab(pane)));
  const choose = (changes) =>
    panes[selected].model === "simulator"
      ? start({ panes: panes.with(selected, changes) })
      : send({ type: "settings", pane: selected, changes });
  showPresets(byId("presets").querySelector("div"), state.presets, {
    models: here,
    chosen: panes[selected].model,
    choose,
  });
}

function tab(pane) {
  const button = document.createElement("button");
  button.role = "tab";
  button.textContent = `Pane ${pane + 1}`;
  button.ariaSelected = String(pane === state.selected);
  button.addEventListener("click", () => {
    state.selected = pane;
    meters.clear();
    showSettings();
  });
  if (state.panes.length === 1) return button;
  const close = document.createElement("button");
  close.textContent = "×";
  close.ariaLabel = `Close pane ${pane + 1}`;
  close.addEventListener("click", () => start({ panes: state.panes.toSpliced(pane, 1) }));
  const both = document.createElement("span");
  both.className = "tab";
  both.append(button, close);
  return both;
}

function download(blob, name) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}

function keepVideo({ branch, bytes }) {
  const format = branch === 0 ? "mp4" : "gif";
  const type = branch === 0 ? "video/mp4" : "image/gif";
  download(new Blob([bytes], { type }), `${state.world}-${state.seed}.${format}`);
  byId("kept").textContent = `Video saved, ${Math.ceil(bytes.length / 1024)} KB.`;
}

function toggleTruth() {
  state.truth = !state.truth;
  showPanes();
  if (!state.playing) send({ type: "seek", frame: state.frame });
}

const actions = {
  play: () => play(!state.playing),
  step() {
    state.fresh = false;
    send({ type: "step" });
  },
  back: () => send({ type: "seek", frame: Math.max(0, state.frame - 1) }),
  reset: () => send({ type: "reset" }),
  addPane() {
    const [model] = modelsHere();
    const last = state.panes.at(-1);
    state.selected = state.panes.length;
    start({ panes: [...state.panes, last.model === "simulator" ? model.settings : last] });
  },
  fanButton: () => send({ type: "fan", pane: state.selected }),
  check() {
    byId("checked").textContent = "Checking …";
    send({ type: "check", pane: state.selected });
  },
  save: () => send({ type: "save" }),
  load: () => byId("file").click(),
  async link() {
    await navigator.clipboard.writeText(location.href).then(
      () => {
        byId("kept").textContent = "Link copied.";
      },
      () => {
        byId("kept").textContent = "Copy the address of this page.";
      },
    );
  },
};
for (const [id, run] of Object.entries(actions)) byId(id).addEventListener("click", run);
for (const button of document.querySelectorAll("[data-export]"))
  button.addEventListener("click", () => {
    byId("kept").textContent = "Encoding …";
    send({ type: "export", format: button.dataset.export });
  });

byId("file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  try {
    send({ type: "replay", file: JSON.parse(await file.text()) });
    byId("kept").textContent = "Replaying …";
  } catch {
    byId("kept").textContent = `${file.name} is not JSON; expected a recording that this page saved.`;
  }
});
byId("world").addEventListener("change", ({ target }) => start({ world: target.value, panes: undefined }));
byId("seed").addEventListener("change", ({ target }) => {
  if (target.validity.valid && target.value) start({ seed: Number(target.value) });
});
byId("pace").addEventListener("change", ({ target }) => {
  if (!target.validity.valid || !target.value) return;
  state.pace = Number(target.value);
  send({ type: "pace", fps: state.pace });
  remember();
});
byId("scrub").addEventListener("change", ({ target }) => send({ type: "seek", frame: Number(target.value) }));

const shortcuts = {
  KeyP: actions.play,
  Period: actions.step,
  Comma: actions.back,
  Backspace: actions.reset,
  KeyX: actions.fanButton,
  KeyT: toggleTruth,
};
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=range]), select, textarea")) return;
  const run = shortcuts[event.code];
  if (!run) return;
  event.preventDefault();
  if (!event.repeat || ["Period", "Comma"].includes(event.code)) run();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && state.playing) play(false);
});
window.addEventListener("hashchange", () => {
  const next = readAddress();
  Object.assign(state, { truth: next.truth, pace: next.pace });
  send(next.start);
});
window.addEventListener("pointerdown", () => link.wake());
