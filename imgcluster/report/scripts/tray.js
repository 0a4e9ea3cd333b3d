// The tray at the foot of the page, or of the window of a cluster: what can be done with the photos chosen, and the
// corrections made.

// What to do with the file that was saved.
function whatNext() {
  const before = data.correctionsMade;
  return [`Saved${before ? `, with the ${count(before, "correction")} made before` : ""}. Now put corrections.csv into `,
    h("code", {}, `data/${data.name}/`), data.earlierCorrections.length ? ", in place of the one there (if no newer report made that)," : "", " and run ",
    h("code", {}, data.rerun)];
}

// The way to the new cluster that was just made, which has no name yet.
function newCluster() {
  const made = corrections.at(-1);
  if (made?.action !== "split" || !isAnswer()) return [];
  return [`${count(made.indices.length, "photo")} now in a new cluster: `, h("button", { type: "button", class: "quiet",
    onclick: () => openCluster(made.value) }, `open ${clusterName(made.value)} to name it`)];
}

// "22 clusters found, 21 now"; nothing where corrections leave the number as it was.
function recounted(now = "now") {
  if (clustersNow() === clustersFound) return "";
  return `${count(clustersFound, "cluster")} ${data.correctionsMade ? "before" : "found"}, ${clustersNow().toLocaleString("en")} ${now}`;
}

// Where the photos chosen are: those that a window does not show may be forgotten.
function chosenWords() {
  const elsewhere = dialog.open ? [...selection].filter((index) => shownOf[index] !== opened).length : 0;
  return `${count(selection.size, "photo")} chosen${elsewhere ? `, ${elsewhere.toLocaleString("en")} elsewhere` : ""}`;
}

function drawTray() {
  const tray = $("tray");
  const held = tray.contains(document.activeElement);
  tray.hidden = selection.size === 0 && corrections.length === 0 && !saved;
  document.body.classList.toggle("with-tray", !tray.hidden);
  $("tray-selection").hidden = selection.size === 0;
  $("chosen").textContent = chosenWords();
  const ways = { split: "", move: "", confirm: "They are where they belong: the next run does not ask about them again" };
  for (const [id, way] of Object.entries(ways)) {
    $(id).disabled = !isAnswer();
    $(id).title = isAnswer() ? way : "Photos are moved between the clusters of the answer";
  }
  const placed = placedIn([...selection]).length > 0;
  $("move").hidden = !placed && !hasTargets([...selection]);
  $("confirm").hidden = !placed;
  $("tray-corrections").hidden = corrections.length === 0 && !saved;
  $("undo").disabled = corrections.length === 0;
  $("corrections-count").textContent = count(correctionLines().length, "correction");
  $("recounted").textContent = recounted();
  $("corrections-list").replaceChildren(...corrections.map((correction, position) => h("li", {}, explain(correction),
    h("button", { type: "button", class: "quiet", "aria-label": `Undo: ${explain(correction)}`, onclick: () => undo(position) },
      "undo"))));
  if (corrections.length) $("undo").title = `Undo: ${explain(corrections.at(-1))}`;
  $("tray-status").replaceChildren(...(saved && exported ? whatNext() : newCluster()));
  if (held) keepFocus(tray);
}

// A button that has gone hands the focus to the first one there is, or to the photos.
function keepFocus(tray) {
  if (tray.contains(document.activeElement) && document.activeElement.checkVisibility()) return;
  const first = [...tray.querySelectorAll("button, summary")].find((each) => each.checkVisibility() && !each.disabled);
  (first ?? dialog.querySelector('.choosable[tabindex="0"]'))?.focus();
}

function startTray() {
  $("split").onclick = () => moveSelected("new");
  $("confirm").onclick = confirmSelected;
  $("move").onclick = () => pickCluster(`Move ${count(selection.size, "photo")} to …`, [...selection],
    movesOf([...selection]), moveSelected);
  $("save-selection").onclick = () => download("selection.csv", selectionCsv());
  $("clear").onclick = () => { clearSelection(); changed(); };
  $("undo").onclick = () => undo(corrections.length - 1);
  $("save-corrections").onclick = () => {
    download("corrections.csv", correctionsCsv());
    [exported, saved] = [true, true];
    drawTray();
  };
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key !== "z" || typing || picker.open || !corrections.length) return;
    event.preventDefault();
    undo(corrections.length - 1);
  });
  onchange(drawTray);
  addEventListener("beforeunload", (event) => { if (!exported) event.preventDefault(); });
}
