// A manager decides on a sheet in a browser, with as few actions as she can; then two tabs, a phone, and what an import would refuse.
//   node manager.cjs PAGE OUT EPOCH   prints JSON: actions taken, what is decided, words on the screen, what axe-core found
const { chromium } = require("playwright-core");
const fs = require("fs");
const path = require("path");

async function main() {
  const [file, out, epoch] = process.argv.slice(2);
  const url = "file://" + path.resolve(file);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const complaints = [];
  async function opened(options = {}) {
    const context = options.context || (await browser.newContext({ acceptDownloads: true, viewport: { width: 1440, height: 1000 }, ...options }));
    const page = await context.newPage();
    // Decisions are dated by the clock of the test, which an import compares with its own.
    await page.clock.setFixedTime(new Date(Number(epoch) * 1000));
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
    page.on("pageerror", (e) => complaints.push(String(e)));
    page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) complaints.push("request: " + r.url()); });
    await page.goto(url);
    return { context, page };
  }
  const count = async (page) => Number((await page.innerText("#done")).replace(/\D/g, ""));
  const state = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".item")].map((c) => [c.id, { risk: c.dataset.risk, advice: c.dataset.advice, decision: (c.querySelector("input:checked") || { value: "" }).value }])));

  const { context, page } = await opened();
  const items = await page.locator(".item").count();
  const words = await page.evaluate(() => [...document.querySelectorAll(".item")].map((c) => [...c.querySelectorAll(".told, .decide")].map((p) => p.innerText).join(" ").split(/\s+/).filter(Boolean).length));

  // Each press of a key, click or turn of the wheel by a screen is one action; letters typed into one field are one.
  let actions = 0;
  const act = async (what) => { actions += 1; await what(); await page.waitForTimeout(60); };
  const end = () => page.evaluate(() => { const last = [...document.querySelectorAll(".item")].at(-1).getBoundingClientRect(); return last.bottom <= innerHeight; });
  while (!(await end()) && actions < 60) await act(() => page.mouse.wheel(0, 900));
  const scrolled = actions;
  const before = await count(page);
  if (await page.locator("#accept").isVisible()) await act(() => page.click("#accept"));
  const accepted = (await count(page)) - before;
  const high = Object.values(await state(page)).filter((s) => s.risk === "high" && s.decision).length;
  // What has no recommendation: one is decided, and the rest of its group alike.
  let alike = 0;
  await act(() => page.selectOption('select[name="group"]', "advice"));
  // What is left is decided one by one, by key.
  let guard = 0;
  while ((await count(page)) < items && guard++ < 60) {
    const target = await page.evaluate(() => document.activeElement.closest && document.activeElement.closest(".item") && !document.activeElement.closest(".item").querySelector("input:checked"));
    if (!target) await act(() => page.click("#next"));
    const id = await page.evaluate(() => document.activeElement.id);
    const advice = await page.evaluate((i) => document.getElementById(i).dataset.advice, id);
    await act(() => page.keyboard.press(advice === "revoke" ? "r" : "k"));
    if (await page.evaluate(() => document.activeElement.matches("textarea"))) {
      await act(() => page.keyboard.type("needed for the month end"));
      await act(() => page.keyboard.press("Enter"));
    }
    const rest = page.locator(`.batch:has(#${id}) .alike[data-word="keep"]:visible`);
    if (advice === "none" && (await rest.count()) > 0) {
      const was = await count(page);
      await act(() => rest.click());
      alike += (await count(page)) - was;
    }
  }
  const decided = await count(page);
  const [download] = await Promise.all([page.waitForEvent("download"), act(() => page.keyboard.press("s"))]);
  await download.saveAs(out);
  const after = await state(page);

  // Undo takes back what was decided last, and what was accepted in one go is one step.
  await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
  let undone = 0;
  while (!(await page.locator("#undo").isDisabled()) && undone < 80) { await page.click("#undo"); undone += 1; }
  const empty = await count(page);

  // Two tabs: what one decides the other shows, and neither loses anything.
  const other = (await opened({ context })).page;
  const ids = Object.keys(after);
  const choose = (p, id, word) => p.evaluate(([i, w]) => { const card = document.getElementById(i); card.querySelector(`input[value="${w}"]`).click(); }, [id, word]);
  await choose(page, ids[0], "keep");
  await choose(other, ids[1], "revoke");
  await page.waitForTimeout(150);
  const tabs = [await state(page), await state(other)].map((s) => ids.slice(0, 2).map((i) => s[i].decision));
  // Pressed once more, a decision is taken back, in both.
  await page.evaluate((i) => document.getElementById(i).scrollIntoView({ block: "center" }), ids[0]);
  await page.locator(`#${ids[0]} label.keep`).click();
  await page.waitForTimeout(150);
  const taken = [await state(page), await state(other)].map((s) => s[ids[0]].decision);

  // What the other tab decided since is not this tab's to undo.
  await choose(page, ids[1], "keep");
  await page.waitForTimeout(150);
  await choose(other, ids[1], "revoke");
  await page.waitForTimeout(150);
  await page.click("#undo");
  await page.waitForTimeout(150);
  const left = [await state(page), await state(other)].map((s) => s[ids[1]].decision);

  // Groups: by person, by access, by recommendation; every item is in exactly one of each.
  const groups = {};
  for (const how of ["who", "what", "advice", "risk"]) {
    await page.selectOption('select[name="group"]', how);
    groups[how] = await page.evaluate(() => [...document.querySelectorAll(".batch")].map((g) => [g.querySelector("h2").textContent, g.querySelectorAll(".item").length]));
  }

  // What an import would refuse is not saved, and is named.
  const fill = (p, id, word, reason, until) => p.evaluate(([i, w, r, u]) => {
    const card = document.getElementById(i);
    const radio = card.querySelector(`input[value="${w}"]`);
    if (!radio.checked) radio.click();
    const set = (field, value) => { field.value = value; field.dispatchEvent(new Event("input", { bubbles: true })); };
    set(card.querySelector("textarea"), r);
    set(card.querySelector("input[type=date]"), u);
  }, [id, word, reason, until]);
  const reasons = ["", ".", "n/a", "yes yes yes yes", "ok then", "\u200b\u200b", "needed for ward duty", "CHG0046120 migration", "監査のため必要です", "कार्यालय की आवश्यकता", "Vertretung bis März"];
  const told = [];
  for (const [n, reason] of reasons.entries()) {
    const id = ids[n + 2];
    if (!id) break;
    await fill(page, id, "exception", reason, "2035-01-31");
    told.push([id, reason, await page.evaluate((i) => document.querySelector(`#${i} .needs`).textContent === "", id)]);
  }
  const [second] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  const refused = out.replace(/\.csv$/, "-exceptions.csv");
  await second.saveAs(refused);
  const named = await page.innerText("#state");

  // On a phone nothing is wider than the screen, no keys are hinted at, and fingers find the buttons.
  const phone = (await opened({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true })).page;
  const small = await phone.evaluate(() => ({
    wide: document.documentElement.scrollWidth > innerWidth,
    hints: [...document.querySelectorAll("kbd")].filter((k) => k.getClientRects().length > 0).length,
    low: [...document.querySelectorAll(".choice, .open")].filter((b) => b.getBoundingClientRect().height < 40).length,
  }));
  await phone.locator(`#${ids[0]} .open`).click();
  small.opened = await phone.locator(`#${ids[0]} textarea`).isVisible();
  small.inline = await phone.evaluate((i) => { const card = document.getElementById(i).getBoundingClientRect(), area = document.querySelector(`#${i} textarea`).getBoundingClientRect(); return area.top >= card.top && area.bottom <= card.bottom + 1; }, ids[0]);

  const found = {};
  const axe = path.join(process.env.NODE_PATH || "", "axe-core", "axe.min.js");
  if (fs.existsSync(axe)) {
    for (const [name, p] of [["desk", page], ["phone", phone]]) {
      for (const colorScheme of ["light", "dark"]) {
        await p.emulateMedia({ colorScheme });
        await p.evaluate(fs.readFileSync(axe, "utf8"));
        const result = await p.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        found[`${name} ${colorScheme}`] = result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
      }
    }
  }
  console.log(JSON.stringify({ items, words: Math.max(...words), actions, scrolled, accepted, alike, high, decided, after, undone, empty, tabs, taken, left, groups, told, named, small, complaints, axe: found, refused }));
  await browser.close();
}

main().catch((e) => { console.error(e); process.exit(1); });
