// The photos as points in the plane; a lasso lists what is inside.
function startScatter() {
  if (!data.scatter) return;
  const { x: xs, y: ys } = data.scatter;
  const photo = range(xs.length);
  const canvas = $("scatter-canvas");
  let colouring = "cluster";
  let look = "points";
  let mode = matchMedia("(pointer: coarse)").matches ? "move" : "lasso";
  let lasso = [];  // corners in plane coordinates
  let inside = new Set();
  let hovered = -1;
  let picked = null;  // the cluster or model whose colour is pointed at
  const extent = { left: Math.min(...xs), top: Math.min(...ys) };
  extent.width = Math.max(Math.max(...xs) - extent.left, 1e-3);
  extent.height = Math.max(Math.max(...ys) - extent.top, 1e-3);
  const view = new View(canvas, extent, draw, { maxZoom: 30, margin: 28 });

  const groupAt = (index) => (colouring === "model" ? photos.model[index] : shownOf[index]);
  const colour = (index, palette) => (colouring === "model" ? palette[data.models[photos.model[index]].colour % palette.length]
    : clusterColour(shownOf[index]));

  function draw(context) {
    const palette = paletteNow();
    const radius = Math.min(9, Math.max(2.2, 70 / Math.sqrt(photo.length))) * Math.sqrt(Math.min(view.zoom, 6));
    const size = Math.min(side, Math.max(16, 500 / Math.sqrt(photo.length) * Math.sqrt(view.zoom)));
    const dimmed = inside.size > 0;
    context.strokeStyle = colourOf("--surface");
    context.lineWidth = 0.8;
    const colours = new Map();
    photo.forEach((index, point) => {
      const [x, y] = view.toScreen(xs[point], ys[point]);
      if (x < -size || y < -size || x > view.width + size || y > view.height + size) return;
      const group = groupAt(index);
      if (!colours.has(group)) colours.set(group, colour(index, palette));
      context.globalAlpha = (dimmed && !inside.has(point)) || (picked !== null && group !== picked) ? 0.12 : 0.92;
      context.fillStyle = colours.get(group);
      if (look === "photos") {
        context.fillRect(x - size / 2 - 2, y - size / 2 - 2, size + 4, size + 4);
        drawTile(context, index, x - size / 2, y - size / 2, size, view.redraw);
      } else {
        context.beginPath();
        context.arc(x, y, point === hovered ? radius + 3 : radius, 0, 2 * Math.PI);
        context.fill();
        context.stroke();
      }
    });
    context.globalAlpha = 1;
    if (lasso.length > 1) drawLasso(context);
  }

  function drawLasso(context) {
    context.beginPath();
    lasso.forEach(([x, y]) => context.lineTo(...view.toScreen(x, y)));
    context.closePath();
    context.fillStyle = colourOf("--lasso");
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = colourOf("--focus");
    context.stroke();
  }

  function nearest(x, y) {
    let [best, reach] = [-1, 14 ** 2];
    photo.forEach((_, point) => {
      const [px, py] = view.toScreen(xs[point], ys[point]);
      const apart = (px - x) ** 2 + (py - y) ** 2;
      if (apart < reach) [best, reach] = [point, apart];
    });
    return best;
  }

  // Even-odd rule along a line to the right.
  function within(x, y) {
    let odd = false;
    lasso.forEach(([x1, y1], corner) => {
      const [x2, y2] = lasso[(corner + 1) % lasso.length];
      if ((y1 > y) !== (y2 > y) && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
    });
    return odd;
  }

  function close(finished) {
    if (mode !== "lasso") return;
    inside = new Set(finished ? range(photo.length).filter((point) => within(xs[point], ys[point])) : []);
    if (!inside.size) lasso = [];
    list();
    view.redraw();
  }

  function list() {
    const indices = [...inside].map((point) => photo[point]);
    const panel = $("lasso");
    panel.hidden = indices.length === 0;
    $("legend").hidden = !panel.hidden;
    if (!indices.length) return;
    const clusters = tally(indices.map((index) => shownOf[index]));
    $("lasso-title").textContent = `${count(indices.length, "photo")} of ${count(clusters.length, "cluster")} inside`;
    $("lasso-clusters").replaceChildren(...clusters.slice(0, 12).map(([id, number]) => clusterChip(id, number)));
    growingList($("lasso-photos"), indices, 60, (index) => choosablePhoto(index, captionOf(index)), "photo");
    $("lasso-select").onclick = () => select(indices);
    $("lasso-clear").onclick = () => { inside.clear(); lasso = []; list(); view.redraw(); canvas.focus(); };
  }

  // The largest clusters, or models, with their colours: pointing at one shows where it lies.
  function drawLegend() {
    const found = tally(range(photo.length).map(groupAt));
    const pick = (group) => () => { picked = group; view.redraw(); };
    const chips = found.slice(0, 60).map(([group, number]) => {
      const chip = colouring === "model" ? modelChip(group, number) : clusterChip(group, number);
      for (const [type, value] of [["pointerenter", group], ["focus", group], ["pointerleave", null], ["blur", null]])
        chip.addEventListener(type, pick(value));
      return chip;
    });
    if (found.length > 60) chips.push(h("span", { class: "note" }, `and ${(found.length - 60).toLocaleString("en")} smaller ones`));
    $("legend-chips").replaceChildren(...chips);
  }

  Object.assign(view.handlers, {
    grab: (x, y) => { if (mode === "lasso") lasso = [view.toPlane(x, y)]; },
    trace: (x, y) => { if (mode === "lasso") { lasso.push(view.toPlane(x, y)); view.redraw(); } return mode === "lasso"; },
    drop: close,
    click: (x, y) => {
      const point = nearest(x, y);
      if (inside.size) { inside.clear(); list(); }
      lasso = [];
      view.redraw();
      if (point >= 0) openCluster(shownOf[photo[point]], photo[point]);
    },
    hover: (event, x, y) => {
      const point = nearest(x, y);
      if (point !== hovered) { hovered = point; view.redraw(); }
      if (point >= 0) showTip(event, photoTip(photo[point]));
      else hideTip();
      setCursor();
    },
    leave: () => { hideTip(); hovered = -1; },
  });
  function setCursor() { canvas.style.cursor = hovered >= 0 ? "pointer" : mode === "lasso" ? "crosshair" : "grab"; }
  function setMode(value) { mode = value; view.grabs = mode === "lasso"; view.settle(); setCursor(); }
  choice($("scatter-mode"), [["lasso", "Lasso"], ["move", "Move"]], mode, setMode);
  choice($("scatter-look"), [["points", "Points"], ["photos", "Photos"]], look, (value) => { look = value; view.redraw(); });
  if (data.models) choice($("scatter-colour"), [["cluster", "by cluster"], ["model", "by true label"]], colouring,
    (value) => { colouring = value; drawLegend(); view.redraw(); });
  zoomButtons($("scatter-zoom"), view);
  setMode(mode);
  drawLegend();
  let drawn = shownOf;
  onchange(() => {
    if (drawn !== shownOf || corrections.length) drawLegend();
    if (drawn !== shownOf && inside.size) list();
    drawn = shownOf;
    view.redraw();
  });
  onTheme(() => { drawLegend(); view.redraw(); });
}
