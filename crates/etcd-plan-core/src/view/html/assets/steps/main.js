// The page of a plan or a run, from top to bottom.

/** The openers of clusters, by their position. */
const clusterOpenings = new Map();

let showAllClusters = () => {};

/** Opens a cluster, if it is shut, and shows it, if it is hidden. */
function openCluster(at) {
  const opened = clusterOpenings.get(at);
  if (opened?.element.hidden) {
    showAllClusters();
    opened.element.hidden = false;
  }
  opened?.set(true);
}

function drawProblem({ what, places, lines, hint, steps: about }, hasLinks = true) {
  const where = places.length > 3 ? count(places.length, "host") : places.join(", ");
  const shown = about.slice(0, 5);
  const links = shown.map((at) => el("button.link", { type: "button", onclick: () => goTo(at) }, `Show ${steps[at].kind.label}`));
  const more = about.length > shown.length ? el("span.quiet", {}, `and ${about.length - shown.length} more`) : null;
  return el(
    "div.problem.tone-bad",
    {},
    el("div.problem-head", {}, el("span", {}, capitalized(what)), el("span.quiet.small", {}, where)),
    lines.length > 0 ? el("pre", {}, shortened(lines).join("\n")) : null,
    hint === "" ? null : nextAction(hint),
    hasLinks && links.length > 0 ? el("div.links.small.no-print", {}, links, more) : null,
  );
}

/** Cuts what hundreds of hosts say in the same way. */
function shortened(lines) {
  return lines.length > 15 ? [...lines.slice(0, 12), `… and ${lines.length - 12} more lines`] : lines;
}

/** So many problems are listed at first. */
const PROBLEMS_AT_ONCE = 12;

function drawProblems() {
  if (data.problems.length === 0) {
    return null;
  }
  const refused = data.problems.some(({ what }) => what.startsWith("Refused"));
  const heading = { plan: "", preview: "What would fail", run: "What failed" }[mode];
  const list = el("div.problems", {}, data.problems.slice(0, PROBLEMS_AT_ONCE).map((problem) => drawProblem(problem)));
  const left = data.problems.slice(PROBLEMS_AT_ONCE);
  if (left.length > 0) {
    const more = el("button.link", { type: "button", onclick: () => more.replaceWith(...left.map((problem) => drawProblem(problem))) }, `Show ${left.length} more`);
    list.append(more);
  }
  return section("problems", refused ? "Why it is refused" : heading, "", list);
}

function drawNotes() {
  const entries = [...data.warnings, ...data.notes];
  if (entries.length === 0) {
    return null;
  }
  return section("notes", "Worth knowing", "", el("ul.notes", {}, entries.map((text) => prose("li", capitalized(text)))));
}

function drawGraphs() {
  const hasGraph = steps.some((step) => step.waits.length > 0);
  const note = hasGraph ? el("span.no-print", {}, "Choose a step to see what it does and why it waits.") : "What waits for what is not kept with this report.";
  const body = clusters.length === 1 ? el("div.card.cluster-graph", {}, drawGraph(clusters[0])) : drawClusterList();
  return section("graph", "Steps", note, drawLegend(), body);
}

/** Draws the clusters as a list in which each opens, those in trouble first. */
function drawClusterList() {
  const weight = (cluster) => (cluster.own.some(isTrouble) ? 0 : cluster.own.some(isTold) ? 1 : 2);
  const sorted = [...clusters].sort((a, b) => weight(a) - weight(b) || a.at - b.at);
  const entries = sorted.map((cluster) => {
    const opened = opening(drawClusterLine(cluster), () => drawGraph(cluster));
    const element = el("li.cluster", {}, opened.button, opened.inside);
    const words = [cluster.name, ...cluster.members.flatMap(({ name, host }) => [name, host])].join(" ").toLowerCase();
    clusterOpenings.set(cluster.at, { ...opened, element });
    return { element, words, choices: ["all", "changes", "trouble"].slice(0, 3 - weight(cluster)) };
  });
  const choices = [["all", "All clusters"], ["changes", "With changes"], ["trouble", "With trouble"]];
  const { root, showAll } = searchable(entries, "cluster", choices);
  showAllClusters = showAll;
  return root;
}

function drawClusterLine(cluster) {
  const states = tally(cluster.own);
  const tags = states.slice(0, 4).map(([state, number]) => el(`span.tag.tag-${state}`, {}, `${number} ${stateWords(state)}`));
  if (states.length === 0) {
    tags.push(el("span.quiet.small", {}, mode === "plan" ? count(cluster.own.length, "step") : "nothing to do"));
  }
  return el(
    "span.cluster-line",
    {},
    el("span.cluster-name", {}, cluster.name),
    el("span.quiet.small", {}, count(cluster.members.length, "member")),
    drawStrip(cluster),
    el("span.cluster-tags", {}, tags),
  );
}

/** Draws a cluster in small: a mark for each subtask, as the worst of its steps. */
function drawStrip(cluster) {
  const order = ["failed", "refuse", "broken", "destroy", "gone", "edit", "fresh", "skipped", "waiting", "can"];
  const { columns } = layOut(cluster);
  const marks = columns.map(({ bar, cells }) => {
    if (bar !== undefined) {
      return el("span.mark.of-bar");
    }
    const states = new Set([...cells.values()].flat().map((step) => step.state));
    return el(`span.mark.is-${order.find((state) => states.has(state)) ?? "same"}`);
  });
  return el("span.strip", { "aria-hidden": "true" }, marks);
}

function drawNavigation(sections) {
  const links = sections.map((part) => el("a.link", { href: `#${part.id}` }, part.querySelector("h2").textContent));
  return el("nav.links.parts.no-print", { "aria-label": "Parts of the page" }, links);
}

const parts = [drawProblems(), drawNotes(), drawGraphs(), drawTimeline(), drawChanges(), drawInWords()].filter((part) => part !== null);
drawHead(data.head, drawNavigation(parts));
document.getElementById("main").append(...parts);
document.body.append(makeDetail());
clusters.filter((cluster) => clusters.length > 1 && cluster.own.some((step) => step.state === "failed")).slice(0, 2).forEach(({ at }) => openCluster(at));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close();
  }
});
openForPrint(() => (openEntries.length <= 60 ? openEntries : []));
