
"use strict";
(() => {
  const sheet = JSON.parse(document.getElementById("data").textContent);
  const place = `vouchsafe/${sheet.campaign}/${sheet.stage}/${sheet.reviewer}/${sheet.sheet}`;
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
  try {
    const kept = JSON.parse(localStorage.getItem(place) || "{}");
    for (const card of cards) {
      const answer = kept[sheet.items[n(card)].cells[0]];
      if (!answer) continue;
      const radio = [...card.querySelectorAll('input[type="radio"]')].find((r) => r.value === answer.decision);
      for (const other of card.querySelectorAll('input[type="radio"]')) other.checked = other === radio;
      field(card, "j").value = answer.justification || "";
      field(card, "u").value = answer.until || "";
      answers.set(n(card), { decision: radio ? radio.value : "", justification: answer.justification || "", until: answer.until || "", at: answer.at || "" });
    }
  } catch { stored = false; }

  // A date belongs to these two; one that was given before the mind was changed is left out.
  const timed = (answer) => ["modify", "exception"].includes(answer.decision);

  function lacks(card) {
    const answer = answers.get(n(card));
    if (!answer || !answer.decision) return "";
    const needed = [];
    if (sheet.items[n(card)].justify.includes(answer.decision) && !answer.justification.trim()) needed.push("write why");
    if (answer.decision === "exception" && !answer.until) needed.push("give the date on which it ends");
    if (answer.decision === "modify" && !answer.until && !answer.justification.trim()) needed.push("write what changes, or give a date");
    return needed.length ? `Please ${needed.join(" and ")}.` : "";
  }

  function keep() {
    const kept = {};
    for (const [place, answer] of answers) kept[sheet.items[place].cells[0]] = answer;
    try { localStorage.setItem(place, JSON.stringify(kept)); stored = true; } catch { stored = false; }
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
  }

  function changed(card, choice) {
    const radio = chosen(card);
    const before = answers.get(n(card)) || { at: "" };
    answers.set(n(card), {
      decision: radio ? radio.value : "",
      justification: field(card, "j").value,
      until: field(card, "u").value,
      at: choice ? new Date().toISOString() : before.at,
    });
    unsaved = true;
    keep();
    draw(card);
    tally();
  }

  // A spreadsheet must not take a name for a formula: the rule of the program, which takes the mark off again.
  const dangerous = /^[ \u00a0\u3000']*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]/;
  const quoted = (text) => {
    const safe = dangerous.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  function save() {
    const rows = [sheet.columns];
    for (const [place, item] of sheet.items.entries()) {
      const a = answers.get(place) || { decision: "", justification: "", until: "", at: "" };
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
    by("state").textContent = `Saved as ${sheet.file}. Send it back by replying to the mail that brought you here.`;
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
    radio.checked = true;
    changed(card, true);
    if (!lacks(card)) return step(1);
    const missing = /date/.test(lacks(card)) && !/why|what/.test(lacks(card)) ? "u" : "j";
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
    if (typing || !by("keys").checked || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest(".item");
    if (card) current = cards.indexOf(card);
  });
  by("items").addEventListener("input", (event) => {
    const card = event.target.closest(".item");
    if (card) changed(card, event.target.type === "radio");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  by("next").addEventListener("click", nextOpen);
  by("save").addEventListener("click", save);
  by("save-again").addEventListener("click", save);
  by("forget").addEventListener("click", (event) => {
    if (event.target.dataset.sure) {
      try { localStorage.removeItem(place); } catch { /* nothing was kept */ }
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
