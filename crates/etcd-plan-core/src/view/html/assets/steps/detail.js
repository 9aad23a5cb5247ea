// One step at length, in a panel that leaves the page in use.

let selected = null;

/** Shows a step. The panel takes the focus, and gives it back to `from` when it is closed. */
function select(at, from) {
  const step = steps[at];
  close(false);
  const stop = from?.classList.contains("stop") ? from : stops.get(at);
  selected = { at, from, stop };
  const panel = document.getElementById("detail");
  panel.replaceChildren(...drawStep(step));
  panel.hidden = false;
  document.body.classList.add("has-detail");
  if (stop?.isConnected) {
    stop.setAttribute("aria-current", "true");
    // The panel may have come over it.
    (from ?? stop).scrollIntoView({ block: "nearest", inline: "nearest" });
    drawEdges(step, stop);
  }
  document.querySelectorAll(`.run-bar[data-steps~="${at}"]`).forEach((bar) => bar.classList.add("is-selected"));
  panel.querySelector("h2").focus({ preventScroll: true });
  panel.scrollTop = 0;
}

/** Closes the panel. */
function close(givesFocusBack = true) {
  if (selected === null) {
    return;
  }
  const { from, stop } = selected;
  selected = null;
  document.getElementById("detail").hidden = true;
  document.body.classList.remove("has-detail");
  clearEdges();
  stop?.removeAttribute("aria-current");
  document.querySelectorAll(".run-bar.is-selected").forEach((bar) => bar.classList.remove("is-selected"));
  if (givesFocusBack) {
    (from?.isConnected ? from : stop)?.focus();
  }
}

/** Goes to a step from elsewhere: opens its cluster, scrolls to it, and shows it. */
function goTo(at) {
  const step = steps[at];
  const cluster = step.cluster ?? 0;
  openCluster(cluster);
  if (!stops.get(at)?.isConnected) {
    graphs.get(cluster)?.reveal(step.place);
  }
  const stop = stops.get(at);
  select(at, stop);
}

/** Makes the empty panel. */
function makeDetail() {
  return el("div.detail", {
    id: "detail",
    role: "dialog",
    "aria-labelledby": "detail-heading",
    hidden: true,
    onkeydown: (event) => {
      if (event.key === "Escape") {
        close();
      }
    },
  });
}

function drawStep(step) {
  const words = stateWords(step.state);
  const head = el(
    "div.detail-head",
    {},
    el("h2", { id: "detail-heading", tabindex: "-1" }, capitalized(step.kind.label)),
    el("button.close", { type: "button", "aria-label": "Close", onclick: () => close() }, "×"),
  );
  const where = step.kind.look === "gate" ? "one for all clusters" : placeOf(step);
  return [
    head,
    el("p.detail-where", {}, words === "" ? null : el(`span.tag.tag-${step.state}`, {}, words), el("span", {}, where)),
    el("p", {}, `${capitalized(step.summary)}.`),
    ...drawOutcome(step),
    ...drawFile(step),
    drawFacts(step),
    ...drawNeighbours("Waits for", step.waits, step.kind.why),
    ...drawNeighbours("Is waited for by", step.after, ""),
  ];
}

function placeOf(step) {
  const isElsewhere = step.member !== null && step.kind.look !== "guard";
  return isElsewhere ? `${step.place}, ${step.member}` : step.place;
}

function drawOutcome(step) {
  const parts = [];
  if (step.state === "failed") {
    parts.push(
      el(
        "div.problem.tone-bad",
        {},
        el("pre", {}, step.lines.join("\n")),
        step.hint === null ? null : nextAction(step.hint),
      ),
    );
  } else if (step.lines.length > 0) {
    parts.push(el("ul.changed-lines", {}, step.lines.map((line) => el("li", {}, el("code", {}, line)))));
  }
  for (const problem of data.problems.filter((of) => step.state === "refuse" && of.steps.includes(step.at))) {
    parts.push(drawProblem(problem, false));
  }
  if (step.diff !== null) {
    parts.push(el("h3", {}, "Difference"), drawDiff(step.diff));
  }
  return parts;
}

function drawFile({ file }) {
  if (file === null) {
    return [];
  }
  const what = el("p.small.quiet", {}, `${file.owner}, ${file.mode}`);
  const content =
    file.content === null
      ? el("p.small.quiet", {}, "Its content is no part of a plan: certificates and keys never are.")
      : el("pre.diff", { tabindex: "0", role: "region", "aria-label": "Content" }, file.content.split("\n").map((line) => el("span", {}, line === "" ? " " : line)));
  return [el("h3", {}, el("code", {}, file.path)), what, content];
}

function drawFacts(step) {
  const facts = [["Name", el("code", {}, step.id)]];
  if (step.kind.subtask !== null) {
    facts.push(["Subtask", el("code", {}, step.kind.subtask)]);
  }
  if (step.began !== null && step.ended !== null) {
    facts.push(["Took", `${duration(step.ended - step.began)}, from ${duration(step.began)} to ${duration(step.ended)}`]);
  } else if (step.began !== null) {
    facts.push(["Began", `at ${duration(step.began)}`]);
  }
  if (step.isInChain) {
    facts.push([mode === "run" ? "Critical path" : "Longest chain", "it is a part of it"]);
  }
  return el("dl.detail-facts", {}, facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]).flat());
}

/** Lists steps that are alike on several hosts once, with a link to the first of them. */
function drawNeighbours(heading, list, why) {
  if (list.length === 0) {
    return [];
  }
  const groups = new Map();
  for (const other of list.map((at) => steps[at])) {
    groups.set(other.kind, [...(groups.get(other.kind) ?? []), other]);
  }
  const entries = [...groups.values()].map((group) => {
    const places = new Set(group.map((step) => step.place));
    const where = places.size === 1 ? [...places][0] : `${places.size} places`;
    const label = el("button.link", { type: "button", onclick: () => goTo(group[0].at) }, group[0].kind.label);
    const isBar = ["gate", "barrier"].includes(group[0].kind.look);
    return el("li", {}, label, isBar ? null : el("span.quiet", {}, ` ${where}`));
  });
  return [
    el("h3", {}, heading),
    el("p.small.quiet", {}, why === "" ? "" : `${capitalized(why)}.`),
    el("ul.neighbours", {}, entries),
  ];
}

function capitalized(text) {
  // The name of the server begins small, wherever it stands.
  return text === "" || text.startsWith("etcd") ? text : text[0].toUpperCase() + text.slice(1);
}
