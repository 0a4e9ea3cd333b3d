// The window of one cluster: all its photos, to choose among them, and what can be done with it.
const dialog = $("cluster");
const PARTS_SHOWN = 24;
let opened = null;  // the cluster in the window
let walk = [];  // clusters in the order in which the window goes through them
let photoOrder = "typical";
let drawnParts = null;  // as JSON, those whose buttons there are
let partsLevel = 0;  // of the finer partitions of that cluster, the one that is offered

const membersOf = (id) => range(numPhotos).filter((index) => shownOf[index] === id);

function startDialog() {
  dialog.addEventListener("close", () => {
    if (dialog.open) return;
    document.body.append($("tray"));
    drawTray();
    // The card that the window was opened from was drawn anew with the first correction.
    if (document.activeElement === document.body || dialog.contains(document.activeElement)) {
      document.querySelector(`#cards .title[data-cluster="${opened}"]`)?.focus({ preventScroll: true });
    }
  });
  closable(dialog, $("cluster-close"));
  $("cluster-previous").onclick = () => openCluster(beside(-1));
  $("cluster-next").onclick = () => openCluster(beside(1));
  $("cluster-name").addEventListener("change", (event) => nameCluster(event.target.value.trim()));
  $("cluster-merge").onclick = () => pickCluster(`Merge ${clusterName(opened)} into …`, membersOf(opened),
    targetsOf(membersOf(opened)), mergeOpened);
  $("choose-all").onclick = () => select(membersOf(opened));
  $("choose-none").onclick = () => select(membersOf(opened), false);
  $("choose-rest").onclick = () => {
    const [chosen, rest] = [true, false].map((is) => membersOf(opened).filter((index) => selection.has(index) === is));
    select(chosen, false);
    select(rest);
  };
  onchange(() => { if (dialog.open) drawHead(); });
  onchange(() => { if (dialog.open && membersOf(opened).length !== Number(dialog.dataset.size)) drawPhotos(); });
}

// The cluster before or after the one in the window, in the order that the cards had when it opened: corrections make
// clusters larger or smaller. A new one comes after the one in the window.
function beside(step) {
  const ids = clustersInOrder().map(({ id }) => id);
  walk.splice(walk.indexOf(opened) + 1, 0, ...ids.filter((id) => !walk.includes(id)));
  const there = walk.filter((id) => ids.includes(id));
  return there[(there.indexOf(opened) + step + there.length) % there.length];
}

function mergeOpened(target) {
  const source = opened;
  opened = target;
  correct({ action: "merge", cluster: source, value: target });
  openCluster(target);
}

function nameCluster(text) {
  const earlier = corrections.findIndex(({ action, cluster }) => action === "name" && cluster === opened);
  if (earlier >= 0) undo(earlier);
  // A name may have come with a cluster that joined this one.
  if (text !== (names.get(opened) ?? "")) correct({ action: "name", cluster: opened, value: text });
  else changed();
}

// Show a cluster; `photo` is put first and marked.
function openCluster(id, photo = null) {
  hideTip();
  opened = id;
  partsLevel = 0;
  dialog.dataset.cluster = id;
  drawHead();
  drawPhotos(photo);
  if (!dialog.open) {
    walk = clustersInOrder().map((cluster) => cluster.id);
    dialog.showModal();
    dialog.querySelector(".choosable").focus({ preventScroll: true });  // arrow keys go on from there
  }
  $("dialog-tray").append($("tray"));  // the page behind the window takes no clicks
  drawTray();
  dialog.scrollTop = 0;
  $("cluster-scroll").scrollTop = 0;
}

function drawHead() {
  const cluster = currentClusters().find((one) => one.id === opened);
  if (!cluster) { dialog.close(); return; }
  $("cluster-title").replaceChildren(swatch(opened), clusterName(opened));
  const facts = [count(cluster.size, "photo")];
  if (cluster.size > cluster.indices.length) facts.push(`${cluster.indices.length.toLocaleString("en")} of them in this page`);
  if (cluster.confidence !== null) facts.push(`mean confidence ${cluster.confidence.toFixed(2)}`);
  if (cluster.model !== undefined) facts.push(`${percent(cluster.share)} labelled ${cluster.model}`);
  $("cluster-facts").textContent = facts.join(" · ");
  if (data.earlier) drawEarlier(earlierPhotos(opened));
  $("cluster-name").value = names.get(opened) ?? "";
  const fixed = !isAnswer() || opened === -1;
  $("cluster-name").hidden = fixed;
  $("cluster-merge").hidden = fixed || !hasTargets(cluster.indices);
  drawParts(cluster.indices);
}

function drawEarlier(earlier) {
  $("cluster-earlier").hidden = earlier.length === 0;
  $("cluster-earlier-photos").replaceChildren(...earlier);
}

// ---- its parts at finer levels: the split that the method itself would make

// Photos in no cluster have groups among themselves instead.
function finerLevels() {
  if (opened === -1) return photos.newGroup ? [{ cluster: photos.newGroup }] : [];
  return isAnswer() ? levels.slice(answerLevel + 1) : [];
}

// The partitions of photos at the finer levels that divide them, coarse to fine: lists of parts, the largest first.
function finerParts(indices, finer = finerLevels()) {
  const found = [];
  for (const { cluster } of finer) {
    const parts = tally(indices.map((index) => cluster[index]))
      .filter(([part]) => part >= 0).map(([part]) => indices.filter((index) => cluster[index] === part));
    // Levels are nested: as many parts are the same ones.
    if (parts.length > (found.at(-1)?.length ?? 1)) found.push(parts);
  }
  return found;
}

function drawParts(indices) {
  const partitions = finerParts(indices);
  const parts = partitions[Math.min(partsLevel, partitions.length - 1)];
  $("cluster-parts").hidden = !parts;
  if (!parts) return;
  const each = parts.length > 4 ? 1 : 3;
  const button = (part, place) => h("button", { type: "button", class: "part", "aria-pressed": String(part.every((index) => selection.has(index))),
    "aria-label": `Choose part ${place + 1} of ${parts.length}: ${count(part.length, "photo")}`,
    onclick: (event) => select(part, event.currentTarget.getAttribute("aria-pressed") !== "true") },
  part.slice(0, each).map((index) => picture(index)), h("span", { class: "number" }, part.length.toLocaleString("en")));
  const step = (by, text) => (partitions[partsLevel + by] ? h("button", { type: "button", class: "quiet",
    onclick: () => { partsLevel += by; drawParts(indices); } }, text) : null);
  // Buttons of the same parts stay: a click that leaves the field of the name must find the one it began on.
  const key = JSON.stringify(parts);
  if (drawnParts === key) {
    parts.slice(0, PARTS_SHOWN).forEach((part, place) => $("cluster-parts-buttons").children[place].setAttribute("aria-pressed",
      String(part.every((index) => selection.has(index)))));
    return;
  }
  drawnParts = key;
  const place = [...$("cluster-parts-buttons").children].indexOf(document.activeElement);
  const others = parts.length - PARTS_SHOWN;
  const buttons = [...parts.slice(0, PARTS_SHOWN).map(button), step(-1, "coarser"), step(1, "finer")].filter(Boolean);
  $("cluster-parts-buttons").replaceChildren(...buttons,
    ...(others > 0 ? [h("span", { class: "note" }, `and ${others.toLocaleString("en")} smaller ones`)] : []));
  if (place >= 0) buttons[Math.min(place, buttons.length - 1)].focus();
}

// ---- its photos

// Those that look alike side by side: by their parts at all finer levels, the largest first.
function alikeTogether(indices) {
  const finer = finerLevels();
  const apart = (a, b) => finer.map(({ cluster }) => cluster[a] - cluster[b]).find((difference) => difference) ?? 0;
  return byTypicality(indices).sort(apart);
}

const photoOrders = {
  typical: ["Typical first", byTypicality],
  doubtful: ["Doubtful first", (indices) => byConfidence(indices).reverse()],
  alike: ["Alike together", alikeTogether],
};

function drawPhotos(marked = null) {
  const members = membersOf(opened);
  const offered = ["typical", ...(opened !== -1 ? ["doubtful"] : []), ...(finerParts(members).length ? ["alike"] : [])];
  const order = offered.includes(photoOrder) ? photoOrder : "typical";
  choice($("cluster-photos-order"), offered.map((name) => [name, photoOrders[name][0]]), order,
    (value) => { photoOrder = value; listPhotos(photoOrders[value][1](membersOf(opened))); });
  $("cluster-photos-order").hidden = offered.length < 2;
  dialog.dataset.size = members.length;
  listPhotos(photoOrders[order][1](members), marked);
}

function listPhotos(indices, marked = null) {
  if (marked !== null) indices = [marked, ...indices.filter((index) => index !== marked)];
  const caption = captionsOf(indices);
  growingList($("cluster-photos"), indices, 120, (index) => {
    const box = choosablePhoto(index, caption(index));
    if (index === marked) box.firstChild.classList.add("marked");
    return box;
  }, "photo");
}
