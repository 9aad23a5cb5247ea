// When each host did what, and which steps decided how long the run took.

/** So many rows are drawn at first. */
const ROWS_AT_ONCE = 25;

/** Draws the section of the time line; none where nothing took time. */
function drawTimeline() {
  const timed = steps.filter((step) => step.began !== null);
  if (data.times === null || timed.length === 0) {
    return null;
  }
  const span = Math.max(data.times.duration, 1);
  const rows = clusters.length === 1 ? lanesOf(clusters[0]).map((lane) => laneRow(clusters[0], lane)) : inOrderOfNeed().map(clusterRow);
  const shown = rows.filter(({ bars, read }) => bars.length > 0 || read !== null);
  const chart = el("div.chart", { role: "group", "aria-label": "Time line: a row for each host. Arrow keys move, Enter shows a step." });
  const draw = (number) => {
    const more = shown.length - number;
    chart.replaceChildren(drawAxis(span), ...shown.slice(0, number).map((row, at) => drawRow(row, at, span)));
    if (more > 0) {
      chart.append(el("p.rest.small", {}, el("button.link", { type: "button", onclick: () => draw(shown.length) }, `Show ${more} more rows`)));
    }
    roving(chart, ".run-bar");
  };
  draw(Math.min(ROWS_AT_ONCE, shown.length));
  return section("time", "Time line", drawKey(), el("div.card.time", {}, chart), drawChain());
}

function drawKey() {
  const entry = (kind, text) => el("span.key", {}, el(`span.swatch.${kind}`, { "aria-hidden": "true" }), text);
  const has = (state) => steps.some((step) => step.state === state && step.began !== null);
  return el(
    "span.keys",
    {},
    Object.keys(data.times.read).length > 0 ? entry("of-read", "read") : null,
    chain.size > 0 ? entry("of-chain", "critical path") : null,
    entry("of-step", "other steps"),
    ["failed", "broken"].filter(has).map((state) => entry("of-failed", stateWords(state))),
  );
}

/** Gathers the steps of a host that went in one round trip: they began and ended together. */
function laneRow(cluster, { place, member }) {
  const bars = gather(cluster.own.filter((step) => step.place === place && step.began !== null));
  const host = data.hosts.indexOf(place);
  return { name: place, note: member, bars, read: data.times.read[host] ?? null };
}

/** Gives those clusters first in which something failed, or which decided how long the run took. */
function inOrderOfNeed() {
  const weight = ({ own }) => (own.some(isTrouble) ? 0 : own.some((step) => step.isInChain && tookTime(step)) ? 1 : 2);
  return [...clusters].sort((a, b) => weight(a) - weight(b) || a.at - b.at);
}

function clusterRow(cluster) {
  const bars = gather(cluster.own.filter((step) => step.began !== null));
  const reads = cluster.members.map(({ host }) => data.times.read[data.hosts.indexOf(host)]);
  const read = Math.max(...reads.filter((ms) => ms !== undefined));
  return { name: cluster.name, note: count(cluster.members.length, "member"), bars, read: Number.isFinite(read) ? read : null };
}

function gather(list) {
  const bars = new Map();
  for (const step of list) {
    const ended = step.ended ?? data.times.duration;
    const key = `${step.began}-${ended}`;
    const bar = bars.get(key) ?? { began: step.began, ended, steps: [] };
    bar.steps.push(step);
    bars.set(key, bar);
  }
  // What is on the critical path is drawn above the rest.
  const weight = ({ steps: of }) => (of.some(isTrouble) ? 2 : of.some((step) => step.isInChain) ? 1 : 0);
  return [...bars.values()].sort((a, b) => a.began - b.began || weight(a) - weight(b));
}

function drawAxis(span) {
  const isNarrow = window.innerWidth < 720;
  const most = isNarrow ? 3 : 8;
  // A label behind which there is no room for it stands before its place.
  const roomEnds = isNarrow ? 0.8 : 0.94;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000].find((ms) => span / ms <= most) ?? 3_600_000;
  const ticks = [];
  for (let ms = 0; ms <= span; ms += step) {
    const label = span < 1000 ? `${ms} ms` : ms % 1000 === 0 ? `${ms / 1000} s` : `${(ms / 1000).toFixed(1)} s`;
    const place = (ms / span) * 100;
    const side = place / 100 > roomEnds ? { right: `${100 - place}%` } : { left: `${place}%` };
    ticks.push(el("span.tick", { vars: side }, label));
  }
  return el("div.row.axis", { "aria-hidden": "true" }, el("span.row-name"), el("span.track", {}, ticks));
}

function drawRow({ name, note, bars, read }, row, span) {
  const track = el("span.track");
  const place = (began, ended) => ({ left: `${(began / span) * 100}%`, width: `${((ended - began) / span) * 100}%` });
  if (read !== null) {
    track.append(el("span.read-bar", { title: `read, until ${duration(read)}`, vars: place(0, read) }));
  }
  for (const { began, ended, steps: of } of bars) {
    const words = of.length === 1 ? of[0].kind.label : `${count(of.length, "step")}: ${[...new Set(of.map((step) => step.kind.label))].join(", ")}`;
    const main = of.find(isTrouble) ?? of.find((step) => step.isInChain) ?? of[0];
    const bar = el("button.run-bar", {
      type: "button",
      tabindex: "-1",
      "data-row": row,
      "data-steps": of.map((step) => step.at).join(" "),
      "aria-label": `${name}: ${words}, ${duration(ended - began)}`,
      title: `${words}, ${duration(ended - began)}`,
      vars: place(began, ended),
      onclick: () => select(main.at, bar),
    });
    bar.classList.toggle("is-chain", of.some((step) => step.isInChain));
    bar.classList.toggle("is-trouble", of.some(isTrouble));
    track.append(bar);
  }
  return el("div.row", {}, el("span.row-name", {}, el("span.lane-name", {}, name), note === "" ? null : el("span.lane-member", {}, note)), track);
}

/** Lists what the run waited for, one after the other. */
function drawChain() {
  const inOrder = data.chain.map((at) => steps[at]);
  const long = inOrder.filter(tookTime);
  if (long.length === 0) {
    return null;
  }
  const most = Math.max(...long.map((step) => step.ended - step.began));
  const rows = long.map((step) =>
    el(
      "li.chain-step",
      {},
      el("button.link", { type: "button", onclick: () => goTo(step.at) }, step.kind.label),
      el("span.quiet", {}, step.place),
      el("span.chain-bar", { "aria-hidden": "true" }, el("span", { vars: { width: `${((step.ended - step.began) / most) * 100}%` } })),
      el("span.chain-time", {}, duration(step.ended - step.began)),
    ),
  );
  const total = long.reduce((sum, step) => sum + step.ended - step.began, 0);
  const rest = total < data.times.duration * 0.9 ? "; the rest was reading, and waiting for a turn" : "";
  const note = `${count(long.length, "step")}, each behind the one that it waited for last, took ${duration(total)} of ${duration(data.times.duration)}${rest}.`;
  return el("div.chain.keep", {}, el("h3", {}, "The critical path"), el("p.quiet.small", {}, note), el("ol", {}, rows));
}
