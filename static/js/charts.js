/* Draws <div class="chart" data-figure-url="…">. The library is large, so it is fetched when a
   chart nears the screen and never before the page is readable. */
"use strict";

(() => {
  const own = document.currentScript.dataset;
  const charts = [...document.querySelectorAll(".chart[data-figure-url]")];
  const figures = new WeakMap();
  const small = matchMedia("(max-width: 760px)");

  /* Figures name colours by design token ("var:d-actual"): one figure serves every theme. */
  const probe = document.body.appendChild(document.createElement("i"));
  probe.hidden = true;
  const token = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const coloured = (value) => {
    if (typeof value === "string") return value.startsWith("var:") ? token(value.slice(4)) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each)]));
  };

  let library;
  const loadLibrary = () => {
    library ??= (async () => {
      await added("link", {
        rel: "stylesheet",
        href: own.plotlyCss,
        id: "plotly.js-style-global",
        className: "no-inline-styles", // tells plotly.js that its rules are here already
      });
      await added("script", { src: own.plotly });
    })();
    library.catch(() => { library = undefined; });
    return library;
  };
  const added = (tag, properties) => new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => { element.remove(); reject(new Error(tag)); });
    document.head.append(element);
  });

  const axis = (given, otherwise) => ({
    automargin: true, fixedrange: true, zeroline: false,
    gridcolor: token("d-grid"), linecolor: token("border-strong"),
    tickfont: { color: token("text-3") }, ...otherwise, ...given,
  });
  const layoutOf = (figure) => {
    const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const layout = coloured(figure.layout);
    return {
      font: {
        family: getComputedStyle(document.body).fontFamily,
        size: (small.matches ? 11 : 12) * scale,
        color: token("text-2"),
      },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 8, r: 12, t: 8, b: 8 }, showlegend: false, separators: ".,",
      hovermode: "x unified", dragmode: false,
      hoverlabel: {
        bgcolor: token("surface"), bordercolor: token("border-strong"),
        font: { color: token("text") },
      },
      ...layout,
      xaxis: axis(layout.xaxis, { showgrid: false, ...(small.matches && { nticks: 4 }) }),
      yaxis: axis(layout.yaxis, {}),
    };
  };

  const draw = async (chart) => {
    const figure = figures.get(chart);
    await Plotly.react(chart, coloured(figure.data), layoutOf(figure), {
      displayModeBar: false, responsive: true,
    });
    for (const drawing of chart.querySelectorAll("svg")) {
      drawing.setAttribute("aria-hidden", "true"); // the label of the chart speaks for it
      if (drawing.classList.contains("main-svg")) { // lets print scale it
        const size = ["width", "height"].map((name) => drawing.getAttribute(name));
        drawing.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
      }
    }
    chart.setAttribute("role", "img");
    chart.dataset.state = "ready";
  };

  const load = async (chart) => {
    chart.dataset.state = "loading";
    try {
      const [answer] = await Promise.all([
        fetch(chart.dataset.figureUrl, { headers: { Accept: "application/json" } }),
        loadLibrary(),
      ]);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      figures.set(chart, await answer.json());
      await draw(chart);
      chart.on("plotly_click", ({ points }) => {
        const to = points[0]?.customdata;
        if (typeof to === "string" && /^[/?]/.test(to) && !to.startsWith("//")) location.assign(to);
      });
    } catch {
      fail(chart);
    }
  };

  const fail = (chart) => {
    chart.dataset.state = "error";
    chart.removeAttribute("role"); // what is inside an image is hidden from assistive technology
    const words = document.createElement("p");
    words.textContent = "This chart did not load. The numbers are in the table below.";
    const again = Object.assign(document.createElement("button"), {
      type: "button", className: "btn", textContent: "Try again",
    });
    const box = document.createElement("div");
    box.className = "chart-error";
    box.setAttribute("role", "alert");
    box.append(words, again);
    again.addEventListener("click", () => { box.remove(); load(chart); });
    chart.append(box);
    const table = chart.closest("figure")?.querySelector("details.data");
    if (table) table.open = true;
  };

  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) { watch.unobserve(target); load(target); }
    }
  }, { rootMargin: "400px" });
  charts.forEach((chart) => watch.observe(chart));

  // Printing needs every chart, so the others follow when the page is idle.
  addEventListener("load", () => {
    const rest = () => charts.filter((chart) => !chart.dataset.state).forEach((chart) => {
      watch.unobserve(chart);
      load(chart);
    });
    (window.requestIdleCallback ?? ((work) => setTimeout(work, 2000)))(rest, { timeout: 4000 });
  });

  const redraw = () => charts.filter((chart) => figures.has(chart)).forEach(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  small.addEventListener("change", redraw);

  const root = document.documentElement;
  let themed;
  const inLight = () => { themed = root.dataset.theme; root.dataset.theme = "light"; };
  const asBefore = () => {
    if (themed) root.dataset.theme = themed; else delete root.dataset.theme;
  };
  addEventListener("beforeprint", () => { inLight(); redraw(); });
  addEventListener("afterprint", () => { asBefore(); redraw(); });

  // The library reads a little markup in titles; names of other systems are words.
  const asWords = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

  // A picture travels alone: light, on white, with its finding and unit written on it.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-png]");
    const chart = button && document.getElementById(button.dataset.png);
    if (!chart || !figures.has(chart)) return;
    inLight();
    const figure = figures.get(chart);
    const layout = layoutOf(figure);
    const picture = {
      data: coloured(figure.data),
      layout: {
        ...layout, paper_bgcolor: "#ffffff", margin: { l: 24, r: 24, t: 84, b: 24 },
        title: {
          text: asWords(figure.meta.title), subtitle: { text: asWords(figure.meta.subtitle) },
          x: 0.02, xanchor: "left", font: { size: 20, color: token("text") },
        },
      },
    };
    asBefore();
    await Plotly.downloadImage(picture, {
      format: "png", width: 1280, height: 640, scale: 2, filename: button.dataset.name,
    });
  });
})();
