/** Keys, mouse and touch as one set of controls that are down. */

/** Fields that keep their keys to themselves. */
const ownKeys = "input:not([type=range]):not([type=checkbox]), select, textarea";
const ownSpace = "button, summary, a, input";

/**
 * @param send called with { held, mouse, at } whenever something changes
 * @param onControl called when a control goes down
 */
export function createSteering({ stage, legend, send, onControl }) {
  let controls = [];
  let looks = false;
  const down = new Map(); // control → set of what holds it down
  let mouse = [0, 0];
  let sending = false;

  const tell = () => {
    sending = false;
    send({ type: "input", held: [...down.keys()], mouse, at: performance.now() });
    mouse = [0, 0];
  };

  function press(id, by) {
    const first = !down.has(id);
    if (first) down.set(id, new Set());
    down.get(id).add(by);
    if (!first) return;
    legend.querySelector(`[data-control="${id}"]`)?.classList.add("down");
    onControl(id);
    tell();
  }

  function release(id, by) {
    const holders = down.get(id);
    if (!holders?.delete(by) || holders.size > 0) return;
    down.delete(id);
    legend.querySelector(`[data-control="${id}"]`)?.classList.remove("down");
    tell();
  }

  function releaseAll() {
    for (const [id, holders] of [...down]) for (const by of [...holders]) release(id, by);
  }

  const controlOf = (code) => controls.find(({ keys }) => keys.includes(code))?.id;

  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(ownKeys)) return;
    if (event.code === "Space" && event.target.closest?.(ownSpace)) return;
    if (event.code.startsWith("Arrow") && event.target.closest?.("input")) return;
    const id = controlOf(event.code);
    if (!id) return;
    event.preventDefault();
    if (!event.repeat) press(id, event.code);
  });
  window.addEventListener("keyup", (event) => {
    const id = controlOf(event.code);
    if (id) release(id, event.code);
  });
  window.addEventListener("blur", releaseAll);

  const move = ({ movementX, movementY }) => {
    mouse = [mouse[0] + movementX, mouse[1] + movementY];
    if (sending) return;
    sending = true;
    setTimeout(tell, 15);
  };
  stage.addEventListener("pointerdown", (event) => {
    stage.focus({ preventScroll: true });
    if (!looks || !event.target.closest("canvas")) return;
    event.preventDefault();
    if (event.pointerType === "mouse" && document.pointerLockElement !== stage)
      return stage.requestPointerLock?.()?.catch?.(() => {});
    if (event.pointerType !== "mouse") return stage.setPointerCapture(event.pointerId);
    const id = controlOf(`mouse${event.button}`);
    if (id) press(id, `mouse${event.button}`);
  });
  stage.addEventListener("pointerup", (event) => {
    const id = controlOf(`mouse${event.button}`);
    if (id) release(id, `mouse${event.button}`);
  });
  stage.addEventListener("pointermove", (event) => {
    const dragged = event.pointerType !== "mouse" && stage.hasPointerCapture(event.pointerId);
    if (looks && (document.pointerLockElement === stage || dragged)) move(event);
  });
  stage.addEventListener("contextmenu", (event) => event.preventDefault());

  return {
    releaseAll,
    /** Draws the legend, whose keys are buttons for touch. */
    use(world) {
      releaseAll();
      ({ controls, mouse: looks } = world);
      legend.replaceChildren(
        ...controls.map(({ id, label, keys }) => {
          const button = document.createElement("button");
          const key = document.createElement("kbd");
          key.textContent = keyName(keys.find((code) => !code.startsWith("mouse")) ?? keys[0]);
          button.dataset.control = id;
          button.append(key, label);
          button.addEventListener("pointerdown", (event) => {
            event.preventDefault();
            button.setPointerCapture(event.pointerId);
            press(id, "touch");
          });
          for (const type of ["pointerup", "pointercancel", "lostpointercapture"])
            button.addEventListener(type, () => release(id, "touch"));
          button.addEventListener("keydown", (event) => {
            if (event.code === "Enter" || event.code === "Space") press(id, "button");
          });
          button.addEventListener("keyup", () => release(id, "button"));
          button.addEventListener("blur", () => release(id, "button"));
          return button;
        }),
      );
      if (looks) {
        const note = document.createElement("p");
        note.className = "hint";
        note.textContent = "Click the picture to look with the mouse, Esc to stop; drag on touch screens.";
        legend.append(note);
      }
    },
  };
}

const names = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", ShiftLeft: "Shift" };

function keyName(code) {
  return names[code] ?? code.replace(/^(Key|Digit)/, "");
}
