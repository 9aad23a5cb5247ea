// The page of the status: how well clusters are, those first that are not.

const HEALTH = {
  healthy: { tone: "good", order: 3 },
  degraded: { tone: "warn", order: 1 },
  down: { tone: "bad", order: 0 },
  unknown: { tone: "bad", order: 0 },
  absent: { tone: "plain", order: 2 },
};

/** Fewer days than this are told in the tone of a warning. */
const DAYS_LEFT = 30;

/** The openers of drifts, for print. */
const openDrifts = [];

const { status } = data;

/** Writes a size for a person. */
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let number = bytes;
  while (number >= 1024 && at < units.length - 1) {
    number /= 1024;
    at += 1;
  }
  return `${at === 0 || number >= 100 ? Math.floor(number) : number.toFixed(1)} ${units[at]}`;
}

function survives({ answering, quorum, tolerance }) {
  if (answering < quorum) {
    return "no quorum: nobody can write";
  }
  return tolerance === 0 ? "survives no failure" : `survives ${count(tolerance, "failure")}`;
}

/** Draws the voters: full where they answer, a line where the quorum ends. */
function drawQuorum(cluster) {
  const { voters, quorum, answering } = cluster;
  const dots = Array.from({ length: voters }, (_, at) => {
    const dot = el("span.voter");
    dot.classList.toggle("is-well", at < answering);
    dot.classList.toggle("is-last-of-quorum", at === quorum - 1 && voters > 1);
    return dot;
  });
  const words = `${answering} of ${count(voters, "voter")} answer, quorum ${quorum}`;
  return el("span.quorum", { role: "img", "aria-label": words, title: words }, dots);
}

/** Draws what is wrong; what is wrong with several members once. */
function drawFindings(findings, tone) {
  const alike = new Map();
  for (const { member, what, hint } of findings) {
    const key = JSON.stringify([what, hint]);
    const finding = alike.get(key) ?? { members: [], what, hint };
    finding.members.push(...(member === null ? [] : [member]));
    alike.set(key, finding);
  }
  return [...alike.values()].map(({ members, what, hint }) =>
    el(
      `div.problem.tone-${tone}.keep`,
      {},
      el("div.problem-head", {}, members.length === 0 ? what : `${members.join(", ")}: ${what}`),
      hint === "" ? null : nextAction(hint),
    ),
  );
}

function drawMembers(cluster) {
  const head = ["Member", "Role", "Version", "Database", "Behind", "Certificate"];
  const rows = cluster.members.map((member) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("span.member-name", {}, member.name), el("span.quiet.small", {}, member.host)),
      cell("Role", drawRole(member)),
      cell("Version", member.version ?? "–"),
      cell("Database", drawDatabase(member)),
      cell("Behind", member.raft_lag === null ? "–" : member.raft_lag === 0 ? "0" : count(member.raft_lag, "entry").replace("entrys", "entries")),
      cell("Certificate", drawCertificate(member.certificate)),
    ),
  );
  return el(
    "table.members",
    {},
    el("caption.unseen", {}, `Members of ${cluster.name}`),
    el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, rows),
  );
}

function cell(name, ...content) {
  return el("td", { "data-name": name }, ...content);
}

function drawRole({ role, service, healthy }) {
  const isOut = role === "unknown";
  const stands = { starting: "starting", stopping: "stopping", stopped: "stopped", failed: "failed", missing: "not installed" };
  const word = isOut ? (stands[service] ?? (service === null ? "not known" : "no answer")) : role;
  const tone = healthy ? (role === "leader" ? "plain" : "none") : "bad";
  return el(`span.tag.tone-${tone}`, {}, healthy || isOut ? word : `${word}, not healthy`);
}

function drawDatabase({ db_size: bytes, db_size_in_use: used, quota_used_percent: percent }) {
  if (bytes === null) {
    return "–";
  }
  const tone = percent >= 90 ? "bad" : percent >= 70 ? "warn" : "plain";
  const share = Math.min(100, percent ?? 0);
  const inUse = used === null || bytes === 0 ? share : share * (used / bytes);
  const words = percent === null ? "" : `${percent} % of the quota`;
  const more = used === null ? "" : `, ${size(used)} in use`;
  return el(
    `div.database.tone-${tone}`,
    { title: `${words}${more}` },
    el("span", {}, `${size(bytes)} `, el("span.quiet", {}, words === "" ? "" : `${percent} %`), el("span.unseen", {}, `${words}${more}`)),
    el("span.meter", { "aria-hidden": "true" }, el("span.of-size", { vars: { width: `${share}%` } }), el("span.of-use", { vars: { width: `${inUse}%` } })),
  );
}

function drawCertificate(certificate) {
  if (certificate === null) {
    return "–";
  }
  const { not_after: end, days_left: days } = certificate;
  const left = days < 0 ? "ran out" : days === 0 ? "today" : `${days.toLocaleString("en")} days left`;
  const tone = days < 7 ? "bad" : days < DAYS_LEFT ? "warn" : "none";
  const date = el("span", {}, end.slice(0, 10), " ");
  return el("span.certificate", {}, date, el(tone === "none" ? "span.quiet.small" : `span.tag.tone-${tone}`, {}, left));
}

function drawStrangers({ strangers }) {
  if (strangers.length === 0) {
    return [];
  }
  const entries = strangers.map(({ id, name, peer_urls: urls }) =>
    el("li", {}, el("code", {}, id), ` ${name === "" ? "without a name" : name} at ${urls.join(", ")}`),
  );
  return [el("h3", {}, "Members that the inventory does not have"), el("ul.list", {}, entries)];
}

function drawDrift({ drift }) {
  if (drift.length === 0) {
    return [];
  }
  const entries = drift.map(({ step, host, lines, diff }) => {
    const words = lines.length === 0 ? step : lines.join("; ").replace(/^[-+~] /, "");
    const label = el("span.drift-line", {}, el("span", {}, words), el("span.quiet.small", {}, host ?? "control machine"));
    if (diff === null) {
      return el("li.drift", {}, label);
    }
    const opened = opening(label, () => drawDiff(diff));
    openDrifts.push(opened);
    return el("li.drift", {}, opened.button, opened.inside);
  });
  return [
    el("h3", {}, `Not as the inventory has it (${drift.length})`),
    prose("p.quiet.small", "What `etcd-plan apply` would change."),
    el("ul.list", {}, entries),
  ];
}

/** Says how old the latest backup is. */
function drawBackup(backup) {
  if (backup === null) {
    return "none that is known";
  }
  const { age_seconds: age, taken_at: at, taken_from: from, size: bytes, kept_at: kept } = backup;
  const hours = Math.max(0, Math.floor(age / 3600));
  const ago = hours < 1 ? "within the hour" : hours < 48 ? `${count(hours, "hour")} ago` : `${count(Math.floor(hours / 24), "day")} ago`;
  return el("span", { title: `${at}, of ${from}, ${size(bytes)}, kept at ${kept}` }, ago);
}

/** Says what ran last, and how that ended. */
function drawLastRun({ last_run: last }) {
  if (last === null) {
    return null;
  }
  const open = last.open.map(({ host }) => host).join(", ");
  const ended = last.ended ?? `not ended on ${open}`;
  return el("p.quiet.small", {}, `Last run: ${last.run}; ${ended}.`);
}

function drawFacts(cluster) {
  const alarms = cluster.alarms.map(({ kind }) => kind);
  const facts = [
    ["Leader", cluster.leader ?? "none that is known"],
    ["Revision", cluster.revision === null ? "not known" : cluster.revision.toLocaleString("en")],
    ["Quota", size(cluster.quota)],
    ["Alarms", alarms.length === 0 ? "none" : [...new Set(alarms)].join(", ")],
    ["Last backup", drawBackup(cluster.backup)],
    ["Cluster id", cluster.cluster_id ?? "not known"],
  ];
  return el("dl.facts", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Draws a cluster at length. */
function drawCluster(cluster) {
  const findings = [...drawFindings(cluster.problems, cluster.health === "degraded" ? "warn" : "bad"), ...drawFindings(cluster.warnings, "warn")];
  return el(
    "div.cluster-body",
    {},
    findings.length > 0 ? el("div.problems", {}, findings) : null,
    cluster.health === "absent" ? null : drawFacts(cluster),
    cluster.health === "absent" ? null : drawMembers(cluster),
    ...drawStrangers(cluster),
    ...drawDrift(cluster),
    drawLastRun(cluster),
  );
}

function drawLine(cluster) {
  const { tone } = HEALTH[cluster.health];
  const seen = cluster.problems.length + cluster.warnings.length;
  const notes = [
    seen > 0 ? `${count(seen, "finding")}` : null,
    cluster.drift.length > 0 ? `${cluster.drift.length} not as the inventory has it` : null,
  ].filter((note) => note !== null);
  return [
    el("span.cluster-name", {}, cluster.name),
    el(`span.tag.tone-${tone}`, {}, cluster.health),
    drawQuorum(cluster),
    el("span.quiet.small.survives", {}, cluster.health === "absent" ? "" : survives(cluster)),
    el("span.quiet.small.cluster-notes", {}, notes.join(" · ")),
  ];
}

const sorted = [...status.clusters].sort((a, b) => HEALTH[a.health].order - HEALTH[b.health].order || b.warnings.length - a.warnings.length);

function drawSingle(cluster) {
  const line = el("div.cluster-line.alone", {}, drawLine(cluster).slice(1));
  return section("clusters", "Members", "", el("div.card.cluster", {}, line, drawCluster(cluster)));
}

function drawList() {
  const entries = sorted.map((cluster, at) => {
    const opened = opening(el("span.cluster-line", {}, drawLine(cluster)), () => drawCluster(cluster));
    if (at < 3 && cluster.health !== "healthy") {
      opened.set(true);
    }
    const words = [cluster.name, ...cluster.members.flatMap(({ name, host }) => [name, host])].join(" ").toLowerCase();
    const isIll = cluster.health !== "healthy" || cluster.warnings.length > 0;
    const choices = ["all", isIll ? "ill" : "", cluster.drift.length > 0 ? "drift" : ""];
    return { element: el("li.cluster", {}, opened.button, opened.inside), words, choices };
  });
  const choices = [["all", "All clusters"], ["ill", "Not well"], ["drift", "Not as the inventory has it"]];
  return section("clusters", "Clusters", "", searchable(entries, "cluster", choices).root);
}

const lead = status.clusters.length === 1 ? `${survives(status.clusters[0])}.` : null;
drawHead({
  about: "Status of etcd",
  line: data.line[0].toUpperCase() + data.line.slice(1),
  lead: lead === null || status.clusters[0].health === "absent" ? null : lead[0].toUpperCase() + lead.slice(1),
  tone: data.tone,
  facts: data.facts,
});
document.getElementById("main").append(status.clusters.length === 1 ? drawSingle(status.clusters[0]) : drawList());
openForPrint(() => (openDrifts.length <= 60 ? openDrifts : []));
