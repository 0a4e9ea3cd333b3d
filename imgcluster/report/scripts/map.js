// The Self-Organizing Map as a wall of photos.
function startMap() {
  const { columns, centres, distance, hits, photo } = data.map;
  const canvas = $("map-canvas");
  let look = "photos";
  let hovered = -1;
  let cursor = -1;  // the unit that keys move
  let picked = null;  // the cluster that is pointed at in the legend
  const xs = centres.map(([x]) => x);
  const ys = centres.map(([, y]) => y);
  const extent = { left: Math.min(...xs) - 0.5, top: Math.min(...ys) - 0.5 };
  extent.width = Math.max(...xs) + 0.5 - extent.left;
  extent.height = Math.max(...ys) + 0.5 - extent.top;
  const most = Math.max(...hits, 1);
  const [nearest, farthest] = [Math.min(...distance), Math.max(...distance)];
  const far = (unit) => ((distance[unit] ?? 0) - nearest) / Math.max(farthest - nearest, 1e-9);
  const largest = 200;  // pixels of a unit at first
  const highest = `min(82vh, 900px, ${Math.ceil(extent.height * largest) + 24}px)`;
  const ratio = Math.min(2.2, Math.max(0.85, extent.width / extent.height));
  canvas.style.maxHeight = highest;
  canvas.style.aspectRatio = `${ratio}`;
  // As wide as it takes to be that high: what a wider window has to spare is the legend's.
  canvas.closest(".plot").style.setProperty("--map-width", `calc(${ratio} * ${highest})`);

  const view = new View(canvas, extent, draw, { maxScale: largest, maxZoom: Math.max(4, Math.max(extent.width, extent.height) / 3) });

  function draw(context) {
    const cell = view.scale;
    const gap = Math.max(0.5, cell * 0.05);
    const ring = Math.max(1.5, cell * 0.045);
    const behind = isDark() ? 0.35 : 0.6;  // how strong the shade is behind photos, whose frames stand out from it
    let missing = 0;  // photos still being decoded
    const chosen = picked ?? unitCluster(hovered >= 0 ? hovered : document.activeElement === canvas ? cursor : -1);
    const lit = chosen === null ? null : unitsOf(chosen);
    for (let unit = 0; unit < centres.length; unit += 1) {
      const [x, y] = view.toScreen(centres[unit][0] - 0.5, centres[unit][1] - 0.5);
      if (x > view.width || y > view.height || x + cell < 0 || y + cell < 0) continue;
      context.globalAlpha = 1;
      context.fillStyle = shade(look === "hits" ? Math.sqrt(hits[unit] / most) : far(unit), look === "photos" ? behind : 1);
      context.fillRect(x, y, cell + 0.5, cell + 0.5);
      if (look === "photos" && photo[unit] >= 0) {
        context.globalAlpha = lit && !lit.has(unit) ? 0.3 : 1;
        context.fillStyle = clusterColour(unitCluster(unit));
        context.fillRect(x + gap, y + gap, cell - 2 * gap, cell - 2 * gap);
        if (!drawTile(context, photo[unit], x + gap + ring, y + gap + ring, cell - 2 * (gap + ring), view.redraw)) missing += 1;
      } else if (look === "hits" && hits[unit] && cell > 22) {
        context.fillStyle = Math.sqrt(hits[unit] / most) > 0.5 === !isDark() ? "#fff" : "#111";
        context.font = `600 ${Math.min(20, cell * 0.36)}px system-ui, sans-serif`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText(hits[unit], x + cell / 2, y + cell / 2);
      }
    }
    context.globalAlpha = 1;
    drawBorders(context, cell);
    drawLabels(context, cell);
    if (cursor >= 0 && document.activeElement === canvas) frame(context, cursor, cell, colourOf("--focus"));
    if (hovered >= 0) frame(context, hovered, cell, colourOf("--text"));
    canvas.dataset.missing = missing;
  }

  // Where cells meet: [corner, corner, unit, unit]. On a hexagonal map every other column is half a cell lower.
  const edges = [];
  centres.forEach(([x, y], unit) => {
    if (unit + columns < centres.length) edges.push([x - 0.5, y + 0.5, x + 0.5, y + 0.5, unit, unit + columns]);
    if ((unit + 1) % columns) for (const other of [unit + 1 - columns, unit + 1, unit + 1 + columns]) {
      const shift = (centres[other]?.[1] ?? Infinity) - y;
      if (Math.abs(shift) < 0.9) edges.push([x + 0.5, y - 0.5 + Math.max(shift, 0), x + 0.5, y + 0.5 + Math.min(shift, 0), unit, other]);
    }
  });

  function drawBorders(context, cell) {
    context.beginPath();
    for (const [x1, y1, x2, y2, first, second] of edges) {
      if (photo[first] < 0 || photo[second] < 0 || unitCluster(first) === unitCluster(second)) continue;
      context.moveTo(...view.toScreen(x1, y1));
      context.lineTo(...view.toScreen(x2, y2));
    }
    context.lineCap = "round";
    context.lineWidth = Math.min(3, Math.max(Math.min(1.4, cell * 0.1), cell * 0.035));
    context.strokeStyle = colourOf("--border-line");
    context.stroke();
  }

  // Units that lie together, each no more than two from another: [[unit, ...], ...], the largest part first.
  function partsOf(units) {
    const left = new Set(units);
    const parts = [];
    for (const start of units) {
      if (!left.delete(start)) continue;
      const part = [start];
      for (const unit of part) for (const other of left)
        if ((xs[other] - xs[unit]) ** 2 + (ys[other] - ys[unit]) ** 2 < 5) { left.delete(other); part.push(other); }
      parts.push(part);
    }
    return parts.sort((a, b) => b.length - a.length);
  }

  function middleOf(units) {
    const mean = (values) => units.reduce((sum, unit) => sum + values[unit], 0) / units.length;
    const [x, y] = [mean(xs), mean(ys)];
    const apart = (unit) => (xs[unit] - x) ** 2 + (ys[unit] - y) ** 2;
    return units.reduce((a, b) => (apart(b) < apart(a) ? b : a));
  }

  // The unit in the middle of each part of a cluster bears its name where there is room. The largest part of each comes
  // first, and of these those of most units.
  let labelled = [];
  const labels = new Map();  // letters -> cluster -> its name, shortened to so many
  function placeLabels() {
    labels.clear();
    const units = new Map();
    photo.forEach((index, unit) => {
      if (index >= 0) units.set(unitCluster(unit), [...(units.get(unitCluster(unit)) ?? []), unit]);
    });
    labelled = [...units].flatMap(([id, own]) => partsOf(own).map((part, place) => (
      { id, unit: middleOf(part), units: part.length, first: place === 0 })));
    labelled.sort((a, b) => b.first - a.first || b.units - a.units);
  }

  function namesOf(ids, letters) {
    const whole = ids.map((id) => groups.get(id)?.short ?? names.get(id) ?? (id === -1 ? "none" : String(id)));
    const short = toldApart(whole, letters);
    return new Map(ids.map((id, place) => [id, short[place]]));
  }

  function drawLabels(context, cell) {
    // A name is at most as high as a third of a photo, and about as wide as two.
    const size = Math.max(8, Math.min(12, cell * 0.3));
    const letters = Math.min(18, Math.max(5, Math.floor((3 * cell) / size)));
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const taken = [];
    if (!labels.has(letters)) labels.set(letters, namesOf([...new Set(labelled.map(({ id }) => id))], letters));
    for (const { id, unit, units } of labelled) {
      if (cell * Math.sqrt(units) < 28) continue;
      const text = labels.get(letters).get(id);
      const width = context.measureText(text).width + size;
      const [middle, y] = view.toScreen(xs[unit], ys[unit] + 0.5);
      const x = inSight(middle, width);
      if (taken.some(([tx, ty, room]) => Math.abs(tx - x) < (room + width) / 2 + 2 && Math.abs(ty - y) < 1.5 * size + 2)) continue;
      taken.push([x, y, width]);
      context.fillStyle = colourOf("--surface");
      context.beginPath();
      context.roundRect(x - width / 2, y - 1.75 * size, width, 1.5 * size, 0.75 * size);
      context.fill();
      context.fillStyle = colourOf("--text");
      context.fillText(text, x, y - 0.95 * size);
    }
  }

  // Where a name as wide as this is drawn whole, if its middle is seen at all.
  const inSight = (middle, width) => (middle < 0 || middle > view.width ? middle
    : Math.max(width / 2 + 4, Math.min(view.width - width / 2 - 4, middle)));

  function frame(context, unit, cell, colour) {
    const [x, y] = view.toScreen(centres[unit][0] - 0.5, centres[unit][1] - 0.5);
    context.lineWidth = 3;
    context.strokeStyle = colour;
    context.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
  }

  // From near (the page's ground) to far.
  function shade(share, strength) {
    const [from, to] = isDark() ? [30, 215] : [246, 70];
    const grey = Math.round(from + (to - from) * share * strength);
    return `rgb(${grey}, ${grey}, ${Math.min(255, grey + 4)})`;
  }

  // A unit shows one photo, and may hold others of other clusters.
  const unitsOf = (id) => new Set(photos.unit.filter((_, index) => shownOf[index] === id));
  const unitCluster = (unit) => (photo[unit] >= 0 ? shownOf[photo[unit]] : null);

  function unitAt(x, y) {
    const [planeX, planeY] = view.toPlane(x, y);
    const column = Math.round(planeX);
    for (let unit = column; column >= 0 && unit < centres.length; unit += columns)
      if (Math.abs(planeY - centres[unit][1]) <= 0.5) return column < columns ? unit : -1;
    return -1;
  }

  const sentence = (unit) => `${count(hits[unit], "photo")} here, distance to neighbours ${(distance[unit] ?? 0).toFixed(2)}`;
  function hover(event, x, y) {
    const unit = unitAt(x, y);
    if (unit !== hovered) { hovered = unit; view.redraw(); }
    canvas.style.cursor = unit >= 0 && photo[unit] >= 0 ? "pointer" : "grab";
    if (unit < 0) hideTip();
    else if (photo[unit] >= 0) showTip(event, photoTip(photo[unit], sentence(unit)));
    else showTip(event, [h("span", {}, `No photo here; distance to neighbours ${(distance[unit] ?? 0).toFixed(2)}`)]);
  }

  function open(unit) {
    if (unit >= 0 && photo[unit] >= 0) openCluster(shownOf[photo[unit]], photo[unit]);
  }

  function key(event) {
    if (event.key === "Enter" || event.key === " ") { open(cursor); return true; }
    if (!ARROWS[event.key] || event.shiftKey) return false;
    const [right, down] = ARROWS[event.key];
    const step = right + down * columns;
    const next = cursor < 0 ? 0 : cursor + step;
    const wraps = Math.abs(step) === 1 && Math.floor(next / columns) !== Math.floor(cursor / columns) && cursor >= 0;
    if (next >= 0 && next < centres.length && !wraps) cursor = next;
    $("map-status").textContent = photo[cursor] >= 0 ? `${describe(photo[cursor])}; ${sentence(cursor)}` : "no photo here";
    view.reveal(...centres[cursor]);
    view.redraw();
    return true;
  }

  function showLegend() {
    drawLegend($("map-chips"), sizesNow(), clusterChip, (id) => { picked = id; view.redraw(); });
  }

  Object.assign(view.handlers, { hover, key, click: (x, y) => open(unitAt(x, y)),
    leave: () => { hideTip(); if (hovered >= 0) { hovered = -1; view.redraw(); } } });
  for (const type of ["focus", "blur"]) canvas.addEventListener(type, view.redraw);
  choice($("map-look"), [["photos", "Photos"], ["distance", "Distances"], ["hits", "Photo counts"]], look,
    (value) => { look = value; view.redraw(); });
  zoomButtons($("map-zoom"), view);
  placeLabels();
  showLegend();
  view.settle();
  onNewClusters(() => {
    placeLabels();
    showLegend();
    view.redraw();
  });
  onTheme(() => { showLegend(); view.redraw(); });
}
