/** One pane's settings as a form, and the presets. */

const knobs = [
  { name: "model", label: "Model" },
  {
    name: "strength",
    label: "Guidance strength",
    low: 0,
    high: 10,
    step: 0.1,
    hint: "0 ignores the action, 1 follows it as learned, above 1 overstates it",
  },
  {
    name: "steps",
    label: "Denoising steps",
    low: 1,
    high: 50,
    step: 1,
    hint: "Network passes from noise to a frame",
  },
  { name: "solver", label: "Sampler", choices: { ddim: "DDIM", dpmpp2m: "DPM-Solver++ 2M", euler: "Euler" } },
  {
    name: "historyLevel",
    label: "History level",
    low: -1,
    high: 400,
    step: 1,
    hint: "Noise put on the past; −1 leaves it clean",
  },
  {
    name: "window",
    label: "Window",
    low: 2,
    high: 32,
    step: 1,
    hint: "Most frames that the network sees at once",
  },
  {
    name: "cache",
    label: "Cache",
    choices: { none: "none", exact: "exact, growing", rolling: "rolling", rebuild: "rebuild" },
  },
  { name: "mask", label: "Attention", choices: { trained: "as trained", full: "all frames (leak)" } },
  { name: "norm", label: "Temporal norms", choices: { trained: "as trained", clip: "joint over frames" } },
];
const quiet = 150; // milliseconds after which a slider's value is sent

/** @param change called with { name: value } */
export function createKnobs(form, change) {
  const fields = new Map();
  for (const { name, label, low, high, step, hint, choices } of knobs) {
    const row = document.createElement("label");
    row.className = "knob";
    const title = document.createElement("span");
    title.className = "name";
    title.textContent = label;
    if (hint) row.title = hint;
    const field = document.createElement(low === undefined ? "select" : "input");
    field.name = name;
    row.append(title, field);
    if (low !== undefined) {
      Object.assign(field, { type: "range", min: low, max: high, step });
      const number = Object.assign(document.createElement("input"), {
        type: "number",
        min: low,
        step,
        max: high,
      });
      number.setAttribute("aria-label", label);
      row.append(number);
      let timer;
      const send = (value) => {
        field.value = number.value = value;
        clearTimeout(timer);
        timer = setTimeout(() => change({ [name]: Number(value) }), quiet);
      };
      field.addEventListener("input", () => send(field.value));
      number.addEventListener("change", () => {
        if (number.value !== "" && number.validity.valid) send(number.value);
      });
      fields.set(name, {
        row,
        set: (value) => {
          field.value = value;
          number.value = value;
        },
      });
    } else {
      for (const [value, text] of Object.entries(choices ?? {})) field.append(new Option(text, value));
      field.addEventListener("change", () => change({ [name]: field.value }));
      fields.set(name, {
        row,
        field,
        set: (value) => {
          field.value = value;
        },
      });
    }
    form.append(row);
  }
  return {
    show(settings, models) {
      const { field } = fields.get("model");
      field.replaceChildren(...models.map((name) => new Option(name, name)));
      const idle = settings.model === "simulator";
      for (const [name, { row, set }] of fields) {
        set(settings[name]);
        row.hidden = idle && name !== "model";
      }
    },
  };
}

/** @param choose called with a preset */
export function showPresets(host, presets, { models, chosen, choose }) {
  host.replaceChildren(
    ...presets.map((preset) => {
      const card = document.createElement("button");
      card.className = `preset ${preset.kind}`;
      card.dataset.preset = preset.name;
      const model = modelFor(preset, models, chosen);
      card.disabled = !model;
      const name = document.createElement("strong");
      name.textContent = preset.name;
      const text = document.createElement("span");
      text.className = "text";
      text.textContent = model ? preset.notice : missing(preset, models);
      card.append(name, text);
      card.addEventListener("click", () => choose({ ...model.settings, ...preset.changes }, preset));
      return card;
    }),
  );
}

/** The model that a preset is about: the one in the pane, or one whose kernels were transferred as it says. */
function modelFor({ transfer, kind }, models, chosen) {
  const own = models.find(({ name }) => name === chosen);
  if (!transfer) return own;
  const known = ["shift", "masked", "extrapolative"];
  return (
    models.find((model) => model.transfer === transfer) ??
    (kind === "good" && own && !known.includes(own.transfer) ? own : undefined)
  );
}

function missing({ transfer }, models) {
  return models.length === 0
    ? "Needs a trained model."
    : `Needs a model of this world trained with ${transfer} transfer.`;
}
