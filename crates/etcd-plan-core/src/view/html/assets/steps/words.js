// What a plan does, in words: steps that are alike on several hosts once, in phases that begin when
// something is so on all hosts.

/** Draws the section of the words; none where there are changes to tell of. */
function drawInWords() {
  if (mode !== "plan") {
    return null;
  }
  const drawn = phases().map(({ heading, kinds }) =>
    el("div.change-group.keep", {}, el("h3", {}, heading), el("ul", {}, [...kinds.values()].map(drawKind))),
  );
  return section("words", "In words", "", el("div.card.changes", {}, drawn));
}

function phases() {
  const found = new Map();
  for (const cluster of clusters) {
    let heading = "First";
    for (const step of cluster.steps) {
      const { look, label } = step.kind;
      if (look === "gate" || look === "barrier") {
        heading = look === "gate" ? "When every guard agrees" : `When ${label}`;
        continue;
      }
      const phase = found.get(heading) ?? { heading, kinds: new Map() };
      found.set(heading, phase);
      // Guards are told in one breath.
      const key = look === "guard" ? look : step.kind;
      const kind = phase.kinds.get(key) ?? { steps: [], places: new Set() };
      kind.steps.push(step);
      kind.places.add(step.place);
      phase.kinds.set(key, kind);
    }
  }
  return [...found.values()];
}

function drawKind({ steps: alike, places }) {
  const [first] = alike;
  const { look, label } = first.kind;
  const isOne = alike.length === 1 || new Set(alike.map((step) => step.summary)).size === 1;
  const guards = () => `guards: ${[...new Set(alike.map((step) => step.kind.label))].join(", ")}`;
  const text = look === "guard" ? guards() : isOne ? first.summary : label;
  const where = places.size === 1 ? [...places][0] : count(places.size, "host");
  const sign = el(`span.stop.round.is-${first.state}`, { "aria-hidden": "true" }, el("span.dot", {}, STATES[first.state].sign));
  return el("li.change", {}, el("span.change-line.of-kind", {}, sign, el("span.change-where.quiet", {}, where), el("span.change-text", {}, text)));
}
