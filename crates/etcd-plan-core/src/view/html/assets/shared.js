// What the scripts of all pages share. Texts become text nodes and nothing else, so whatever hosts
// and inventories say stays text.

const data = JSON.parse(document.getElementById("data").textContent);

/** Makes an element: `el("button.link", { onclick: open }, "more")`. */
function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElement(tag), classes, attributes, children);
}

/** Makes an element of an image. */
function svg(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return fill(element, classes, attributes, children);
}

function fill(element, classes, attributes, children) {
  if (classes.length > 0) {
    element.classList.add(...classes);
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "vars") {
      for (const [variable, setting] of Object.entries(value)) {
        element.style.setProperty(variable, setting);
      }
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Counts things in words: `3 hosts`. */
function count(number, what) {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** Writes a time for a person. */
function duration(ms) {
  if (ms < 1000) {
    return `${ms} ms`;
  }
  if (ms < 100_000) {
    // Cut as the head of the page cuts it, so that both say the same.
    return `${(Math.floor(ms / 10) / 100).toFixed(2)} s`;
  }
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Draws a text in which what stands between backticks is code. */
function prose(name, text) {
  const parts = text.split("`").map((part, at) => (at % 2 === 1 ? el("code", {}, part) : part));
  return el(`${name}.prose`, {}, parts);
}

/** Draws what is to be done about a problem. */
function nextAction(hint) {
  const line = prose("p.next", hint);
  line.prepend(el("strong", {}, "Next: "));
  return line;
}

/** Draws the head of a page. */
function drawHead({ about, line, lead, tone, facts }, ...more) {
  const head = document.getElementById("head");
  head.classList.add(`tone-${tone}`);
  head.append(
    el("p.about", {}, about),
    el("h1", {}, line),
    lead ? el("p.lead", {}, lead) : "",
    el(
      "dl.facts",
      {},
      facts.map(({ name, value }) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
    ...more,
  );
}

/** Draws a section with a heading. */
function section(id, heading, note, ...children) {
  return el(
    "section",
    { id, "aria-labelledby": `${id}-heading` },
    el(
      "div.section-head",
      {},
      el("h2", { id: `${id}-heading` }, heading),
      note ? el("div.quiet.small", {}, note) : null,
    ),
    ...children,
  );
}

/**
 * Makes a button and what it opens. The inside is drawn when it is first opened; `open` does that
 * from elsewhere.
 */
function opening(label, draw, attributes = {}) {
  const inside = el("div.opened", { hidden: true });
  const button = el("button.opener", { type: "button", "aria-expanded": "false", ...attributes }, label);
  const set = (isOpen) => {
    if (isOpen && inside.childElementCount === 0) {
      inside.append(...[draw()].flat());
    }
    inside.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => set(inside.hidden));
  return { button, inside, set, isOpen: () => !inside.hidden };
}

/** Draws the difference of a file. */
function drawDiff(text) {
  const kind = (line) => {
    if (line.startsWith("@@") || line.startsWith("---") || line.startsWith("+++")) {
      return "place";
    }
    return { "+": "added", "-": "removed" }[line[0]] ?? "same";
  };
  const lines = text.replace(/\n$/, "").split("\n");
  const drawn = lines.map((line) => el(`span.${kind(line)}`, {}, line === "" ? " " : line));
  return el("pre.diff", { tabindex: "0", role: "region", "aria-label": "Difference" }, drawn);
}

/**
 * Lets the arrow keys move within a container, of which one element takes part in the order of tabs.
 * Left and right stay in a row, which `data-row` names; up and down go to the nearest in the next.
 */
function roving(container, selector) {
  const all = () => [...container.querySelectorAll(selector)].filter((item) => item.offsetParent !== null);
  const middle = (item) => {
    const box = item.getBoundingClientRect();
    return box.left + box.width / 2;
  };
  const near = (items, from) => {
    const distance = (item) => Math.abs(middle(item) - middle(from));
    return items.reduce((best, item) => (distance(item) < distance(best) ? item : best), items[0]);
  };
  const target = (from, key) => {
    const items = all();
    const row = items.filter((item) => item.dataset.row === from.dataset.row);
    const at = row.indexOf(from);
    if (key === "ArrowRight" || key === "ArrowLeft") {
      return row[at + (key === "ArrowRight" ? 1 : -1)];
    }
    if (key === "Home" || key === "End") {
      return row.at(key === "Home" ? 0 : -1);
    }
    const rows = [...new Set(items.map((item) => item.dataset.row))].sort((a, b) => a - b);
    const next = rows[rows.indexOf(from.dataset.row) + (key === "ArrowDown" ? 1 : -1)];
    return near(items.filter((item) => item.dataset.row === next), from);
  };
  container.addEventListener("keydown", (event) => {
    const isOurs = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key);
    const from = event.target.closest(selector);
    if (!isOurs || from === null || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    target(from, event.key)?.focus();
  });
  container.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (item !== null) {
      container.querySelectorAll(`${selector}[tabindex="0"]`).forEach((other) => (other.tabIndex = -1));
      item.tabIndex = 0;
    }
  });
  const first = container.querySelector(selector);
  if (first !== null) {
    first.tabIndex = 0;
  }
}

/** So many entries of a list are shown at first, unless some are looked for. */
const ENTRIES_AT_ONCE = 25;

/**
 * Draws a list in which one can search. An entry has its element, the words that it is found by, and
 * the names of the choices that take it in.
 */
function searchable(entries, what, choices) {
  const told = el("span.quiet.small", { role: "status" });
  const words = "Find a cluster, member or host";
  const search = el("input", { type: "search", placeholder: words, "aria-label": words, autocomplete: "off" });
  const which = el("select", { "aria-label": `Which ${what}s` }, choices.map(([value, text]) => el("option", { value }, text)));
  const more = el("button.link.small.no-print", { type: "button" });
  let isWhole = false;
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = entries.filter((entry) => entry.words.includes(wanted) && entry.choices.includes(which.value));
    const most = isWhole ? found.length : ENTRIES_AT_ONCE;
    const shown = new Set(found.slice(0, most));
    entries.forEach((entry) => (entry.element.hidden = !shown.has(entry)));
    more.hidden = found.length <= most;
    more.textContent = `Show ${found.length - most} more`;
    told.textContent = found.length === entries.length ? count(found.length, what) : `${found.length} of ${count(entries.length, what)}`;
  };
  const showAll = () => {
    isWhole = true;
    filter();
  };
  search.addEventListener("input", filter);
  which.addEventListener("change", filter);
  more.addEventListener("click", showAll);
  window.addEventListener("beforeprint", showAll);
  filter();
  const list = el("ul.card.clusters", {}, entries.map(({ element }) => element));
  return { root: el("div", {}, el("div.tools", { role: "search" }, search, which, told), list, el("p.rest", {}, more)), showAll };
}

/** Opens everything that a reader on paper could not open, while it is printed. */
function openForPrint(openings) {
  let shut = [];
  window.addEventListener("beforeprint", () => {
    shut = openings().filter((opening) => !opening.isOpen());
    shut.forEach((opening) => opening.set(true));
  });
  window.addEventListener("afterprint", () => {
    shut.forEach((opening) => opening.set(false));
    shut = [];
  });
}
