// A window to pick a cluster in: its photos, name and size, those that look most like the photos in question first.
const picker = $("picker");
const PICKER_CLUSTERS = 60, PICKER_PHOTOS = 4;
let picking = null;  // {targets, shown: those that the typed words leave, active: place of one in these, pick: function}

// Clusters that photos can go to: not the one that all of them are in. Those of earlier datasets need have no photos.
function targetsOf(indices) {
  const takes = isTarget(indices);
  return [...currentClusters(clusterOf), ...absentClusters().map(emptyCluster)].filter(({ id }) => takes(id));
}

const emptyCluster = (id) => ({ id, indices: [], size: 0 });
const absentClusters = () => data.earlierClusters.map(({ id }) => id).filter((id) => !sizeOf.get(id)
  && !corrections.some(({ action, cluster }) => action === "merge" && cluster === id));

// Whether there are such clusters.
const hasTargets = (indices) => clusterOf.some(isTarget(indices)) || absentClusters().length > 0;

// Where photos can be moved to: such clusters and, where one is in a cluster, none.
function movesOf(indices) {
  const none = currentClusters(clusterOf).find(({ id }) => id === -1) ?? emptyCluster(-1);
  return [...targetsOf(indices), ...(placedIn(indices).length ? [none] : [])];
}

function isTarget(indices) {
  const within = new Set(indices.map((index) => clusterOf[index]));
  return (id) => id !== -1 && !(within.size === 1 && within.has(id));
}

// How near clusters, as the page was made, are to photos: what each photo is nearest to counts most, then what its
// cluster is.
function nearnessTo(indices) {
  const near = new Map();
  const add = (cluster, value) => near.set(cluster, (near.get(cluster) ?? 0) + value);
  for (const index of indices) {
    const own = photos.cluster[index];
    add(own, 5);  // of a part that was split off, the rest is nearest
    photos.near[index].forEach((cluster, rank) => add(cluster, 3 - rank));
    const listed = clusterById.get(own).near;
    listed.forEach((cluster, rank) => add(cluster, 1 - rank / listed.length));
  }
  return near;
}

// The nearest first. A cluster is as near as the photos in it were found to be, on average.
function nearestFirst(targets, indices) {
  const near = nearnessTo(indices);
  const nearness = new Map(targets.map((target) => [target.id,
    target.indices.reduce((sum, index) => sum + (near.get(photos.cluster[index]) ?? 0), 0) / (target.indices.length || 1)]));
  return targets.sort((a, b) => noneLast(a.id, b.id) || nearness.get(b.id) - nearness.get(a.id) || byNumber(a, b));
}

// Ask for one of `targets` for photos; pick(id) follows if one is picked.
function pickCluster(title, indices, targets, pick) {
  picking = { targets: nearestFirst(targets, indices), pick };
  $("picker-title").textContent = title;
  $("picker-photos").replaceChildren(...byTypicality(indices.slice()).slice(0, 6).map((index) => picture(index)));
  $("picker-filter").value = "";
  picker.showModal();
  narrow();
  // Where fingers point, the keyboard would cover the list.
  (matchMedia("(pointer: coarse)").matches ? $("picker-list") : $("picker-filter")).focus();
}

// A cluster is found by its name and number. "1" is no part of -1.
const inWords = (text) => folded(text).split(/\s+/).filter(Boolean);
const wordsOf = (id) => inWords(`${clusterName(id)} ${id === -1 ? "none" : ""} ${id}`);
const hasWord = (id, word) => (id === -1 ? wordsOf(id).some((each) => each.startsWith(word)) : wordsOf(id).join(" ").includes(word));

// Of the clusters those with all words typed, whole words first: Cluster 2, then Cluster 12. No cluster is always there.
function narrow() {
  const words = inWords($("picker-filter").value);
  const whole = ({ id }) => words.every((word) => wordsOf(id).includes(word));
  const named = picking.targets.filter(({ id }) => words.every((word) => hasWord(id, word)))
    .sort((a, b) => whole(b) - whole(a));
  picking.shown = named.filter(({ id }, place) => place < PICKER_CLUSTERS || id === -1);
  const others = named.length - picking.shown.length;
  $("picker-list").replaceChildren(...picking.shown.map(option));
  $("picker-note").textContent = !named.length ? "No other cluster is called that"
    : others ? `and ${count(others, "other cluster")}: type a number or a name` : "";
  $("picker-list").scrollTop = 0;
  activate(0);
}

// A cluster without photos here is known by earlier ones, and by its number.
function option({ id, indices, size }, place) {
  const name = names.has(id) ? `${clusterName(id)} (${id})` : clusterName(id);
  const howMany = size || id === -1 ? count(size, "photo") : `none in ${data.name}`;
  const shown = indices.length ? indices : earlierOf(id).map(([index]) => index);
  return h("div", { role: "option", id: `picker-${place}`, class: "option", "data-cluster": id,
    "aria-label": `${name}, ${howMany}`, onclick: () => picked(place) },
  h("span", { class: "option-photos" }, shown.slice(0, PICKER_PHOTOS).map((index) => picture(index))),
  h("span", { class: "option-name" }, swatch(id), h("span", {}, name)),
  h("span", { class: "label number" }, howMany));
}

// The option that Enter picks.
function activate(place) {
  picking.active = Math.max(0, Math.min(picking.shown.length - 1, place));
  [...$("picker-list").children].forEach((each, index) => each.setAttribute("aria-selected", String(index === picking.active)));
  const active = $(`picker-${picking.active}`);
  active?.scrollIntoView({ block: "nearest", behavior: "instant" });
  for (const id of ["picker-filter", "picker-list"]) {
    if (active) $(id).setAttribute("aria-activedescendant", active.id);
    else $(id).removeAttribute("aria-activedescendant");
  }
}

function picked(place) {
  const { shown, pick } = picking;
  if (!shown[place]) return;
  picker.close();
  pick(shown[place].id);
}

function startPicker() {
  closable(picker, $("picker-close"));
  $("picker-filter").addEventListener("input", narrow);
  picker.addEventListener("keydown", (event) => {
    if (event.target === $("picker-close") || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
    if (step) activate(picking.active + step);
    else if (event.key === "Enter") picked(picking.active);
    else return;
    event.preventDefault();
  });
}
