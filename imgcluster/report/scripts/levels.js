// Coarse to fine: the page can show the clusters of another level than the answer. Corrections are made to the answer.
const { levels } = data;
const answerLevel = levels.findIndex((level) => level.cluster === null);
let levelNow = answerLevel;
const groups = new Map();  // id -> cluster of the level looked at; empty while that is the answer
const isAnswer = () => levelNow === answerLevel;

function showLevel(number) {
  levelNow = number;
  groups.clear();
  if (!isAnswer()) readGroups(levels[number]);
  shownOf = isAnswer() ? clusterOf : levels[number].cluster.map((place) => `level-${place}`);
  if (dialog.open) dialog.close();
  changed();
}

// How often each value occurs, the commonest first.
function tally(values) {
  const counts = new Map();
  values.forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1));
  return [...counts].sort((a, b) => b[1] - a[1]);
}

// The clusters looked at as [[id, photos], ...].
const sizesNow = () => [...new Set(shownOf)].map((id) => [id, sizeShown(id)]);

// Each cluster of a level has the colour of the largest part of it, where no larger one has that already.
function readGroups({ cluster, sizes }) {
  const members = sizes.map(() => []);
  cluster.forEach((place, index) => members[place].push(index));
  const whole = new Map(tally(photos.cluster));
  const taken = new Set();
  let spare = highestCluster + 1;
  for (const place of range(sizes.length).sort((a, b) => sizes[b] - sizes[a])) {
    const parts = tally(members[place].map((index) => photos.cluster[index]));
    const own = parts.length ? parts[0][0] : -1;
    const number = own === -1 || taken.has(own) ? spare++ : own;
    taken.add(number);
    const same = parts.length === 1 && parts[0][1] === whole.get(parts[0][0]);
    groups.set(`level-${place}`, { number, same, parts, size: sizes[place], ...groupNames(parts, same) });
  }
  numberParts();
}

// Several parts of one cluster are told apart by numbers, from the largest: "Part 1 of Cluster 3", on the map "3.1".
function numberParts() {
  const partsOf = new Map();
  groups.forEach((group) => {
    if (group.parts.length !== 1 || group.same) return;
    const [[id]] = group.parts;
    partsOf.set(id, [...(partsOf.get(id) ?? []), group]);
  });
  partsOf.forEach((parts, id) => {
    if (parts.length > 1) parts.forEach((group, index) => Object.assign(group,
      { name: `Part ${index + 1} of ${clusterName(id)}`, short: `${group.short}.${index + 1}` }));
  });
}

// "Cluster 3", "Part of Cluster 3", "3 + 7 + 2 more".
function groupNames(parts, same) {
  const short = (id) => names.get(id) ?? String(id);
  const first = parts.slice(0, 2).map(([id]) => short(id));
  if (parts.length > 2) first.push(`${parts.length - 2} more`);
  if (!parts.length) return { name: "Photos not in this page", short: "" };
  const name = parts.length > 1 ? first.join(" + ") : same ? clusterName(parts[0][0]) : `Part of ${clusterName(parts[0][0])}`;
  return { name, short: first.join(" + ") };
}

// A slider of the levels in every element that asks for one.
function startLevelSliders() {
  document.querySelectorAll("[data-levels]").forEach((parent) => {
    if (levels.length < 2) return;
    const input = h("input", { type: "range", id: parent.dataset.levels || null, min: 0, max: levels.length - 1, step: 1,
      "aria-label": "Number of clusters, from coarse to fine", oninput: () => showLevel(Number(input.value)) });
    const number = h("strong", { class: "level-count" });
    const back = h("button", { type: "button", class: "quiet", onclick: () => showLevel(answerLevel) }, "Back to the answer");
    parent.classList.add("level-slider");
    const how = h("p", { class: "level-how" });
    parent.append(h("span", {}, "coarse"), input, h("span", {}, "fine"), number, back, how);
    const update = () => {
      input.value = levelNow;
      number.textContent = count(levels[levelNow].count, "cluster");
      input.setAttribute("aria-valuetext", `${number.textContent}${isAnswer() ? ", the answer" : ""}`);
      back.hidden = isAnswer();
      how.replaceChildren(...(isAnswer() ? [] : howToTake(levels[levelNow].count)));
    };
    onchange(update);
    update();
  });
}

// How a level becomes the answer. Photos in clusters of other datasets have but that one.
function howToTake(number) {
  if (highestPlacedIn >= 0) return [];
  return ["To take about this level: ", h("code", {}, `NUM_CLUSTERS = ${number}`), " in config.py, then ",
    h("code", {}, "python run_all.py --from 04"),
    data.correctionsMade ? ". Clusters that you corrected stay as you left them; to have all found anew, remove corrections.csv" : ""];
}

// What the level looked at does to the clusters of the answer: only those that change.
function startLevels() {
  if (!$("level-clusters")) return;
  const draw = () => {
    const changedGroups = [...groups].filter(([, group]) => !group.same && group.parts.length);
    const { count: number } = levels[levelNow];
    $("level-note").textContent = isAnswer()
      ? "This is the answer of the run."
      : `${number > levels[answerLevel].count ? "Clusters that fall apart" : "Clusters that join"}${
        staying(groups.size - changedGroups.length)}. Corrections are made to the answer.`;
    growingList($("level-clusters"), changedGroups.sort((a, b) => b[1].size - a[1].size), 30, levelCard, "cluster");
  };
  onchange(draw);
  onTheme(draw);
  draw();
}

const staying = (number) => (number === 0 ? "" : number === 1 ? "; one other stays as it is"
  : `; the other ${number.toLocaleString("en")} stay as they are`);

// Photos of each part by turns, so that what it joins is seen.
function levelCard([id, group]) {
  const indices = byTypicality(membersOf(id));
  const parts = group.parts.map(([part]) => indices.filter((index) => photos.cluster[index] === part));
  const shown = [];
  for (let turn = 0; shown.length < Math.min(4, indices.length); turn += 1)
    parts.forEach((part) => { if (turn < part.length && shown.length < 4) shown.push(part[turn]); });
  return h("div", { class: "level-card" }, h("div", { class: "four" }, shown.map((index) => photoButton(index))),
    h("p", {}, h("button", { type: "button", class: "quiet", onclick: () => openCluster(id) }, swatch(id), group.name),
      h("span", { class: "label" }, count(group.size, "photo"))));
}
