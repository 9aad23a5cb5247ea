// The changes in the order of the subtasks, as a reviewer reads them: what is the same on several
// hosts is told once, with `<member>` for each member's name.

/** So many differences of one file are listed at once. */
const VARIANTS_AT_ONCE = 20;

/** Gathers changes that are alike. */
function gatherChanges() {
  const groups = new Map();
  for (const step of steps.filter(isTold)) {
    step.lines.forEach((line, nth) => {
      const [mark, ...words] = line.split(" ");
      const sign = step.kind.look === "destructive" ? "!" : mark;
      const told = words.join(" ");
      const text = step.member === null ? told : told.replaceAll(step.member, "<member>");
      const key = JSON.stringify([step.kind.subtask, sign, text]);
      if (!groups.has(key)) {
        groups.set(key, { subtask: step.kind.subtask ?? "", sign, text, places: new Set(), times: 0, variants: new Map(), first: step });
      }
      const group = groups.get(key);
      group.places.add(step.place);
      group.times += 1;
      if (nth === 0 && step.diff !== null) {
        group.variants.set(step.diff, [...(group.variants.get(step.diff) ?? []), step]);
      }
    });
  }
  const order = [...new Set(steps.map((step) => step.kind.subtask ?? ""))];
  return [...groups.values()].sort((a, b) => order.indexOf(a.subtask) - order.indexOf(b.subtask));
}

/** The entries that can be opened, for print. */
const openEntries = [];

/** Draws the section of the changes. */
function drawChanges() {
  const groups = gatherChanges();
  if (groups.length === 0) {
    return null;
  }
  const bySubtask = Map.groupBy === undefined ? groupBy(groups) : Map.groupBy(groups, (group) => group.subtask);
  const drawn = [...bySubtask].map(([subtask, entries]) =>
    el(
      "div.change-group.keep",
      {},
      el("h3", {}, el("code", {}, subtask)),
      el("ul", {}, entries.map(drawChange)),
    ),
  );
  const signs = data.head.tally.map(({ mark, what, count: number }) =>
    el("span.tally", {}, el(`span.sign.sign-${signName(mark)}`, {}, mark === "-" ? "−" : mark), ` ${number.toLocaleString("en")} ${what}`),
  );
  const heading = mode === "run" ? "What changed" : "What would change";
  return section("changes", heading, el("span.tallies", {}, signs), el("div.card.changes", {}, drawn));
}

function groupBy(groups) {
  const map = new Map();
  for (const group of groups) {
    map.set(group.subtask, [...(map.get(group.subtask) ?? []), group]);
  }
  return map;
}

function drawChange(group) {
  const places = [...group.places];
  const where = places.length === 1 ? places[0] : count(places.length, "host");
  const sign = el(`span.sign.sign-${signName(group.sign)}`, { "aria-hidden": "true" }, group.sign === "-" ? "−" : group.sign);
  const meaning = { "+": "new", "~": "changed", "-": "taken away", "!": "destructive" }[group.sign];
  const text = el("span.change-text", {}, el("span.unseen", {}, `${meaning}: `), group.text);
  const label = el("span.change-line", {}, sign, el("span.change-where.quiet", {}, where), text);
  if (group.variants.size === 0) {
    return el("li.change", {}, label);
  }
  const opened = opening(label, () => drawVariants([...group.variants]));
  openEntries.push(opened);
  return el("li.change", {}, opened.button, opened.inside);
}

function drawVariants(variants) {
  const draw = ([diff, of]) => {
    const where = of.map((step) => step.place).join(", ");
    return el("figure.variant", {}, variants.length > 1 || of.length > 1 ? el("figcaption.small.quiet", {}, where) : null, drawDiff(diff));
  };
  const drawn = variants.slice(0, VARIANTS_AT_ONCE).map(draw);
  const left = variants.slice(VARIANTS_AT_ONCE);
  if (left.length > 0) {
    const more = el("button.link.no-print", { type: "button", onclick: () => more.replaceWith(...left.map(draw)) }, `Show ${left.length} more`);
    drawn.push(more);
  }
  return drawn;
}

function signName(sign) {
  return { "+": "fresh", "~": "edit", "-": "gone", "!": "destroy" }[sign] ?? "edit";
}
