/** The fan of actions: one picture per action, the model's above the simulator's. */
import { truthPane } from "./protocol.js";
import { paint } from "./views.js";

export function createFan(host) {
  let cells = [];
  return {
    begin({ labels, frames, pane }, alone) {
      const title = document.createElement("h2");
      title.textContent = `Every action for ${frames} frames from here, under the same noise`;
      const close = document.createElement("button");
      close.textContent = "Close";
      close.addEventListener("click", () => {
        host.hidden = true;
      });
      title.append(close);
      const grid = document.createElement("div");
      cells = labels.map((label) => {
        const figure = document.createElement("figure");
        const caption = document.createElement("figcaption");
        caption.textContent = label;
        const pictures = Object.fromEntries(
          (alone ? [truthPane] : [pane, truthPane]).map((shown) => {
            const canvas = document.createElement("canvas");
            canvas.title = shown === truthPane ? "true simulator" : "this pane";
            canvas.dataset.fan = shown === truthPane ? "simulator" : "model";
            figure.append(canvas);
            return [shown, canvas];
          }),
        );
        figure.append(caption);
        grid.append(figure);
        return pictures;
      });
      host.replaceChildren(title, grid);
      host.hidden = false;
    },
    draw({ pane, branch, width, height, bytes }) {
      const canvas = cells[branch]?.[pane];
      if (!canvas) return;
      Object.assign(canvas, { width, height });
      const context = canvas.getContext("2d");
      paint({ context, image: context.createImageData(width, height) }, bytes);
      canvas.dataset.drawn = "true";
    },
  };
}
