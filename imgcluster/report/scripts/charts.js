// Training curves as SVG: on photos trained on, on photos held back, and on models held out.
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const curves = {
  holdout_map_r: ["MAP@R, unseen models", "of a photo's nearest ones, the share that shows the same model"],
  holdout_recall_1: ["Recall@1, unseen models", "photos whose nearest other one shows the same model"],
  holdout_ari: ["ARI, unseen models", "agreement of clusters with the labels, their number given"],
  loss: ["Loss", "what training makes smaller"],
  top_1: ["Top-1 accuracy", "photos whose model is the most probable one"],
  top_5: ["Top-5 accuracy", "photos whose model is among the five most probable"],
  learning_rate: ["Learning rate", "how large the steps of training are"] };

function startTraining() {
  const parent = $("training-charts");
  if (!parent) return;
  const { series } = data.training;
  const measures = new Set(Object.keys(series).map((name) => name.replace(/^val_/, "")));
  parent.replaceChildren(...Object.keys(curves).filter((name) => measures.has(name)).map((name) =>
    chart(...curves[name], name.startsWith("holdout_") ? { unseen: series[name] }
      : name === "learning_rate" ? { rate: series[name] } : { trained: series[name], validated: series[`val_${name}`] })));
}

// lists: {kind: values by epoch, null where there is none}.
function chart(title, meaning, lists) {
  const { epoch, phase, kept } = data.training;
  const drawn = Object.entries(lists).filter(([, list]) => list);
  const [width, height, left, bottom, top, right] = [320, 200, 44, 24, 10, 10];
  const values = drawn.flatMap(([, list]) => list).filter((value) => value !== null);
  const { length } = epoch;
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low + 1e-9);
  const place = (index, value) => [left + ((width - left - right) * index) / Math.max(1, length - 1),
    height - bottom - ((height - bottom - top) * (value - low)) / (high - low)];
  const line = (list, kind) => svg("g", { class: kind },
    svg("polyline", { points: list.map((value, index) => (value === null ? null : place(index, value).join(","))).filter(Boolean).join(" ") }),
    ...(length < 25 ? list.map((value, index) => [value, ...place(index, value)]).filter(([value]) => value !== null)
      .map(([, x, y]) => svg("circle", { cx: x, cy: y, r: 2.5 })) : []));
  const text = (x, y, anchor, content) => svg("text", { x, y, "text-anchor": anchor }, content);
  const number = (value) => (value === 0 ? "0" : high < 0.01 ? value.toExponential(0) : value.toPrecision(2));
  const upright = (kind, index) => svg("line", { class: kind, x1: place(index, low)[0], x2: place(index, low)[0], y1: top, y2: height - bottom });
  const ticks = [low, (low + high) / 2, high].map((value) => [place(0, value)[1], value]);
  const change = phase.findIndex((name, index) => index > 0 && name !== phase[index - 1]);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label":
    `${title} over ${count(length, "epoch")}, last ${drawn.at(-1)[1].findLast((value) => value !== null)}` },
  ...ticks.map(([y]) => svg("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y })),
  ...ticks.map(([y, value]) => text(left - 6, y + 4, "end", number(value))),
  text(left, height - 6, "start", String(epoch[0])), length > 1 ? text(width - right, height - 6, "end", String(epoch.at(-1))) : "",
  text((left + width) / 2, height - 6, "middle", "epoch"));
  if (change > 0) picture.append(upright("phase", change - 0.5));
  picture.append(upright("kept", kept));
  picture.append(...drawn.map(([kind, list]) => line(list, kind)));
  return h("figure", {}, h("figcaption", {}, title, h("small", {}, meaning)), picture);
}
