// The graph: a row for each host, a column for each subtask, bars where all hosts wait for each
// other. A row is drawn as a line with its steps as stops on it.

/** So many hosts of a cluster are drawn at first; the others on request. */
const LANES_AT_ONCE = 16;

/** So many steps of a host stand beside each other at first. */
const STOPS_AT_ONCE = 9;

/** The width of a step, and what a column has besides, in pixels. */
const STOP = 24;
const COLUMN = 6;
const LETTER = 6.2;
const BAR = 18;
const GATE = 32;

/** What was drawn of each step: its button, by the step's position. */
const stops = new Map();

/** Lays a cluster out: its lanes, and its columns from left to right. */
function layOut(cluster) {
  const lanes = lanesOf(cluster);
  const columns = [];
  let open = new Map();
  for (const step of cluster.steps) {
    const { look } = step.kind;
    if (look === "gate" || look === "barrier") {
      columns.push({ bar: step });
      open = new Map();
      continue;
    }
    const key = look === "guard" ? "guards" : subtaskName(step);
    if (!open.has(key)) {
      const column = { name: key, isGuards: look === "guard", cells: new Map() };
      open.set(key, column);
      columns.push(column);
    }
    const { cells } = open.get(key);
    cells.set(step.place, [...(cells.get(step.place) ?? []), step]);
  }
  return { lanes, columns };
}

/** Gives the places of a cluster: the control machine, members in their order, other hosts. */
function lanesOf(cluster) {
  const places = new Set(cluster.own.map((step) => step.place));
  const members = new Map(cluster.members.map(({ host, name }) => [host, name]));
  const ofMembers = [...members.keys()].filter((host) => places.has(host));
  const others = [...places].filter((place) => place !== HERE && !members.has(place));
  const here = places.has(HERE) ? [HERE] : [];
  return [...here, ...ofMembers, ...others].map((place) => ({ place, member: members.get(place) ?? "" }));
}

/** Draws the graph of a cluster. */
function drawGraph(cluster) {
  const { lanes, columns } = layOut(cluster);
  const troubled = new Set(cluster.own.filter(isTrouble).map((step) => step.place));
  const isFirst = ({ place }) => place === HERE || troubled.has(place);
  const sorted = lanes.length > LANES_AT_ONCE ? [...lanes.filter(isFirst), ...lanes.filter((l) => !isFirst(l))] : lanes;
  const root = el("div.graph");
  let most = STOPS_AT_ONCE;
  const draw = (number) => {
    const shown = sorted.slice(0, number);
    const widen = () => {
      most = Infinity;
      draw(number);
    };
    root.replaceChildren(drawGrid(cluster, shown, columns, most, widen), ...drawRest(sorted, number, draw));
  };
  graphs.set(cluster.at, { reveal: (place) => draw(sorted.findIndex((lane) => lane.place === place) + 1), sorted });
  draw(Math.min(sorted.length, LANES_AT_ONCE));
  return root;
}

/** The graphs that were drawn, by the position of their cluster. */
const graphs = new Map();

function drawRest(lanes, number, draw) {
  const left = lanes.length - number;
  if (left <= 0) {
    return [];
  }
  const next = Math.min(left, 50);
  const more = el("button.link", { type: "button", onclick: () => draw(number + next) }, `Show ${next} more`);
  return [el("p.rest.small", {}, el("span.quiet", {}, `${count(left, "host")} more. `), more)];
}

function drawGrid(cluster, lanes, columns, most, widen) {
  const widths = columns.map((column) => widthOf(column, most));
  const grid = el("div.grid", {
    role: "group",
    "aria-label": `Steps of ${cluster.name}: a row for each host. Arrow keys move, Enter shows a step.`,
    vars: { "grid-template-columns": `max-content ${widths.map((width) => `${width}px`).join(" ")}` },
  });
  grid.append(el("div.corner"));
  lanes.forEach(({ place, member }, row) => {
    const name = el("span.lane-name", {}, place);
    const of = member === "" ? null : el("span.lane-member", {}, member);
    grid.append(
      el("div.rail", { vars: { "grid-row": row + 2 } }),
      el("div.lane", { vars: { "grid-row": row + 2 } }, name, of),
    );
  });
  columns.forEach((column, at) => drawColumn(grid, lanes, column, at + 2, most, widen));
  grid.prepend(svg("svg.edges", { "aria-hidden": "true" }));
  roving(grid, ".stop");
  return el("div.scroll", {}, grid);
}

function widthOf(column, atOnce) {
  if (column.bar !== undefined) {
    return column.bar.kind.look === "gate" ? GATE : BAR;
  }
  const most = column.isGuards ? 3 : Math.max(...[...column.cells.values()].map((cell) => cell.length));
  return Math.max(Math.min(most, atOnce) * STOP, column.name.length * LETTER) + COLUMN;
}

function drawColumn(grid, lanes, column, at, most, widen) {
  const rows = `2 / ${lanes.length + 2}`;
  if (column.bar !== undefined) {
    const bar = drawStop(column.bar, Math.floor(lanes.length / 2), "bar");
    bar.classList.toggle("gate", column.bar.kind.look === "gate");
    if (column.bar.kind.look === "gate") {
      grid.append(el("div.column-name", { vars: { "grid-column": at } }, "gate"));
    }
    grid.append(el("div.bar-cell", { vars: { "grid-column": at, "grid-row": rows } }, bar));
    return;
  }
  grid.append(el("div.column-name", { vars: { "grid-column": at } }, column.name));
  if (column.isGuards) {
    const guards = [...column.cells.values()].flat();
    const drawn = guards.map((step, nth) => drawStop(step, Math.floor(nth / 3), "round"));
    grid.append(el("div.guards", { vars: { "grid-column": at, "grid-row": rows } }, drawn));
    return;
  }
  lanes.forEach(({ place }, row) => {
    const cell = column.cells.get(place);
    if (cell !== undefined) {
      grid.append(el("div.cell", { vars: { "grid-column": at, "grid-row": row + 2 } }, drawCell(cell, row, most, widen)));
    }
  });
}

/** Draws the steps of a host in a column: where there are too many, those in trouble and the first. */
function drawCell(cell, row, most, widen) {
  if (cell.length <= most) {
    return cell.map((step) => drawStop(step, row, "round"));
  }
  const sorted = [...cell.filter(isTrouble), ...cell.filter((step) => !isTrouble(step))];
  const drawn = sorted.slice(0, most - 2).map((step) => drawStop(step, row, "round"));
  const left = cell.length - drawn.length;
  const more = el("button.link.small.more", { type: "button", "aria-label": `Show ${left} more steps`, onclick: widen }, `+${left}`);
  return [...drawn, more];
}

/** Draws a step as a stop on the line of its host. */
function drawStop(step, row, shape) {
  const words = stateWords(step.state);
  const where = step.kind.look === "gate" || step.kind.look === "barrier" ? "" : `, ${step.place}`;
  const button = el(
    `button.stop.${shape}.is-${step.state}`,
    {
      type: "button",
      tabindex: "-1",
      "data-row": row,
      "data-step": step.at,
      "aria-label": `${step.kind.label}${where}${words === "" ? "" : `: ${words}`}`,
      title: `${step.kind.label}${where}`,
      onclick: () => select(step.at, button),
    },
    shape === "bar" ? null : el("span.dot", { "aria-hidden": "true" }, STATES[step.state].sign),
  );
  button.classList.toggle("in-chain", step.isInChain && (mode !== "run" || tookTime(step)));
  // The gate is drawn in each cluster; any of them does.
  stops.set(step.at, button);
  return button;
}

/** Draws lines to what a step waits for and what waits for it, in the graph that it is drawn in. */
function drawEdges(step, button) {
  clearEdges();
  const grid = button.closest(".grid");
  if (grid === null) {
    return;
  }
  const image = grid.querySelector(".edges");
  image.setAttribute("width", grid.scrollWidth);
  image.setAttribute("height", grid.scrollHeight);
  const frame = grid.getBoundingClientRect();
  const point = (element, side) => {
    const box = element.getBoundingClientRect();
    const x = side === 0 ? (box.left + box.right) / 2 : side < 0 ? box.left + 5 : box.right - 5;
    return [x - frame.left, (box.top + box.bottom) / 2 - frame.top];
  };
  const drawn = (at) => grid.querySelector(`[data-step="${at}"]`);
  const line = (from, to, kind) => {
    const isBar = (element) => element.classList.contains("bar");
    let [x, y] = point(from, 1);
    let [toX, toY] = point(to, -1);
    // A bar is as high as the graph: the line meets it where it comes from.
    y = isBar(from) ? toY : y;
    toY = isBar(to) ? y : toY;
    const bend = Math.max(14, Math.abs(toX - x) / 2);
    return svg(`path.edge.${kind}`, { d: `M${x},${y} C${x + bend},${y} ${toX - bend},${toY} ${toX},${toY}` });
  };
  for (const [list, kind] of [[step.waits, "before"], [step.after, "after"]]) {
    for (const other of list.map(drawn).filter((element) => element !== null)) {
      image.append(kind === "before" ? line(other, button, kind) : line(button, other, kind));
      other.classList.add(`is-${kind}`);
    }
  }
}

function clearEdges() {
  document.querySelectorAll(".edges").forEach((image) => image.replaceChildren());
  document.querySelectorAll(".is-before, .is-after").forEach((other) => other.classList.remove("is-before", "is-after"));
}

/** Draws what the signs mean, as far as they occur. */
function drawLegend() {
  const states = Object.keys(STATES).filter((state) => steps.some((step) => step.state === state && step.kind.look !== "gate"));
  const entries = states.map((state) =>
    el("li", {}, el(`span.stop.round.is-${state}`, { "aria-hidden": "true" }, el("span.dot", {}, STATES[state].sign)), stateWords(state)),
  );
  if (chain.size > 0) {
    const what = mode === "run" ? "on the critical path" : "on the longest chain";
    entries.push(el("li", {}, el("span.stop.round.in-chain.is-look", { "aria-hidden": "true" }, el("span.dot")), what));
  }
  return el("ul.legend", { "aria-label": "What the signs mean" }, entries);
}
