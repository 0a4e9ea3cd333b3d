// The photos chosen, and the corrections a person made; both leave the page as CSV files.
const selection = new Set();
const corrections = [];  // {action, indices or cluster, value where it changes something}, in the order they were made
const names = new Map();  // cluster -> what people call it
let clusterOf = photos.cluster.slice();  // of each photo, corrections applied
const sizeOf = new Map();  // of each of these clusters: its photos, those that are not in the page as well
let shownOf = clusterOf;  // the same, or its cluster at the level looked at
let newClusters = data.newClusters;
// Up to this number clusters are those of another dataset, in which photos were placed: they stay where others join.
const highestPlacedIn = Number(/\+(\d+)$/.exec(data.clustering)?.[1] ?? -1);
let exported = true;
let saved = false;  // whether a file of them was, which holds what is undone afterwards
const listeners = [];  // called when selection or corrections change
const onchange = (listener) => listeners.push(listener);
const changed = () => listeners.forEach((listener) => listener());

// Calls draw when the clusters change that `of` gives, of each photo.
function onNewClusters(draw, of = () => shownOf) {
  let drawn = of();
  onchange(() => {
    if (drawn === of()) return;
    drawn = of();
    draw();
  });
}

function select(indices, chosen = true) {
  anchor = null;
  for (const index of indices) {
    if (chosen) selection.add(index);
    else selection.delete(index);
  }
  changed();
}

function clearSelection() {
  anchor = null;
  selection.clear();
}

function correct(correction) {
  corrections.push(correction);
  exported = false;
  applyCorrections();
}

// Where the first correction of a new cluster is into which none puts photos.
function orphaned() {
  const filled = new Set(corrections.filter(({ action }) => action !== "name").map(({ value }) => value));
  return corrections.findIndex(({ cluster }) => String(cluster).startsWith("new-") && !filled.has(cluster));
}

// With it goes what was said of a new cluster in which no photos are left.
function undo(position) {
  corrections.splice(position, 1);
  for (let orphan = orphaned(); orphan >= 0; orphan = orphaned()) corrections.splice(orphan, 1);
  exported = corrections.length === 0 && !saved;
  applyCorrections();
}

function applyCorrections() {
  clusterOf = photos.cluster.slice();
  readNames();
  readSizes();
  for (const correction of corrections) {
    const { action, indices, cluster, value } = correction;
    if (action === "name" && value) names.set(cluster, value);
    else if (action === "name") names.delete(cluster);
    else if (action === "merge") {
      resize(cluster, value, sizeOf.get(cluster) ?? 0);
      if (names.has(cluster) && !names.has(value)) names.set(value, names.get(cluster));
      clusterOf = clusterOf.map((old) => (old === cluster ? value : old));
    } else {
      correction.from = indices.map((index) => clusterOf[index]);
      if (action !== "confirm") indices.forEach((index) => { resize(clusterOf[index], value, 1); clusterOf[index] = value; });
    }
  }
  if (isAnswer()) shownOf = clusterOf;
  changed();
}

function readNames() {
  names.clear();
  [...data.earlierClusters, ...data.clusters].forEach(({ id, name }) => { if (name) names.set(id, name); });
}
readNames();

function readSizes() {
  sizeOf.clear();
  data.clusters.forEach(({ id, size }) => sizeOf.set(id, size));
}
readSizes();

// Whether a cluster is one of those of another dataset in which photos were placed, rather than made for these photos.
const isKnown = (id) => Number.isInteger(id) && (highestPlacedIn < 0 || id <= highestPlacedIn);

// The groups of two or more photos that those in no cluster form: [[group, photos], ...], the largest first. Those that
// are not in the page count as well; whoever left for a cluster does not.
function newGroups() {
  if (!photos.newGroup) return [];
  const left = data.newGroups.slice();
  photos.newGroup.forEach((group, index) => {
    if (group >= 0 && photos.cluster[index] === -1 && clusterOf[index] !== -1) left[group] -= 1;
  });
  return [...left.entries()].filter(([, size]) => size > 1).sort((a, b) => b[1] - a[1]);
}

// How many clusters there are, as the page was made and with the corrections made in it.
const clustersFound = data.clusters.filter(({ id }) => id !== -1).length;
const clustersNow = () => [...sizeOf].filter(([id, size]) => id !== -1 && size > 0).length;

function resize(from, to, number) {
  sizeOf.set(from, (sizeOf.get(from) ?? 0) - number);
  sizeOf.set(to, (sizeOf.get(to) ?? 0) + number);
}

// How many photos a cluster of those looked at has, with the photos that are not in the page as well.
const sizeShown = (id) => groups.get(id)?.size ?? sizeOf.get(id);

// Clusters as they are shown (or `of` each photo), with their photos in the page, most typical first.
function currentClusters(of = shownOf) {
  const members = new Map();
  of.forEach((cluster, index) => {
    if (!members.has(cluster)) members.set(cluster, []);
    members.get(cluster).push(index);
  });
  return [...members].map(([id, indices]) => {
    const known = clusterById.get(id);
    const untouched = known && sizeOf.get(id) === known.size && indices.every((index) => photos.cluster[index] === id);
    const sure = indices.map(confidenceOf).filter((value) => value !== null);
    const confidence = sure.length && id !== -1 ? sure.reduce((sum, value) => sum + value, 0) / sure.length : null;
    byTypicality(indices);
    return { id, indices, size: sizeShown(id),
      confidence: untouched ? known.confidence ?? null : confidence, ...commonestModel(indices, untouched && known) };
  });
}

function commonestModel(indices, known) {
  if (!photos.model) return {};
  if (known) return { model: known.model, share: known.share };
  const [[model, most]] = tally(indices.map((index) => photos.model[index]));
  return { model: data.models[model].name, share: most / indices.length };
}

function moveSelected(target) {
  const action = target === "new" ? "split" : "move";
  const value = target === "new" ? `new-${newClusters += 1}` : target;
  const indices = [...selection].filter((index) => clusterOf[index] !== value);
  clearSelection();
  if (indices.length) correct({ action, indices, value });
  else changed();
}

const placedIn = (indices) => indices.filter((index) => clusterOf[index] !== -1);

// What a person says is right where it is: to step 04, photos moved to the clusters that they are in.
function confirmSelected() {
  const indices = placedIn([...selection]);
  clearSelection();
  correct({ action: "confirm", indices });
}

function explain({ action, indices, cluster, value }) {
  if (action === "confirm") return `${count(indices.length, "photo")} right where ${indices.length === 1 ? "it is" : "they are"}`;
  if (action === "name" && !value) return `Cluster ${cluster} has no name`;
  if (action === "name") return `Cluster ${cluster} is called “${value}”`;
  if (action === "merge") return `Cluster ${cluster} joins ${clusterName(value)}`;
  return `${count(indices.length, "photo")} to ${action === "split" ? "a new cluster" : clusterName(value)}`;
}

// ---- CSV

const cell = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
const csv = (lines) => lines.map((line) => `${line.map(cell).join(",")}\n`).join("");

// One for each photo: as many corrections as step 04 counts.
const correctionLines = () => corrections.flatMap(({ action, indices, cluster, value, from }) => (indices
  ? indices.map((index, position) => [action === "confirm" ? "move" : action, photos.file[index], from[position],
    value ?? from[position]])
  : [[action, "", cluster, value]]));

const correctionsCsv = () => csv([["action", "file", "cluster", "value", "clustering"], ...data.earlierCorrections,
  ...correctionLines().map((line) => [...line, data.clustering])]);

function selectionCsv() {
  const lines = [...selection].sort((a, b) => a - b)
    .map((index) => [photos.file[index], clusterOf[index], confidenceOf(index) ?? ""]);
  return csv([["file", "cluster", "confidence"], ...lines]);
}

function download(name, text) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
