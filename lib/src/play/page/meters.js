/** Numbers about the frames that arrive. */

const kept = 240;
const every = 200; // milliseconds: text that changes with every frame is not read, and costs layout

export function createMeters(byId) {
  let arrivals = [];
  let latencies = [];
  let drifts = [];
  let evaluations = 0;
  let timer;

  const percentile = (values, share) =>
    [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

  function show() {
    timer = undefined;
    if (arrivals.length > 2)
      byId("fps").textContent = ((1000 * (arrivals.length - 1)) / (arrivals.at(-1) - arrivals[0])).toFixed(1);
    if (latencies.length > 0)
      byId("latency").textContent =
        `${percentile(latencies, 0.5).toFixed(0)} ms, p95 ${percentile(latencies, 0.95).toFixed(0)}`;
    byId("evaluations").textContent = evaluations === 0 ? "–" : String(evaluations);
    byId("drift").textContent = `${(100 * drifts.at(-1)).toFixed(1)} %`;
    drawLine();
  }

  function drawLine() {
    const canvas = byId("driftLine");
    const context = canvas.getContext("2d");
    const { width, height } = canvas;
    context.clearRect(0, 0, width, height);
    const top = Math.max(0.02, ...drifts);
    context.strokeStyle = getComputedStyle(canvas).color;
    context.lineWidth = 2;
    context.beginPath();
    for (const [i, drift] of drifts.entries())
      context.lineTo((i / (kept - 1)) * width, height - 2 - (drift / top) * (height - 4));
    context.stroke();
  }

  return {
    clear() {
      clearTimeout(timer);
      timer = undefined;
      [arrivals, latencies, drifts] = [[], [], []];
      for (const id of ["fps", "latency", "evaluations", "drift"]) byId(id).textContent = "–";
      drawLine();
    },
    /** A new frame of the selected pane, just painted. */
    count({ milliseconds, inputAt, drift, ...packet }) {
      if (milliseconds === 0) return; // shown again, not made
      const now = performance.now();
      arrivals = [...arrivals, now].filter((at) => now - at < 2000);
      if (inputAt > 0) latencies = [...latencies, now - inputAt].slice(-50);
      drifts = [...drifts, drift].slice(-kept);
      ({ evaluations } = packet);
      timer ??= setTimeout(show, every);
    },
  };
}
