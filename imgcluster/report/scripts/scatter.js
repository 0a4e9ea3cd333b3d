// The photos in the plane, as pictures where there is room and as dots elsewhere; what a lasso, or a ring moved by
// keys, encloses is listed.
function startScatter() {
  const { x: xs, y: ys } = data.scatter;
  const points = range(xs.length);  // places in `photos`
  const canvas = $("scatter-canvas");
  let colouring = "cluster";
  let look = "photos";
  let mode = matchMedia("(pointer: coarse)").matches ? "move" : "lasso";
  let lasso = [];  // corners in plane coordinates
  let ring = null;  // {x, y, radius} in plane coordinates
  let inside = new Set();
  let pictured = { zoom: 0 };  // the photos shown as such at a zoom
  let hovered = -1;
  let picked = null;  // the cluster or model whose colour is pointed at
  const extent = { left: Math.min(...xs), top: Math.min(...ys) };
  extent.width = Math.max(Math.max(...xs) - extent.left, 1e-3);
  extent.height = Math.max(Math.max(...ys) - extent.top, 1e-3);
  const first = Math.min(90, Math.max(34, 400 / Math.sqrt(points.length)));  // pixels, side of a picture at first
  const view = new View(canvas, extent, draw, { maxZoom: 30, margin: first / 2 + 8 });

  const groupAt = (point) => (colouring === "model" ? photos.model[point] : shownOf[point]);
  const colourOfGroup = (group) => (colouring === "model" ? modelColour(group) : clusterColour(group));
  const ringShown = () => ring !== null && document.activeElement === canvas;
  const inTheRing = () => points.filter((point) => inRing(ring, xs[point], ys[point]));

  const sizeNow = () => Math.min(side, Math.max(24, first * Math.min(1, view.width / 680)) * Math.sqrt(view.zoom));

  // Places of the photos that are shown as such: in their order, those with room beside the ones before. It depends on
  // the zoom alone, so that nothing flickers while one drags.
  function picturedNow() {
    if (look !== "photos") return new Set();
    if (pictured.zoom !== view.scale) pictured = { zoom: view.scale, points: roomy(xs, ys, 0.6 * sizeNow() / view.scale) };
    return pictured.points;
  }

  function draw(context) {
    const [shown, size] = [picturedNow(), sizeNow()];
    const radius = Math.min(9, Math.max(2.2, 70 / Math.sqrt(points.length))) * Math.sqrt(Math.min(view.zoom, 6));
    const lit = new Set([...inside, ...(ringShown() ? inTheRing() : [])]);
    const dots = new Map();  // group -> its dot
    const place = (point) => {
      const [x, y] = view.toScreen(xs[point], ys[point]);
      context.globalAlpha = (lit.size && !lit.has(point)) || (picked !== null && groupAt(point) !== picked) ? 0.14 : 1;
      return x > -size && y > -size && x < view.width + size && y < view.height + size ? [x, y] : null;
    };
    for (const point of points) {
      const at = shown.has(point) ? null : place(point);
      if (!at) continue;
      const group = groupAt(point);
      if (!dots.has(group)) dots.set(group, dot(colourOfGroup(group), radius));
      drawDot(context, dots.get(group), ...at, point === hovered ? 1.4 : 1);
    }
    for (const point of shown) {
      const at = place(point);
      if (at) drawPhoto(context, point, ...at, size, colourOfGroup(groupAt(point)));
    }
    context.globalAlpha = 1;
    if (lasso.length > 1) drawRegion(context, () => lasso.forEach(([x, y]) => context.lineTo(...view.toScreen(x, y))));
    if (ringShown()) drawRegion(context, () => context.arc(...view.toScreen(ring.x, ring.y), ring.radius * view.scale, 0, 2 * Math.PI));
  }

  function drawPhoto(context, point, x, y, size, colour) {
    const frame = point === hovered ? 4 : 2;
    context.fillStyle = colour;
    context.fillRect(x - size / 2 - frame, y - size / 2 - frame, size + 2 * frame, size + 2 * frame);
    drawTile(context, point, x - size / 2, y - size / 2, size, view.redraw);
  }

  // A dot is drawn once and then copied: thousands of arcs take too long while one drags.
  function dot(colour, radius) {
    const half = radius + 1;
    const stamp = h("canvas", { width: Math.ceil(2 * half * view.ratio), height: Math.ceil(2 * half * view.ratio) });
    const context = stamp.getContext("2d");
    context.scale(view.ratio, view.ratio);
    context.arc(half, half, radius, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 0.8;
    context.strokeStyle = colourOf("--surface");
    context.stroke();
    return stamp;
  }

  function drawDot(context, stamp, x, y, scale) {
    const size = scale * stamp.width / view.ratio;
    context.drawImage(stamp, x - size / 2, y - size / 2, size, size);
  }

  // The picture under the pointer, the one on top first, else the dot next to it; -1 for neither.
  function pointAt(x, y) {
    const half = sizeNow() / 2;
    const over = [...picturedNow()].findLast((point) => {
      const [px, py] = view.toScreen(xs[point], ys[point]);
      return Math.abs(px - x) <= half && Math.abs(py - y) <= half;
    });
    if (over !== undefined) return over;
    let [best, reach] = [-1, 14 ** 2];
    for (const point of points) {
      const [px, py] = view.toScreen(xs[point], ys[point]);
      const apart = (px - x) ** 2 + (py - y) ** 2;
      if (apart < reach) [best, reach] = [point, apart];
    }
    return best;
  }

  function closeLasso(finished) {
    if (mode !== "lasso") return;
    inside = new Set(finished ? points.filter((point) => inLasso(lasso, xs[point], ys[point])) : []);
    if (!inside.size) lasso = [];
    list();
  }

  function clear() {
    [lasso, ring] = [[], null];
    inside.clear();
    $("scatter-status").textContent = "";
    list();
  }

  // "12 photos of 2 clusters in the ring: Cluster 3 (10), Cluster 7 (2)"
  function ringSentence(found) {
    if (!found.length) return "No photo in the ring";
    const clusters = tally(found.map((point) => shownOf[point]));
    const named = clusters.slice(0, 3).map(([id, number]) => `${clusterName(id)} (${number})`).join(", ");
    return `${count(found.length, "photo")} of ${count(clusters.length, "cluster")} in the ring: ${named}${clusters.length > 3 ? ", …" : ""}`;
  }

  // Rings add up: what each encloses joins the list when Enter is pressed.
  function key(event) {
    if (mode !== "lasso") return false;
    if (event.key === "Escape" && (ring || inside.size)) clear();
    else if (ARROWS[event.key]) {
      ring = nextRing(ring, ARROWS[event.key], event.shiftKey, view);
      view.reveal(ring.x, ring.y);
      $("scatter-status").textContent = ringSentence(inTheRing());
    } else if ((event.key === "Enter" || event.key === " ") && ring) {
      inTheRing().forEach((point) => inside.add(point));
      list();
    } else return false;
    view.redraw();
    return true;
  }

  function list() {
    view.redraw();
    const found = [...inside];
    const panel = $("lasso");
    panel.hidden = found.length === 0;
    $("scatter-legend").hidden = !panel.hidden;
    if (!found.length) return;
    const clusters = tally(found.map((point) => shownOf[point]));
    $("lasso-title").textContent = `${count(found.length, "photo")} of ${count(clusters.length, "cluster")} inside`;
    $("lasso-clusters").replaceChildren(...clusters.slice(0, 12).map(([id, number]) => clusterChip(id, number)));
    const caption = captionsOf(found);
    growingList($("lasso-photos"), found, 60, (index) => choosablePhoto(index, caption(index)), "photo");
    $("lasso-select").onclick = () => select(found);
    $("lasso-clear").onclick = () => { clear(); canvas.focus(); };
  }

  function showLegend() {
    const sizes = colouring === "model" ? [...new Set(photos.model)].map((id) => [id, data.models[id].size]) : sizesNow();
    drawLegend($("scatter-chips"), sizes, colouring === "model" ? modelChip : clusterChip,
      (group) => { picked = group; view.redraw(); });
  }

  Object.assign(view.handlers, {
    key,
    grab: (x, y) => { if (mode === "lasso") { ring = null; lasso = [view.toPlane(x, y)]; } },
    trace: (x, y) => { if (mode === "lasso") { lasso.push(view.toPlane(x, y)); view.redraw(); } return mode === "lasso"; },
    drop: closeLasso,
    click: (x, y) => {
      const point = pointAt(x, y);
      clear();
      if (point >= 0) openCluster(shownOf[point], point);
    },
    hover: (event, x, y) => {
      const point = pointAt(x, y);
      if (point !== hovered) { hovered = point; view.redraw(); }
      if (point >= 0) showTip(event, photoTip(point));
      else hideTip();
      setCursor();
    },
    leave: () => { hideTip(); if (hovered >= 0) { hovered = -1; view.redraw(); } },
  });
  for (const type of ["focus", "blur"]) canvas.addEventListener(type, view.redraw);
  function setCursor() { canvas.style.cursor = hovered >= 0 ? "pointer" : mode === "lasso" ? "crosshair" : "grab"; }
  function setMode(value) { mode = value; view.grabs = mode === "lasso"; view.settle(); setCursor(); }
  choice($("scatter-mode"), [["lasso", "Lasso"], ["move", "Move"]], mode, setMode);
  choice($("scatter-look"), [["photos", "Photos"], ["points", "Points"]], look, (value) => { look = value; view.redraw(); });
  if (data.models) choice($("scatter-colour"), [["cluster", "by cluster"], ["model", "by true label"]], colouring,
    (value) => { colouring = value; showLegend(); view.redraw(); });
  zoomButtons($("scatter-zoom"), view);
  setMode(mode);
  showLegend();
  onNewClusters(() => {
    showLegend();
    if (inside.size) list();
  });
  onchange(view.redraw);
  onTheme(() => { showLegend(); list(); });
}
