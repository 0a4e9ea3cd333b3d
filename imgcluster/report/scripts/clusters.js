// Clusters: a card for each, and their colours and names in legends.
const LEGEND_CHIPS = 60;

function confidenceBar(value) {
  if (value === null || value === undefined) return null;
  const fill = h("span", { class: "bar-fill" });
  fill.style.width = `${100 * value}%`;
  return h("span", { class: "confidence", title: "how clearly its photos belong to it rather than to the next cluster, 0 to 1 on average" }, h("span", { class: "label" }, "confidence"),
    h("span", { class: "bar", "aria-hidden": "true" }, fill), h("span", { class: "number" }, value.toFixed(2)));
}

function swatch(id) {
  const mark = h("span", { class: "swatch", "aria-hidden": "true" });
  mark.style.background = clusterColour(id);
  return mark;
}

const clusterChip = (id, number) => h("button", { type: "button", class: "chip", title: clusterName(id),
  onclick: () => openCluster(id) }, swatch(id), h("span", { class: "name" }, clusterName(id)), h("span", { class: "number" }, number.toLocaleString("en")));

const modelColour = (model) => paletteNow()[data.models[model].colour % paletteNow().length];

// A true label in the colour it has in the scatter; a click finds its photos.
function modelChip(model, number) {
  const mark = h("span", { class: "swatch", "aria-hidden": "true" });
  mark.style.background = modelColour(model);
  const { name } = data.models[model];
  return h("button", { type: "button", class: "chip", title: name, onclick: () => findModel(model) }, mark,
    h("span", { class: "name" }, name), h("span", { class: "number" }, number.toLocaleString("en")));
}

// -1, no cluster, comes after all clusters.
const noneLast = (a, b) => (a === -1) - (b === -1);

// The largest of the groups [[group, photos], ...]: pointing at one, or reaching it with Tab, calls pick(group), and
// pick(null) afterwards.
function drawLegend(parent, groupsByPhotos, chip, pick) {
  groupsByPhotos.sort(([a, m], [b, n]) => noneLast(a, b) || n - m || byNumber({ id: a }, { id: b }));
  const chips = groupsByPhotos.slice(0, LEGEND_CHIPS).map(([group, number]) => {
    const element = chip(group, number);
    for (const [type, value] of [["pointerenter", group], ["focus", group], ["pointerleave", null], ["blur", null]])
      element.addEventListener(type, () => pick(value));
    return element;
  });
  const others = groupsByPhotos.length - chips.length;
  if (others > 0) chips.push(h("span", { class: "note" }, `and ${others.toLocaleString("en")} smaller ones`));
  parent.replaceChildren(...chips);
}

function modelLine(cluster) {
  if (cluster.model === undefined) return null;
  return h("p", { class: "model", title: "the commonest true label, and its share of the photos" },
    h("span", {}, h("span", { class: "label" }, "label"), ` ${cluster.model}`), h("span", { class: "number" }, percent(cluster.share)));
}

// Photos of a cluster in the datasets that had it before, where these were placed in earlier clusters.
const earlierOf = (id) => data.earlier?.photos[id] ?? [];
const earlierPhotos = (id) => earlierOf(id).map(([index, file]) => h("span", { class: "before", title: file },
  picture(index, file)));

function earlierLine(id) {
  const earlier = earlierPhotos(id);
  return earlier.length ? h("div", { class: "doubtful earlier", title: `photos of it in ${data.earlier.name}` },
    h("span", { class: "label" }, "earlier"), earlier) : null;
}

// The photos of a cluster that stand for all of it, then the others: of one that was merged, those of each part in turn.
const faceRank = new Map(data.clusters.flatMap(({ faces }) => faces.map((index, rank) => [index, rank])));
const facesFirst = (indices) => indices.slice().sort((a, b) => (faceRank.get(a) ?? numPhotos) - (faceRank.get(b) ?? numPhotos));

function card(cluster) {
  const { id } = cluster;
  const indices = facesFirst(cluster.indices);
  const faces = indices.slice(0, 3);
  const sure = id !== -1;
  const others = sure ? byConfidence(indices.slice(3)).slice(-4).reverse() : indices.slice(3, 7);
  return h("article", { class: "card" },
    h("header", {}, h("h3", {}, swatch(id), h("button", { type: "button", class: "title", "data-cluster": id, title: clusterName(id), onclick: () => openCluster(id) },
      clusterName(id))), h("span", { class: "size" }, count(cluster.size, "photo"))),
    earlierLine(id),
    h("div", { class: "faces" }, faces.map((index) => photoButton(index))),
    others.length ? h("div", { class: "doubtful" },
      h("span", { class: "label" }, sure ? "least sure" : "others"),
      others.map((index) => photoButton(index))) : null,
    modelLine(cluster), confidenceBar(cluster.confidence));
}

const byNumber = (a, b) => String(a.id).localeCompare(String(b.id), "en", { numeric: true });
const orders = {
  size: ["Largest", (a, b) => b.size - a.size || byNumber(a, b)],
  doubt: ["Most doubtful", (a, b) => (a.confidence ?? 1) - (b.confidence ?? 1)],
  number: ["Number", byNumber],
};

let clusterOrder = "size";
const clustersInOrder = () => currentClusters().sort((a, b) => noneLast(a.id, b.id) || orders[clusterOrder][1](a, b));

function startClusters() {
  const redraw = () => growingList($("cards"), clustersInOrder(), atATime(48), card, "cluster",
    Math.max(atATime(48), document.querySelectorAll("#cards .card").length));
  choice($("cluster-order"), Object.entries(orders).map(([name, [text]]) => [name, text]), clusterOrder,
    (value) => { clusterOrder = value; redraw(); });
  onNewClusters(redraw);
  onTheme(redraw);
  redraw();
  startDialog();
}
