
"use strict";
(() => {
  const sheet = JSON.parse(document.getElementById("data").textContent);
  // By item and not by sheet: two tabs do not overwrite each other, and a sheet that changed keeps what was decided.
  const room = `vouchsafe/${sheet.campaign}/${sheet.stage}/${sheet.reviewer}/`;
  const place = (card) => room + sheet.items[Number(card.dataset.n)].cells[0];
  const by = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll(".item")];
  const batches = [...document.querySelectorAll(".batch")];
  const form = by("filter");
  const answers = new Map();
  let stored = true;
  let unsaved = false;

  document.body.classList.add("scripted");
  for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;

  const n = (card) => Number(card.dataset.n);
  const field = (card, letter) => card.querySelector(`[name="${letter}${card.dataset.n}"]`);
  const chosen = (card) => card.querySelector(`[name="d${card.dataset.n}"]:checked`);

  // What the page was written with: decisions that the campaign knows already.
  for (const card of cards) {
    const radio = chosen(card);
    if (radio) answers.set(n(card), { decision: radio.value, justification: field(card, "j").value, until: field(card, "u").value, at: "" });
  }

  function show(card, answer) {
    for (const radio of card.querySelectorAll('input[type="radio"]')) radio.checked = Boolean(answer) && radio.value === answer.decision;
    field(card, "j").value = (answer && answer.justification) || "";
    field(card, "u").value = (answer && answer.until) || "";
    const radio = chosen(card);
    if (answer) answers.set(n(card), { decision: radio ? radio.value : "", justification: answer.justification || "", until: answer.until || "", at: answer.at || "" });
    else answers.delete(n(card));
  }

  try {
    // Pages of an earlier program kept one record for each sheet.
    const old = JSON.parse(localStorage.getItem(room + sheet.sheet) || "{}");
    for (const card of cards) {
      const kept = localStorage.getItem(place(card));
      const answer = kept ? JSON.parse(kept) : old[sheet.items[n(card)].cells[0]];
      if (answer) show(card, answer);
    }
  } catch { stored = false; }

  // A date belongs to these two; one that was given before the mind was changed is left out.
  const timed = (answer) => ["modify", "exception"].includes(answer.decision);

  // The rule of the program for reasons: what is refused there is asked for here.
  function saysSomething(text) {
    const wide = text.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu) || [];
    const words = new Set((text.toLowerCase().match(/[\p{L}\p{N}]+/gu) || []).filter((w) => [...w].length >= 3));
    return wide.length >= 6 || ([...text.trim()].length >= 10 && words.size >= 2);
  }
  const today = () => { const d = new Date(); return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`; };

  function lacks(card) {
    const answer = answers.get(n(card));
    if (!answer || !answer.decision) return "";
    const needed = [];
    if (answer.decision === "exception" && !saysSomething(answer.justification)) needed.push("write a reason of at least two words that another person can check");
    else if (sheet.items[n(card)].justify.includes(answer.decision) && !answer.justification.trim()) needed.push("write a reason");
    if (answer.decision === "exception" && !answer.until) needed.push("give the date on which it ends");
    if (answer.decision === "modify" && !answer.until && !answer.justification.trim()) needed.push("write what changes, or give a date");
    if (timed(answer) && answer.until && answer.until <= today()) needed.push("give a date after today");
    return needed.length ? `Please ${needed.join(" and ")}.` : "";
  }

  function keep(card) {
    const answer = answers.get(n(card));
    try {
      if (answer && (answer.decision || answer.justification || answer.until)) localStorage.setItem(place(card), JSON.stringify(answer));
      else localStorage.removeItem(place(card));
      stored = true;
    } catch { stored = false; }
  }

  function draw(card) {
    const answer = answers.get(n(card));
    card.classList.toggle("decided", Boolean(answer && answer.decision) && !lacks(card));
    card.classList.toggle("timed", Boolean(answer && timed(answer)));
    const needs = card.querySelector(".needs");
    if (needs.textContent !== lacks(card)) needs.textContent = lacks(card);
  }

  const decided = (card) => Boolean((answers.get(n(card)) || {}).decision);

  function tally() {
    const done = cards.filter(decided).length;
    const lacking = cards.filter(lacks).length;
    by("done").textContent = done.toLocaleString("en");
    by("progress").value = done;
    by("lacking").hidden = lacking === 0;
    by("lacking").textContent = `, ${lacking.toLocaleString("en")} with something missing`;
    for (const batch of batches) {
      const left = [...batch.querySelectorAll(".item")].filter((card) => !decided(card)).length;
      batch.querySelector("[data-left]").textContent = left.toLocaleString("en");
    }
    const left = cards.length - done;
    by("verdict").textContent = left > 0 ? `${left.toLocaleString("en")} still to decide.` : lacking > 0 ? `All decided; ${lacking.toLocaleString("en")} need a reason or a date.` : "All decided. Save the file and send it back.";
    by("state").textContent = stored ? "What you decided is kept in this browser." : "This browser keeps nothing for local files: save before you close the page.";
    for (const id of ["save", "save-again"]) by(id).disabled = done === 0;
    by("next").disabled = left === 0;
    by("undo").disabled = history.length === 0;
  }

  // What was there before each change, the newest last; letters typed in one go are one change.
  const history = [];

  function remember(card, kind) {
    const last = history[history.length - 1];
    if (kind !== "choice" && last && last.card === card && last.kind === kind) return;
    const before = answers.get(n(card));
    history.push({ card, kind, before: before && { ...before } });
  }

  function changed(card, kind) {
    remember(card, kind);
    const radio = chosen(card);
    const before = answers.get(n(card)) || { at: "" };
    answers.set(n(card), {
      decision: radio ? radio.value : "",
      justification: field(card, "j").value,
      until: field(card, "u").value,
      at: kind === "choice" ? new Date().toISOString() : before.at,
    });
    unsaved = true;
    keep(card);
    draw(card);
    tally();
  }

  function undo() {
    const last = history.pop();
    if (!last) return;
    show(last.card, last.before);
    unsaved = true;
    keep(last.card);
    draw(last.card);
    tally();
    go(last.card);
  }

  function undecide(card) {
    const radio = card && chosen(card);
    if (!radio) return;
    radio.checked = false;
    changed(card, "choice");
  }

  // A spreadsheet must not take a name for a formula: the rule of the program, which takes the mark off again.
  const dangerous = /^[ \u00a0\u3000']*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]/;
  const quoted = (text) => {
    const safe = dangerous.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  function save() {
    const rows = [sheet.columns];
    // What the program would refuse is not in the file: it stays here, and is named.
    const lacking = cards.filter(lacks);
    const without = new Set(lacking.map(n));
    for (const [place, item] of sheet.items.entries()) {
      const a = (!without.has(place) && answers.get(place)) || { decision: "", justification: "", until: "", at: "" };
      rows.push([...item.cells, a.decision, a.justification.trim(), timed(a) ? a.until : "", a.decision ? a.at : "", ...sheet.place]);
    }
    const text = "\ufeff" + rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = sheet.file;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    unsaved = false;
    const named = lacking.slice(0, 3).map((card) => card.querySelector("h3").textContent.trim().replace(/\s+/g, " "));
    const more = lacking.length > named.length ? ` and ${(lacking.length - named.length).toLocaleString("en")} more` : "";
    const left = lacking.length ? ` Not in it, since something is missing: ${named.join("; ")}${more}. Complete them and save again.` : "";
    by("state").textContent = `Saved as ${sheet.file}. Send it back by replying to the mail that brought you here.${left}`;
    if (lacking.length) go(lacking[0]);
  }

  const visible = () => cards.filter((card) => !card.hidden);
  let current = -1;

  function go(card) {
    if (!card) return;
    current = cards.indexOf(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function step(by, fits = () => true) {
    const list = by > 0 ? cards.slice(current + 1) : cards.slice(0, Math.max(current, 0)).reverse();
    go(list.find((card) => !card.hidden && fits(card)));
  }

  function nextOpen() {
    const open = (card) => !card.hidden && !decided(card);
    go(cards.slice(current + 1).find(open) || cards.find(open));
  }

  function decide(word) {
    const card = cards[current];
    if (!card || card.hidden) return step(1);
    const radio = [...card.querySelectorAll('input[type="radio"]')].find((r) => r.value === word);
    if (radio.checked) return step(1);
    radio.checked = true;
    changed(card, "choice");
    if (!lacks(card)) return step(1);
    const missing = /date/.test(lacks(card)) && !/reason|what/.test(lacks(card)) ? "u" : "j";
    field(card, missing).focus();
  }

  function apply() {
    const wanted = new FormData(form);
    const needle = (wanted.get("text") || "").trim().toLowerCase();
    const fits = {
      "": () => true,
      open: (card) => !decided(card),
      lacking: (card) => lacks(card) !== "",
      high: (card) => card.dataset.risk === "high",
      found: (card) => card.dataset.found !== "0",
      against: (card) => card.dataset.advice === "revoke",
    }[wanted.get("show") || ""];
    for (const card of cards) card.hidden = !(fits(card) && (!needle || card.querySelector(".told").textContent.toLowerCase().includes(needle)));
    for (const batch of batches) batch.hidden = ![...batch.querySelectorAll(".item")].some((card) => !card.hidden);
    by("shown").textContent = `${visible().length.toLocaleString("en")} of ${cards.length.toLocaleString("en")} shown`;
  }

  const keys = {
    j: () => step(1), h: () => step(-1), u: nextOpen, s: () => by("save").disabled || save(),
    k: () => decide("keep"), r: () => decide("revoke"), m: () => decide("modify"), e: () => decide("exception"),
    c: () => decide("modify"), z: undo, x: () => undecide(cards[current]), Backspace: () => undecide(cards[current]), Delete: () => undecide(cards[current]),
    w: () => cards[current] && field(cards[current], "j").focus(),
    "/": () => form.elements.namedItem("text").focus(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
    if (event.key === "Escape" && typing) return event.target.closest(".item") ? go(event.target.closest(".item")) : event.target.blur();
    if (event.key === "Enter" && event.target.matches("textarea") && !event.shiftKey && by("keys").checked) {
      event.preventDefault();
      const card = event.target.closest(".item");
      current = cards.indexOf(card);
      return /date/.test(lacks(card)) ? field(card, "u").focus() : step(1);
    }
    if (!typing && (event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); return undo(); }
    if (typing || !by("keys").checked || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest(".item");
    if (!card) return;
    current = cards.indexOf(card);
    seen.add(card);
    offer();
  });
  by("items").addEventListener("input", (event) => {
    const card = event.target.closest(".item");
    if (card) changed(card, event.target.type === "radio" ? "choice" : event.target.name.slice(0, 1));
  });
  // A decision that is pressed once more is taken back.
  by("items").addEventListener("pointerdown", (event) => {
    const radio = event.target.closest(".choice") && event.target.closest(".choice").querySelector("input");
    if (radio) radio.dataset.was = radio.checked ? "yes" : "";
  });
  by("items").addEventListener("click", (event) => {
    const radio = event.target.matches('input[type="radio"]') && event.target;
    if (radio && radio.dataset.was === "yes") { radio.dataset.was = ""; undecide(radio.closest(".item")); }
  });
  // What another tab decides is decided here, too.
  addEventListener("storage", (event) => {
    const card = event.key && event.key.startsWith(room) && cards.find((c) => place(c) === event.key);
    if (!card) return;
    show(card, event.newValue ? JSON.parse(event.newValue) : undefined);
    draw(card);
    tally();
  });

  // Seen is what was whole on the screen, or had the focus.
  const seen = new Set();
  if ("IntersectionObserver" in window) {
    const eye = new IntersectionObserver((list) => { for (const one of list) if (one.isIntersecting) seen.add(one.target.closest(".item")); offer(); }, { threshold: 1 });
    for (const card of cards) eye.observe(card.querySelector(".speaks"));
  }
  const acceptable = (card) => seen.has(card) && !card.hidden && !decided(card) && card.dataset.risk !== "high" && ["keep", "revoke"].includes(card.dataset.advice) && !sheet.items[n(card)].justify.includes(card.dataset.advice);
  function offer() {
    const count = cards.filter(acceptable).length;
    by("accept").hidden = count === 0;
    by("accept").textContent = `Accept the recommendation for ${count.toLocaleString("en")} that you have seen`;
  }
  by("accept").addEventListener("click", () => {
    for (const card of cards.filter(acceptable)) {
      [...card.querySelectorAll('input[type="radio"]')].find((r) => r.value === card.dataset.advice).checked = true;
      changed(card, "choice");
    }
    offer();
  });
  by("undo").addEventListener("click", undo);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  by("next").addEventListener("click", nextOpen);
  by("save").addEventListener("click", save);
  by("save-again").addEventListener("click", save);
  by("forget").addEventListener("click", (event) => {
    if (event.target.dataset.sure) {
      try { for (const key of Object.keys(localStorage).filter((k) => k.startsWith(room))) localStorage.removeItem(key); } catch { /* nothing was kept */ }
      unsaved = false;
      return location.reload();
    }
    event.target.dataset.sure = "yes";
    event.target.textContent = "Press again to forget all decisions of this page";
  });
  addEventListener("beforeunload", (event) => { if (unsaved && !stored) event.preventDefault(); });

  for (const card of cards) draw(card);
  tally();
  apply();
})();
