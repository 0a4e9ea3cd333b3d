// A window with one photo, as large as its thumbnail allows, and the photos beside it in the list by arrow keys.
const large = $("large");
let enlarged = null;  // {list: photos, place: of the one that is seen}

function enlarge(index, list) {
  enlarged = { list, place: list.indexOf(index) };
  drawLarge();
  if (!large.open) large.showModal();
}

function drawLarge() {
  const index = enlarged.list[enlarged.place];
  const shown = picture(index, photos.file[index]);
  shown.style.maxWidth = `${Math.max(240, 3 * side)}px`;
  $("large-picture").replaceChildren(shown);
  $("large-file").replaceChildren(h("span", { class: "file" }, breakable(photos.file[index])));
  $("large-facts").textContent = [clusterName(shownOf[index]),
    modelOf(index) === null ? null : `true label: ${modelOf(index)}`,
    confidenceOf(index) === null ? null : `confidence ${confidenceOf(index).toFixed(2)}`].filter(Boolean).join(" · ");
  $("large-choose").setAttribute("aria-pressed", String(selection.has(index)));
  $("large-choose").textContent = selection.has(index) ? "✓ Chosen" : "Choose";
  $("large-place").textContent = `${(enlarged.place + 1).toLocaleString("en")} of ${enlarged.list.length.toLocaleString("en")}`;
  // The page may hold no picture from outside; a browser may go to one, where the page lies beside the photos.
  $("large-original").hidden = !(data.photosAt && location.protocol === "file:");
  if (data.photosAt) $("large-original").href = data.photosAt + photos.file[index].split("/").map(encodeURIComponent).join("/");
}

function goOn(step) {
  const { list, place } = enlarged;
  enlarged.place = (place + step + list.length) % list.length;
  drawLarge();
}

function startLarge() {
  $("large-previous").onclick = () => goOn(-1);
  $("large-next").onclick = () => goOn(1);
  $("large-choose").onclick = () => {
    const index = enlarged.list[enlarged.place];
    select([index], !selection.has(index));
  };
  closable(large, $("large-close"));
  large.addEventListener("keydown", ({ key }) => { if (ARROWS[key]?.[0]) goOn(ARROWS[key][0]); });
  onchange(() => { if (large.open) drawLarge(); });
}
