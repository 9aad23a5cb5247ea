// The page of a plan or a run, from top to bottom.

/** The openers of clusters, by their position. */
const clusterOpenings = new Map();

/** Opens a cluster, if it is shut. */
function openCluster(at) {
  clusterOpenings.get(at)?.set(true);
}

function drawProblem({ what, place, lines, hint, steps: about }, hasLinks = true) {
  const shown = about.slice(0, 5);
  const links = shown.map((at) => el("button.link", { type: "button", onclick: () => goTo(at) }, `Show ${steps[at].kind.label}`));
  const more = about.length > shown.length ? el("span.quiet", {}, `and ${about.length - shown.length} more`) : null;
  return el(
    "div.problem.tone-bad",
    {},
    el("div.problem-head", {}, el("span", {}, capitalized(what)), el("span.quiet.small", {}, place)),
    lines.length > 0 ? el("pre", {}, lines.join("\n")) : null,
    hint === "" ? null : prose("p.next", hint),
    hasLinks && links.length > 0 ? el("div.links.small.no-print", {}, links, more) : null,
  );
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
  const note = hasGraph ? "Choose a step to see what it does and why it waits." : "What waits for what is not kept with this report.";
  const body = clusters.length === 1 ? el("div.card.cluster-graph", {}, drawGraph(clusters[0])) : drawClusterList();
  return section("graph", "Steps", note, drawLegend(), body);
}

/** Draws the clusters as a list in which each opens, those in trouble first. */
function drawClusterList() {
  const weight = (cluster) => (cluster.own.some(isTrouble) ? 0 : cluster.own.some(isTold) ? 1 : 2);
  const sorted = [...clusters].sort((a, b) => weight(a) - weight(b) || a.at - b.at);
  const list = el("ul.clusters");
  const rows = sorted.map((cluster) => {
    const opened = opening(drawClusterLine(cluster), () => drawGraph(cluster));
    clusterOpenings.set(cluster.at, opened);
    const row = el("li.card.cluster", {}, opened.button, opened.inside);
    const words = [cluster.name, ...cluster.members.flatMap(({ name, host }) => [name, host])].join(" ").toLowerCase();
    return { row, words, weight: weight(cluster) };
  });
  list.append(...rows.map(({ row }) => row));
  const status = el("span.quiet.small", { role: "status" });
  const search = el("input", { type: "search", placeholder: "Find a cluster, member or host", "aria-label": "Find a cluster, member or host", autocomplete: "off" });
  const which = el(
    "select",
    { "aria-label": "Which clusters" },
    [["all", "All clusters"], ["1", "With changes"], ["0", "With trouble"]].map(([value, text]) => el("option", { value }, text)),
  );
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    const most = which.value === "all" ? 2 : Number(which.value);
    let shown = 0;
    for (const { row, words, weight: of } of rows) {
      row.hidden = !words.includes(wanted) || of > most;
      shown += row.hidden ? 0 : 1;
    }
    status.textContent = `${shown} of ${count(rows.length, "cluster")}`;
  };
  search.addEventListener("input", filter);
  which.addEventListener("change", filter);
  filter();
  return el("div", {}, el("div.tools", { role: "search" }, search, which, status), list);
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

const parts = [drawProblems(), drawNotes(), drawGraphs(), drawTimeline(), drawChanges()].filter((part) => part !== null);
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
