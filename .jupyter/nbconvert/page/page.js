// Makes an exported page live: plots that can be hovered and zoomed, formulas that are typeset.
// A plot that cannot be drawn keeps its picture and says why in the browser's console.

async function drawPlot(figure) {
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const target = figure.querySelector(".drawn");
  const picture = [...target.childNodes];
  try {
    target.replaceChildren();
    if (figure.dataset.plot === "plotly")
      await Plotly.newPlot(target, spec.data, spec.layout ?? {}, { responsive: true, ...spec.config });
    else {
      delete spec.$schema; // the page's own version draws it, whatever version it was written for
      await vegaEmbed(target, spec, { mode: figure.dataset.plot, actions: false });
    }
    figure.dataset.state = "drawn";
  } catch (error) {
    target.replaceChildren(...picture);
    figure.dataset.state = "failed";
    console.error(error);
  }
}

for (const figure of document.querySelectorAll("[data-plot]")) drawPlot(figure);

for (const prose of document.querySelectorAll(".prose"))
  renderMathInElement(prose, {
    throwOnError: false,
    delimiters: [
      { left: "$$", right: "$$", display: true },
      { left: "\\[", right: "\\]", display: true },
      { left: "$", right: "$", display: false },
      { left: "\\(", right: "\\)", display: false },
    ],
  });
