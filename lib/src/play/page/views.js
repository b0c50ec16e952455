/** The pictures: one canvas for the simulator and one for every pane, enlarged so that pixels stay square and sharp. */
import { truthPane } from "./protocol.js";

const gap = 12;
const captionHeight = 30;
const mostHeight = 0.66; // of the window

export function createViews(host) {
  const figures = new Map(); // pane → { figure, canvas, caption, context }
  let size = 64;
  let truthShown = true;

  function shown() {
    return [...figures].filter(([pane]) => pane !== truthPane || truthShown).map(([, figure]) => figure);
  }

  /** As large as fits, in whole device pixels per pixel. */
  function layOut() {
    const figures = shown();
    if (figures.length === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const width = host.clientWidth;
    const height = Math.max(160, window.innerHeight * mostHeight);
    let [best, bestColumns] = [0, 1];
    for (let columns = 1; columns <= figures.length; columns++) {
      const rows = Math.ceil(figures.length / columns);
      const wide = (width - gap * (columns - 1)) / columns;
      const high = (height - (gap + captionHeight) * rows) / rows;
      const scale = Math.floor((Math.min(wide, high) * ratio) / size);
      if (scale > best) [best, bestColumns] = [scale, columns];
    }
    host.style.gridTemplateColumns = `repeat(${bestColumns}, min-content)`;
    const side = (Math.max(1, best) * size) / ratio;
    for (const { canvas } of figures) canvas.style.width = canvas.style.height = `${side}px`;
  }

  function add(pane, text) {
    const figure = document.createElement("figure");
    const canvas = document.createElement("canvas");
    const caption = document.createElement("figcaption");
    canvas.width = canvas.height = size;
    canvas.dataset.pane = pane === truthPane ? "simulator" : String(pane);
    caption.textContent = text;
    figure.className = "view";
    figure.append(canvas, caption);
    host.append(figure);
    const context = canvas.getContext("2d");
    figures.set(pane, { figure, canvas, caption, context, image: context.createImageData(size, size) });
  }

  host.tabIndex = 0; // keys pressed while it has the focus steer, whatever they mean elsewhere
  new ResizeObserver(layOut).observe(host);
  window.addEventListener("resize", layOut);

  return {
    /** @param names of the panes; the simulator stands beside them unless it is the only pane */
    show(names, truth) {
      host.replaceChildren();
      figures.clear();
      truthShown = truth && names.some((name) => name !== "simulator");
      for (const [pane, name] of names.entries()) add(pane, name);
      add(truthPane, "true simulator");
      figures.get(truthPane).figure.hidden = !truthShown;
      layOut();
    },
    name(pane, text) {
      const each = figures.get(pane);
      if (each) each.caption.textContent = text;
    },
    select(pane) {
      for (const [each, { figure }] of figures)
        figure.classList.toggle("selected", each === pane && figures.size > 2);
    },
    draw({ pane, width, height, bytes }) {
      const view = figures.get(pane);
      if (!view) return;
      if (view.canvas.width !== width || view.canvas.height !== height) {
        size = width;
        Object.assign(view.canvas, { width, height });
        view.image = view.context.createImageData(width, height);
        layOut();
      }
      paint(view, bytes);
    },
  };
}

/** Bytes of red, green, blue onto a canvas of their size. */
export function paint({ context, image }, bytes) {
  const { data } = image;
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    data[to] = bytes[from];
    data[to + 1] = bytes[from + 1];
    data[to + 2] = bytes[from + 2];
    data[to + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
