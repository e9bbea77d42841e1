
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const text = new Map();
  const words = (row) => {
    if (!text.has(row)) text.set(row, row.textContent.toLowerCase());
    return text.get(row);
  };
  const forms = all("form[data-filter]");

  function apply(form) {
    const kind = form.dataset.filter;
    const wanted = new FormData(form);
    const needle = (wanted.get("text") || "").trim().toLowerCase();
    const rows = all(`[data-row="${kind}"]`);
    let shown = 0, total = 0;
    for (const row of rows) {
      let fits = !needle || words(row).includes(needle);
      for (const [key, value] of wanted) {
        if (key !== "text" && value) fits = fits && (row.dataset[key] || "").split(" ").includes(value);
      }
      const weight = Number(row.dataset.weight || 1);
      total += weight;
      if (fits) shown += weight;
      row.hidden = !fits;
    }
    for (const group of all("[data-group]")) {
      const left = all("[data-row]", group).filter((row) => !row.hidden).length;
      group.hidden = left === 0;
    }
    const count = document.querySelector(`[data-count="${kind}"]`);
    if (count) count.textContent = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} shown`;
  }

  function follow() {
    let hash = location.hash;
    try { hash = decodeURIComponent(hash); } catch { return; }
    if (!hash.startsWith("#f=")) {
      const there = hash.length > 1 && document.getElementById(hash.slice(1));
      const around = there && there.closest("details");
      if (around) { around.open = true; there.scrollIntoView({ behavior: "instant", block: "start" }); }
      return;
    }
    const wanted = new Map(hash.slice(3).split(",").map((pair) => pair.split(/:(.*)/s)));
    let target = null;
    for (const form of forms) {
      const fields = [...wanted.keys()].map((key) => form.elements.namedItem(key));
      if (!fields.some(Boolean)) continue;
      form.reset();
      for (const [key, value] of wanted) {
        const field = form.elements.namedItem(key);
        if (field) field.value = value || "";
      }
      apply(form);
      target = target || form;
    }
    if (target) target.scrollIntoView({ behavior: "instant", block: "start" });
  }

  function remember(form) {
    const parts = [...new FormData(form)].filter(([, value]) => value).map(([key, value]) => `${key}:${value}`);
    try { history.replaceState(null, "", parts.length ? `#f=${parts.map(encodeURIComponent).join(",").replaceAll("%3A", ":")}` : location.pathname); } catch { /* a viewer may forbid it */ }
  }

  const value = (row, column) => {
    const cell = row.cells[column];
    const shown = (cell ? cell.textContent : "").trim();
    const plain = shown.replaceAll(",", "");
    return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : shown.toLowerCase();
  };
  const weight = { info: 0, low: 1, medium: 2, high: 3 };

  function sort(table, head, column) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row, place) => ({ row, place, key: value(row, column) }));
    keyed.sort((a, b) => {
      const [x, y] = [a.key, b.key].map((key) => (key in weight ? weight[key] : key));
      const order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1;
      return (down ? -order : order) || a.place - b.place;
    });
    body.append(...keyed.map((entry) => entry.row));
  }

  for (const table of all("table[data-sort]")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head, column));
      head.append(button);
    });
  }

  const checks = document.querySelector('select[name="check"]');
  if (checks) {
    const ids = new Set(all('[data-row="found"]').map((row) => row.dataset.check));
    for (const id of [...ids].sort()) checks.append(new Option(id, id));
  }
  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => { apply(form); remember(form); });
    form.addEventListener("reset", () => setTimeout(() => { apply(form); remember(form); }));
    apply(form);
  }
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => { for (const part of all(".found details")) part.open = true; });
  follow();
})();
