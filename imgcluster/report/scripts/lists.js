// What the page says first, and lists of photos: search, review, confused products, before and after.

// What the page says first follows the corrections made in it.
function startAnswer() {
  startOpening();
  onchange(() => {
    const there = [...sizeOf].filter(([id, size]) => id !== -1 && size > 0);
    const sizes = there.map(([, size]) => size).sort((a, b) => a - b);
    const middle = (sizes[Math.floor((sizes.length - 1) / 2)] + sizes[Math.ceil((sizes.length - 1) / 2)]) / 2;
    const ofKnown = $("products-new") ? there.filter(([id]) => isKnown(id)).length : sizes.length;
    const facts = { products: ofKnown, "all-products": sizes.length, "median-size": middle, "largest-size": sizes.at(-1) };
    for (const [id, number] of Object.entries(facts)) if ($(id) && sizes.length) $(id).textContent = number.toLocaleString("en");
    $("products-noun").textContent = `${$("products-new") ? "known " : ""}${ofKnown === 1 ? "product" : "products"}`;
    if ($("products-new")) $("products-new").textContent = newInWords(sizes.length - ofKnown, newGroups().length);
    $("products-recounted").textContent = recounted("after your corrections");
    $("products-recounted").hidden = !recounted();
    $("as-found").hidden = clusterOf.every((id, index) => id === photos.cluster[index]);
  });
}

// Of how many new products: clusters made for these photos, and groups of photos in no cluster.
const newInWords = (clusters, groupsInNone) => (clusters + groupsInNone === 0 ? ""
  : `, and ${groupsInNone ? "about " : ""}${(clusters + groupsInNone).toLocaleString("en")} new`);

// A few clusters, each with photos of the groups in it: what "same product" means here. Photos in no cluster stand apart,
// a few of the groups that they form.
const OPENING_ROWS = 7, OPENING_CLUSTERS = 6, OPENING_GROUPS = 4, OPENING_PHOTOS = 5;
function startOpening() {
  const strip = ({ id, indices, size, group = "" }, most) => h("button", { type: "button", class: "strip",
    "aria-label": `${clusterName(id)}${group}, ${count(size, "photo")}: open`,
    onclick: () => openCluster(shownOf[indices[0]], group ? indices[0] : null) },
  range(most).map((place) => (place < indices.length ? picture(indices[place]) : h("span", { class: "picture empty" }))),
  h("span", { class: "strip-size" }, size.toLocaleString("en")));
  const draw = () => {
    const clusters = currentClusters(clusterOf).sort(orders.size[1]);
    const most = Math.min(OPENING_PHOTOS, Math.max(...clusters.map(({ indices }) => indices.length)));
    const none = clusters.filter(({ id }) => id === -1);
    const alike = none.flatMap(groupsIn);
    const rows = alike.length ? alike.slice(0, OPENING_GROUPS) : none;
    $("opening").replaceChildren(...clusters.filter(({ id }) => id !== -1)
      .slice(0, Math.min(OPENING_CLUSTERS, OPENING_ROWS - rows.length))
      .map((cluster) => strip({ ...cluster, indices: facesFirst(cluster.indices) }, most)));
    $("unplaced").replaceChildren(...rows.map((group) => strip(group, most)));
    $("unplaced-groups").textContent = alike.length > OPENING_GROUPS ? `, the largest ${OPENING_GROUPS} of ${alike.length} groups`
      : alike.length ? `, by groups that look alike` : "";
    $("unplaced-size").textContent = count(sizeOf.get(-1) ?? 0, "photo");
    $("unplaced-box").hidden = !sizeOf.get(-1);
  };
  const groupsIn = ({ id, indices }) => newGroups().map(([number, size], place) => ({ id, size, group: `, group ${place + 1}`,
    indices: indices.filter((index) => photos.newGroup[index] === number) })).filter((group) => group.indices.length);
  onNewClusters(draw, () => clusterOf);
  draw();
}

function startSearch() {
  const [box, results] = [$("search"), $("results")];
  const texts = photos.file.map((file, index) => folded(`${file} ${modelOf(index) ?? ""}`));
  const find = () => {
    const words = folded(box.value).split(/\s+/).filter(Boolean);
    results.hidden = words.length === 0;
    if (!words.length) return;
    const found = range(numPhotos).filter((index) => words.every((word) => texts[index].includes(word)));
    showResults(found, found.length ? `${count(found.length, "photo")} found` : "No photo has this in its name");
  };
  box.addEventListener("input", find);
  const close = () => { results.hidden = true; };
  box.addEventListener("focus", find);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !results.hidden && !dialog.open) { close(); box.focus(); close(); }
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      box.focus();
    }
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".search, dialog, #tray")) close(); });
}

function showResults(found, title) {
  $("results").hidden = false;
  $("results-title").textContent = title;
  found.sort((a, b) => (photos.file[a] < photos.file[b] ? -1 : 1));
  const caption = captionsOf(found);
  growingList($("results-photos"), found, atATime(48), (index) => photoButton(index, { caption: caption(index) }), "photo");
}

// The photos of a true label, by its number, and of no other one that its name is a part of.
function findModel(model) {
  const found = range(numPhotos).filter((index) => photos.model[index] === model);
  $("search").value = "";
  showResults(found, `${count(found.length, "photo")} of ${data.models[model].name}`);
  $("results-photos").querySelector("button").focus();
}

const inCluster = (photo) => `in ${shownOf[photo] === -1 ? "no cluster" : clusterName(shownOf[photo])}`;

function startReview() {
  if (!$("review-photos")) return;
  const caption = captionsOf(data.review.map(({ photo }) => photo));
  growingList($("review-photos"), data.review, atATime(36), ({ photo, notes }) => h("div", { class: "review-item" },
    choosablePhoto(photo, caption(photo)),
    h("button", { type: "button", class: "quiet in", "data-photo-in": photo, onclick: () => openCluster(shownOf[photo], photo) },
      inCluster(photo)),
    notes.map(([name, value]) => h("span", { class: "note" }, name === "reason" ? value : `${name.replaceAll("_", " ")}: ${value}`))),
  "photo");
  onchange(() => document.querySelectorAll("[data-photo-in]").forEach((button) => {
    button.textContent = inCluster(Number(button.dataset.photoIn));
  }));
}

// Cards of clusters to decide on, one after the other: a decision hands the focus on to the card that takes its place.
const CARDS_SHOWN = 8;
const decideIn = (list, place, act) => () => {
  act();
  const cards = list.querySelectorAll(".pair");
  cards[Math.min(place, cards.length - 1)]?.querySelector("footer button").focus({ preventScroll: true });
};

// Pairs of clusters that may be one product, as corrections have left them.
function startAlike() {
  const list = $("alike-pairs");
  if (!list) return;
  const apart = new Set();  // pairs of which a person said so
  const joined = (id) => corrections.reduce((at, { action, cluster, value }) => (action === "merge" && cluster === at ? value : at), id);
  // Clusters of another dataset stay, and of others the larger one.
  const staysFirst = (a, b) => (b.id <= highestPlacedIn) - (a.id <= highestPlacedIn) || b.size - a.size || byNumber(a, b);

  const pairsNow = () => {
    const there = new Map(currentClusters(clusterOf).map((cluster) => [cluster.id, cluster]));
    const found = new Map();
    for (const pair of data.alike) {
      const both = [...new Set(pair.map(joined))].map((id) => there.get(id)).filter(Boolean).sort(staysFirst);
      const key = both.map(({ id }) => id).join(" ");
      if (both.length === 2 && !apart.has(key) && !found.has(key)) found.set(key, both);
    }
    return [...found].slice(0, CARDS_SHOWN);
  };
  const side = ({ id, indices, size }) => h("div", { class: "pair-side" },
    h("p", {}, h("button", { type: "button", class: "quiet", onclick: () => openCluster(shownOf[indices[0]]) }, swatch(id), clusterName(id)),
      h("span", { class: "number" }, count(size, "photo"))),
    h("div", { class: "row" }, indices.slice(0, 6).map((index) => photoButton(index))));
  const draw = () => {
    const pairs = pairsNow();
    list.replaceChildren(...pairs.map(([key, [stays, joins]], place) => {
      const decide = (act) => decideIn(list, place, act);
      return h("article", { class: "pair" }, side(stays), side(joins), h("footer", {},
        h("button", { type: "button", class: "merge", disabled: !isAnswer(), "aria-label": `Merge ${clusterName(joins.id)} into ${clusterName(stays.id)}`,
          onclick: decide(() => correct({ action: "merge", cluster: joins.id, value: stays.id })) }, "One product: merge"),
        h("button", { type: "button", class: "apart", "aria-label": `${clusterName(joins.id)} and ${clusterName(stays.id)} are two products`,
          onclick: decide(() => { apart.add(key); draw(); }) }, "Two products")));
    }));
    if (!pairs.length) list.append(h("p", { class: "note" }, "No pair is left."));
  };
  onNewClusters(draw);
  onTheme(draw);
  draw();
}

// Clusters that may be several products, by their parts at the next finer level; not those that were merged or split.
const PARTS_IN_CARD = 4;
function startSeveral() {
  const list = $("several-clusters");
  if (!list) return;
  const whole = new Set();  // clusters of which a person said that they are one product
  const offered = () => {
    const changed = new Set(corrections.flatMap(({ action, cluster, value, from }) => (
      action === "merge" ? [cluster, value] : action === "split" ? from : [])));
    const there = new Map(currentClusters(clusterOf).map((cluster) => [cluster.id, cluster]));
    return data.inParts.filter((id) => there.has(id) && !whole.has(id) && !changed.has(id)).map((id) => ({ ...there.get(id),
      parts: finerParts(there.get(id).indices, levels.slice(answerLevel + 1))[0] })).filter(({ parts }) => parts).slice(0, CARDS_SHOWN);
  };
  // The largest part keeps the number.
  const split = (parts) => parts.slice(1).forEach((part) => correct({ action: "split", indices: part, value: `new-${newClusters += 1}` }));
  const row = (part) => h("div", { class: "part-row" }, h("div", { class: "row" }, part.slice(0, 6).map((index) => photoButton(index))),
    h("span", { class: "number" }, part.length.toLocaleString("en")));
  const draw = () => {
    const clusters = offered();
    list.replaceChildren(...clusters.map(({ id, indices, size, parts }, place) => h("article", { class: "pair" },
      h("div", { class: "pair-side" },
        h("p", {}, h("button", { type: "button", class: "quiet", onclick: () => openCluster(shownOf[indices[0]]) }, swatch(id), clusterName(id)),
          h("span", { class: "number" }, count(size, "photo"))),
        parts.slice(0, PARTS_IN_CARD).map(row)),
      parts.length > PARTS_IN_CARD ? h("p", { class: "note" }, `and ${count(parts.length - PARTS_IN_CARD, "smaller part")}`) : null,
      h("footer", {},
        h("button", { type: "button", class: "split-up", disabled: !isAnswer(), "aria-label": `Split ${clusterName(id)} into ${count(parts.length, "cluster")}`,
          onclick: decideIn(list, place, () => split(parts)) }, `${parts.length} products: split`),
        h("button", { type: "button", class: "whole", "aria-label": `${clusterName(id)} is one product`,
          onclick: decideIn(list, place, () => { whole.add(id); draw(); }) }, "One product")))));
    if (!clusters.length) list.append(h("p", { class: "note" }, "No cluster is left."));
  };
  onNewClusters(draw);
  onTheme(draw);
  draw();
}

function startPairs() {
  const list = $("pairs");
  if (!list) return;
  // Where most photos of a cluster, as the page was made, are shown now.
  const nowIn = (id) => tally(shownOf.filter((_, index) => photos.cluster[index] === id))[0]?.[0];
  const there = (clusters, idOf) => clusters.filter((each) => nowIn(idOf(each)) !== undefined);
  const group = (model, indices, number) => h("div", { class: "pair-side" },
    h("p", {}, h("strong", {}, model), h("span", { class: "number" }, count(number, "photo"))),
    h("div", { class: "row" }, indices.map((index) => photoButton(index))));
  const draw = () => {
    list.replaceChildren(...data.pairs.map(({ models, clusters, rows, counts, wrong_pairs: wrong }) => h("article", { class: "pair" },
      group(models[0], rows[0], counts[0]), group(models[1], rows[1], counts[1]),
      h("footer", {}, `${count(wrong, "wrong pair")} in`, there(clusters, (id) => id).slice(0, 4).map((id) =>
        h("button", { type: "button", class: "quiet", onclick: () => openCluster(nowIn(id)) }, clusterName(nowIn(id)))),
      clusters.length > 4 ? `and ${clusters.length - 4} more` : null))));
    $("splits")?.replaceChildren(...data.splits.map(({ model, photos: number, clusters }) => h("div", { class: "split" },
      h("p", {}, h("strong", {}, model), h("span", { class: "number" }, count(number, "photo"))),
      h("div", { class: "chips" }, there(clusters, ([id]) => id).slice(0, 6).map(([id, inside]) => clusterChip(nowIn(id), inside)),
        clusters.length > 6 ? h("span", { class: "note" }, `and ${clusters.length - 6} more`) : null))));
  };
  onNewClusters(draw);
  onTheme(draw);
  draw();
}

function startBeforeAfter() {
  $("before-after")?.replaceChildren(...data.beforeAfter.map(([after, before]) => h("figure", {},
    h("div", { class: "two" }, h("span", { class: "label" }, "before"), h("span", { class: "label" }, "after"),
      picture(before, `${photos.file[after]} as it came`),
      picture(after, `${photos.file[after]} as the network saw it`)),
    h("figcaption", { class: "file" }, breakable(photos.file[after])))));
}

// Thumbnails of the files in the tables of copies and of warnings.
function startFiles() {
  const known = new Map(photos.file.map((file, index) => [file, index]));
  document.querySelectorAll("#files td[data-file]").forEach((box) => {
    const index = known.get(box.textContent.trim());
    if (index !== undefined) box.prepend(photoButton(index));
  });
}
