
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
  // Seen is what was whole on the screen, or had the focus.
  const seen = new Set();
  let stored = true;
  let unsaved = false;
  let shownIn = cards;
  // Until somebody went to an item, the first is only shown in the panel: no key decides about it.
  let started = false;

  // Texts are English here; the page brings them in the reader's language.
  const say = (text, parts = {}) => (sheet.texts[text] || text).replace(/\{([^}]*)\}/g, (whole, name) => (name in parts ? parts[name] : whole));
  const number = (n) => n.toLocaleString(sheet.language);

  document.body.classList.add("scripted");
  for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;

  const n = (card) => Number(card.dataset.n);
  const field = (card, letter) => card.querySelector(`[name="${letter}${card.dataset.n}"]`);
  const radios = (card) => [...card.querySelectorAll('input[type="radio"]')];
  const chosen = (card) => radios(card).find((radio) => radio.checked);

  // What the page was written with: decisions that the campaign knows already.
  for (const card of cards) {
    const radio = chosen(card);
    if (radio) answers.set(n(card), { decision: radio.value, justification: field(card, "j").value, until: field(card, "u").value, at: "" });
  }

  function show(card, answer) {
    for (const radio of radios(card)) radio.checked = Boolean(answer) && radio.value === answer.decision;
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
  // The blanks that an import takes off, too.
  const clean = (text) => text.replace(/^[\s\u0085\u200b\ufeff]+|[\s\u0085\u200b\ufeff]+$/gu, "");

  // The rule of the program for reasons: what is refused there is asked for here.
  function saysSomething(text) {
    const wide = text.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu) || [];
    const words = new Set((text.toLowerCase().match(/[\p{Alphabetic}\p{N}]+/gu) || []).filter((w) => [...w].length >= 3));
    return wide.length >= 6 || ([...clean(text)].length >= 10 && words.size >= 2);
  }
  const today = () => { const d = new Date(); return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`; };

  // What is missing, as [field, text].
  function missing(card) {
    const answer = answers.get(n(card));
    if (!answer || !answer.decision) return [];
    const reason = clean(answer.justification);
    const end = /^\d{4}-\d\d-\d\d$/.test(answer.until) ? answer.until : "";
    const needed = [];
    if (answer.decision === "exception" && !saysSomething(answer.justification)) needed.push(["j", say("write a reason of at least two words that another person can check")]);
    else if (sheet.items[n(card)].justify.includes(answer.decision) && !reason) needed.push(["j", say("write a reason")]);
    if (answer.decision === "exception" && !end) needed.push(["u", say("give the date on which it ends")]);
    if (answer.decision === "modify" && !end && !reason) needed.push(["j", say("write what changes, or give a date")]);
    if (timed(answer) && end && (end <= today() || end > "2200-12-31")) needed.push(["u", say("give a date after today")]);
    return needed;
  }
  const lacks = (card) => missing(card).length > 0;
  function lacking(card) {
    const needed = missing(card).map(([, text]) => text);
    return needed.length ? say("Please {what}.", { what: needed.reduce((a, b) => say("{a} and {b}", { a, b })) }) : "";
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
    const text = lacking(card);
    if (needs.textContent !== text) needs.textContent = text;
  }

  const decided = (card) => Boolean((answers.get(n(card)) || {}).decision);

  function tally() {
    const done = cards.filter(decided).length;
    const without = cards.filter(lacks).length;
    by("done").textContent = number(done);
    by("progress").value = done;
    by("lacking").hidden = without === 0;
    by("lacking").textContent = say(", {n} with something missing", { n: number(without) });
    for (const group of document.querySelectorAll(".batch")) {
      const mine = [...group.querySelectorAll(".item")];
      const left = mine.filter((card) => !decided(card)).length;
      group.querySelector("[data-left]").textContent = say("{n} of {all} to decide", { n: number(left), all: number(mine.length) });
    }
    const left = cards.length - done;
    by("verdict").textContent = left > 0 ? say("{n} still to decide.", { n: number(left) }) : without > 0 ? say("All decided; {n} need a reason or a date.", { n: number(without) }) : say("All decided. Save the file and send it back.");
    by("state").textContent = stored ? say("What you decided is kept in this browser.") : say("This browser keeps nothing for local files: save before you close the page.");
    for (const id of ["save", "save-again"]) by(id).disabled = done === 0;
    by("next").disabled = left === 0;
    by("undo").disabled = history.length === 0;
    offer();
  }

  // What was there before each change, the newest last; letters typed in one go are one change, and so is what is decided in one go.
  const history = [];
  const before = (card) => { const answer = answers.get(n(card)); return { card, answer: answer && { ...answer } }; };

  function remember(card, kind) {
    const last = history[history.length - 1];
    if (kind !== "choice" && last && last.kind === kind && last.changes[0].card === card) return;
    history.push({ kind, changes: [before(card)] });
  }

  function take(card, kind) {
    const radio = chosen(card);
    const old = answers.get(n(card)) || { at: "" };
    // A clock that stands before the opening tells nothing, and would be refused.
    const now = Date.now() >= sheet.opened ? new Date().toISOString() : "";
    answers.set(n(card), { decision: radio ? radio.value : "", justification: field(card, "j").value, until: field(card, "u").value, at: kind === "choice" ? now : old.at });
    unsaved = true;
    keep(card);
    draw(card);
  }

  function changed(card, kind) {
    remember(card, kind);
    take(card, kind);
    tally();
  }

  function choose(list, word) {
    history.push({ kind: "choice", changes: list.map(before) });
    for (const card of list) {
      radios(card).find((radio) => radio.value === (word || card.dataset.advice)).checked = true;
      take(card, "choice");
    }
    tally();
  }

  function undo() {
    const last = history.pop();
    if (!last) return;
    for (const { card, answer } of last.changes) {
      show(card, answer);
      keep(card);
      draw(card);
    }
    unsaved = true;
    tally();
    go(last.changes[0].card);
  }

  function undecide(card) {
    const radio = card && chosen(card);
    if (!radio) return;
    remember(card, "choice");
    radio.checked = false;
    take(card, "choice");
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
    // What the program would refuse is not in the file: it stays here, and is named.
    const without = cards.filter(lacks);
    const left = new Set(without.map(n));
    for (const [place, item] of sheet.items.entries()) {
      const a = (!left.has(place) && answers.get(place)) || { decision: "", justification: "", until: "", at: "" };
      rows.push([...item.cells, a.decision, a.decision ? clean(a.justification) : "", timed(a) ? a.until : "", a.decision ? a.at : "", ...sheet.place]);
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
    const name = (card) => `${card.querySelector(".who").textContent}, ${card.querySelector(".what").textContent}`;
    const named = without.slice(0, 3).map(name).join("; ");
    const rest = without.length > 3 ? ` ${say("and {n} more", { n: number(without.length - 3) })}` : "";
    const told = without.length ? ` ${say("Not in it, since something is missing: {names}. Complete them and save again.", { names: named + rest })}` : "";
    by("state").textContent = say("Saved as {file}. Send it back by replying to the mail that brought you here.", { file: sheet.file }) + told;
    if (without.length) go(without[0]);
  }

  // The panel begins below the bar, wherever it stands and however high its buttons make it.
  const bar = document.querySelector(".bar");
  const measure = () => document.documentElement.style.setProperty("--bar", `${Math.round(Math.max(bar.getBoundingClientRect().bottom, bar.offsetHeight))}px`);
  if ("ResizeObserver" in window) new ResizeObserver(measure).observe(bar);
  addEventListener("scroll", measure, { passive: true });
  measure();

  let current = null;
  const wide = matchMedia("(min-width: 1100px)");

  // The panel shows whatever item is current.
  function select(card) {
    if (current && current !== card) open(current, false);
    for (const other of document.querySelectorAll(".item.current")) other.classList.remove("current");
    current = card;
    if (card) card.classList.add("current");
  }

  function open(card, is) {
    card.classList.toggle("opened", is);
    card.querySelector(".open").setAttribute("aria-expanded", String(is));
  }

  function go(card) {
    if (!card) return;
    select(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function write(card, letter) {
    select(card);
    open(card, true);
    field(card, letter).focus();
  }

  function step(way, fits = () => true) {
    const at = shownIn.indexOf(current);
    const list = way > 0 ? shownIn.slice(at + 1) : shownIn.slice(0, Math.max(at, 0)).reverse();
    go(list.find((card) => !card.hidden && fits(card)));
  }

  // After a decision: the next that waits for one, else the next.
  function onward() {
    const rest = shownIn.slice(shownIn.indexOf(current) + 1);
    go(rest.find((card) => !card.hidden && !decided(card)) || rest.find((card) => !card.hidden));
  }

  function nextOpen() {
    const undone = (card) => !card.hidden && !decided(card);
    go(shownIn.slice(shownIn.indexOf(current) + 1).find(undone) || shownIn.find(undone));
  }

  function decide(word) {
    const card = current;
    if (!card || card.hidden || !started) return keys.j();
    const radio = radios(card).find((r) => r.value === word);
    if (radio.checked && !lacks(card)) return step(1);
    radio.checked = true;
    changed(card, "choice");
    const needed = missing(card);
    if (needed.length) return write(card, needed[0][0]);
    onward();
  }

  function apply() {
    const wanted = new FormData(form);
    const needle = (wanted.get("text") || "").trim().toLowerCase();
    const fits = {
      "": () => true,
      open: (card) => !decided(card),
      lacking: lacks,
      high: (card) => card.dataset.risk === "high",
      found: (card) => card.dataset.found !== "0",
      against: (card) => card.dataset.advice === "revoke",
    }[wanted.get("show") || ""];
    for (const card of cards) card.hidden = !(fits(card) && (!needle || (card.querySelector(".told").textContent + card.querySelector(".more").textContent).toLowerCase().includes(needle)));
    for (const group of document.querySelectorAll(".batch")) group.hidden = ![...group.querySelectorAll(".item")].some((card) => !card.hidden);
    by("shown").textContent = say("{n} of {all} shown", { n: number(cards.filter((card) => !card.hidden).length), all: number(cards.length) });
    offer();
  }

  // Groups by person, by access and by recommendation; by risk, the batches of the page.
  let grouped = "risk";
  const titles = { who: (card) => card.querySelector(".who").textContent, what: (card) => card.querySelector(".what").textContent, advice: (card) => card.querySelector(".speaks strong").textContent };
  const home = new Map(cards.map((card) => [card, card.closest(".batch")]));

  function regroup(how) {
    if (how === grouped) return;
    grouped = how;
    const holder = by("items");
    for (const part of [...holder.children]) part.remove();
    if (how === "risk") {
      for (const card of cards) home.get(card).append(card);
      holder.append(...batches);
    } else {
      const groups = new Map();
      for (const card of cards) groups.set(titles[how](card), [...(groups.get(titles[how](card)) || []), card]);
      let place = 0;
      for (const [title, list] of groups) {
        const section = document.createElement("section");
        section.className = "batch";
        place += 1;
        section.setAttribute("aria-labelledby", `group-${place}`);
        const head = document.createElement("header");
        const name = document.createElement("h2");
        name.id = `group-${place}`;
        name.textContent = title;
        const left = document.createElement("p");
        left.className = "soft";
        left.dataset.left = "";
        head.append(name, left);
        for (const word of ["keep", "revoke"]) {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "alike";
          button.dataset.word = word;
          button.hidden = true;
          head.append(button);
        }
        section.append(head, ...list);
        holder.append(section);
      }
    }
    shownIn = [...document.querySelectorAll(".item")];
    tally();
    apply();
  }

  const keys = {
    h: () => step(-1), u: nextOpen, s: () => by("save").disabled || save(),
    k: () => decide("keep"), r: () => decide("revoke"), m: () => decide("modify"), e: () => decide("exception"),
    c: () => decide("modify"), z: undo, x: () => undecide(current), Backspace: () => undecide(current), Delete: () => undecide(current),
    w: () => current && write(current, "j"),
    "/": () => form.elements.namedItem("text").focus(),
  };
  keys.j = () => { if (started) return step(1); started = true; go(shownIn.find((card) => !card.hidden)); };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
    if (event.key === "Escape" && typing) return event.target.closest(".item") ? go(event.target.closest(".item")) : event.target.blur();
    if (event.key === "Enter" && event.target.matches("textarea") && !event.shiftKey && by("keys").checked) {
      event.preventDefault();
      const card = event.target.closest(".item");
      const needed = missing(card);
      select(card);
      return needed.some(([letter]) => letter === "u") ? write(card, "u") : onward();
    }
    if (!typing && (event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); return undo(); }
    if (typing || !by("keys").checked || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest(".item");
    if (!card) return;
    started = true;
    if (card !== current) select(card);
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
    if (radio && radio.dataset.was === "yes") { radio.dataset.was = ""; return undecide(radio.closest(".item")); }
    const alike = event.target.closest(".alike");
    if (alike) return choose(others(alike.closest(".batch"), alike.dataset.word), alike.dataset.word);
    const button = event.target.closest(".open");
    if (!button) {
      const card = event.target.closest(".told") && event.target.closest(".item");
      return card && !event.target.closest("a") && select(card);
    }
    const card = button.closest(".item");
    if (wide.matches || !card.classList.contains("opened")) return write(card, "j");
    open(card, false);
  });
  // What another tab decides is decided here, too; a tab that slept looks when it wakes.
  function from(card, text) {
    const known = JSON.stringify(answers.get(n(card)));
    if ((text || undefined) === known) return;
    // What was decided elsewhere since is not this tab's to undo.
    for (const step of history) step.changes = step.changes.filter((change) => change.card !== card);
    history.splice(0, history.length, ...history.filter((step) => step.changes.length));
    show(card, text ? JSON.parse(text) : undefined);
    draw(card);
  }
  addEventListener("storage", (event) => {
    const card = event.key && event.key.startsWith(room) && cards.find((c) => place(c) === event.key);
    if (!card) return;
    from(card, event.newValue);
    tally();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !stored) return;
    try { for (const card of cards) { const text = localStorage.getItem(place(card)); if (text) from(card, text); } } catch { stored = false; }
    tally();
  });

  if ("IntersectionObserver" in window) {
    const eye = new IntersectionObserver((list) => { for (const one of list) if (one.isIntersecting) seen.add(one.target.closest(".item")); offer(); }, { threshold: 1 });
    for (const card of cards) eye.observe(card.querySelector(".speaks"));
  }
  const light = (card, word) => seen.has(card) && !card.hidden && !decided(card) && card.dataset.risk !== "high" && !sheet.items[n(card)].justify.includes(word);
  const acceptable = (card) => ["keep", "revoke"].includes(card.dataset.advice) && light(card, card.dataset.advice);
  // The same decision for the rest of a group, where one was decided so: never against a recommendation.
  function others(group, word) {
    const mine = [...group.querySelectorAll(".item")];
    const led = mine.some((card) => (answers.get(n(card)) || {}).decision === word);
    const against = word === "keep" ? "revoke" : "keep";
    return led ? mine.filter((card) => light(card, word) && card.dataset.advice !== against) : [];
  }
  function offer() {
    const count = cards.filter(acceptable).length;
    by("accept").hidden = count === 0;
    by("accept").textContent = say("Accept the recommendation for {n} that you have seen", { n: number(count) });
    for (const button of document.querySelectorAll(".alike")) {
      const list = others(button.closest(".batch"), button.dataset.word);
      button.hidden = list.length === 0;
      const parts = { n: number(list.length) };
      button.textContent = button.dataset.word === "keep" ? say("Keep the {n} others that you have seen here", parts) : say("Remove the {n} others that you have seen here", parts);
    }
  }
  by("accept").addEventListener("click", () => choose(cards.filter(acceptable)));
  by("undo").addEventListener("click", undo);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => { if (event.target.name === "group") regroup(event.target.value); else apply(); });
  form.addEventListener("reset", () => setTimeout(() => { regroup("risk"); apply(); }));
  by("next").addEventListener("click", () => { started = true; nextOpen(); });
  by("save").addEventListener("click", save);
  by("save-again").addEventListener("click", save);
  by("forget").addEventListener("click", (event) => {
    if (event.target.dataset.sure) {
      try { for (const key of Object.keys(localStorage).filter((k) => k.startsWith(room))) localStorage.removeItem(key); } catch { /* nothing was kept */ }
      unsaved = false;
      return location.reload();
    }
    event.target.dataset.sure = "yes";
    event.target.textContent = say("Press again to forget all decisions of this page");
  });
  addEventListener("beforeunload", (event) => { if (unsaved && !stored) event.preventDefault(); });

  for (const card of cards) draw(card);
  if (cards.length) select(cards[0]);
  tally();
  apply();
})();
