// The steps as the rest of the page knows them.

const mode = data.mode;

/** The name of the place that is no host. */
const HERE = "control machine";

/** What can be said of a step: its sign, its words, and how it looks. */
const STATES = {
  fresh: { sign: "+", words: { plan: "", preview: "would be new", run: "new" } },
  edit: { sign: "~", words: { plan: "", preview: "would change", run: "changed" } },
  gone: { sign: "−", words: { plan: "", preview: "would be taken away", run: "taken away" } },
  destroy: { sign: "!", words: { plan: "can take away", preview: "would take away", run: "took away" } },
  serve: { sign: "·", words: { plan: "", preview: "would serve a change", run: "served a change" } },
  can: { sign: "", words: { plan: "can change something", preview: "", run: "" } },
  look: { sign: "", words: { plan: "changes nothing", preview: "changes nothing", run: "ended well" } },
  same: { sign: "", words: { plan: "", preview: "as wanted already", run: "as wanted already" } },
  ask: { sign: "?", words: { plan: "a guard", preview: "a guard", run: "was not judged" } },
  agree: { sign: "✓", words: { plan: "agrees", preview: "agrees", run: "agreed" } },
  refuse: { sign: "×", words: { plan: "refuses", preview: "refuses", run: "refused" } },
  failed: { sign: "×", words: { plan: "", preview: "would fail", run: "failed" } },
  skipped: { sign: "", words: { plan: "", preview: "", run: "not begun: a step before it failed" } },
  waiting: { sign: "", words: { plan: "", preview: "not begun", run: "not begun" } },
  broken: { sign: "…", words: { plan: "", preview: "", run: "under way when the run was cut off" } },
};

const refusing = new Set(
  data.problems.filter((problem) => problem.what.startsWith("Refused")).flatMap(({ steps }) => steps),
);

const chain = new Set(data.chain);

/** All steps, in the order in which they were planned. */
const steps = data.steps.kind.map((_, at) => readStep(at));

for (const step of steps) {
  for (const before of step.waits) {
    steps[before].after.push(step.at);
  }
}

/** The clusters, each with its steps in an order that reads well: the gate stands in the middle. */
const clusters = data.clusters.map(({ name, members }, at) => {
  const own = steps.filter((step) => step.cluster === at);
  const gate = steps.filter((step) => step.kind.look === "gate");
  const above = own.filter((step) => step.kind.above_gate);
  const below = own.filter((step) => !step.kind.above_gate);
  return { at, name, members, steps: [...above, ...gate, ...below], own };
});

function readStep(at) {
  const columns = data.steps;
  const text = (position) => (position === undefined || position === null ? null : data.texts[position]);
  const cluster = columns.cluster[at];
  const host = columns.host[at] === null ? null : data.hosts[columns.host[at]];
  const file = columns.file[at];
  const step = {
    at,
    kind: data.kinds[columns.kind[at]],
    cluster,
    host,
    place: host ?? HERE,
    member: text(columns.member[at]),
    summary: text(columns.summary[at]),
    waits: columns.waits[at],
    after: [],
    outcome: columns.outcome[at] ?? null,
    lines: (columns.lines[at] ?? []).map(text),
    diff: text(columns.diff[at]),
    hint: text(columns.hint[at]),
    began: columns.time[at]?.[0] ?? null,
    ended: columns.time[at]?.[1] ?? null,
    file: file === undefined ? null : { ...file, content: text(file.content) },
    isInChain: chain.has(at),
  };
  const short = text(columns.id[at]);
  step.id = cluster === null ? short : `${data.clusters[cluster].name}/${host ?? "controller"}/${short}`;
  step.state = stateOf(step);
  return step;
}

function stateOf(step) {
  const { look } = step.kind;
  if (step.outcome === "failed") {
    return "failed";
  }
  if (look === "guard") {
    return guardState(step);
  }
  switch (step.outcome) {
    case null:
      return { change: "can", destructive: "destroy" }[look] ?? "look";
    case "unchanged":
      return look === "change" || look === "destructive" ? "same" : "look";
    case "skipped":
      return "skipped";
    case "not_started":
      return step.began === null ? "waiting" : "broken";
    default:
      return changeState(step);
  }
}

function guardState(step) {
  if (refusing.has(step.at)) {
    return "refuse";
  }
  const isJudged = mode === "preview" || (mode === "run" && (step.outcome !== "not_started" || isRefused()));
  return isJudged ? "agree" : "ask";
}

function isRefused() {
  return refusing.size > 0;
}

function changeState(step) {
  if (step.kind.serves) {
    return "serve";
  }
  if (step.kind.look === "destructive") {
    return "destroy";
  }
  const marks = new Set(step.lines.map((line) => line[0]));
  if (marks.size === 1 && marks.has("+")) {
    return "fresh";
  }
  return marks.size === 1 && marks.has("-") ? "gone" : "edit";
}

/** Says in words what is so of a step. */
function stateWords(state) {
  return STATES[state].words[mode];
}

/** Says whether a step changes something that a reader asks for. */
function isTold(step) {
  return (step.outcome === "changed" || step.outcome === "would_change") && !step.kind.serves;
}

/** Says whether a step took a time that was measured. */
function tookTime({ began, ended }) {
  return began !== null && ended !== null && ended > began;
}

/** Says whether a step is what a reader looks for first. */
function isTrouble(step) {
  return ["failed", "refuse", "broken"].includes(step.state);
}

/** Gives a subtask's name without what all of them begin with. */
function subtaskName(step) {
  return (step.kind.subtask ?? "").replace(/^etcd_/, "");
}

/** Counts the steps of a state, the worst first. */
function tally(list) {
  const order = ["failed", "refuse", "broken", "destroy", "gone", "edit", "fresh", "skipped", "waiting"];
  const counts = order.map((state) => [state, list.filter((step) => step.state === state).length]);
  return counts.filter(([, number]) => number > 0);
}
