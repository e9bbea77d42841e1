// Decides on a work sheet by keyboard as a reviewer would, reloads it, and saves the file that comes back.
//   node sheet.cjs PAGE OUT EPOCH   decides at that second; prints JSON: what was counted before and after the reload, complaints, and what axe-core found
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
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  // Decisions are dated by the clock of the test, which an import compares with its own.
  await page.clock.setFixedTime(new Date(Number(epoch) * 1000));
  const complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("dialog", (d) => { complaints.push("dialog: " + d.message()); d.dismiss(); });
  page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) complaints.push("request: " + r.url()); });
  await page.goto(url);

  const focused = () => page.evaluate(() => (document.activeElement && document.activeElement.matches("textarea, input[type=date]") ? document.activeElement.type : ""));
  const done = async () => Number((await page.innerText("#done")).replaceAll(",", ""));
  const items = await page.locator(".item").count();
  const before = await done();

  // Every item but the last, by keyboard alone.
  const given = [];
  for (let n = 0; n < items - 1; n++) {
    if (n === 0) await page.keyboard.press("j");
    const id = await page.evaluate(() => document.activeElement.id);
    const key = ["k", "r", "e", "m"][n % 4];
    await page.keyboard.press(key);
    if ((await focused()) === "textarea") {
      await page.keyboard.type(`reason ${n}: k, r, m and "quotes" are letters here`);
      await page.keyboard.press("Enter");
    }
    if ((await focused()) === "date") {
      await page.evaluate(() => { const field = document.activeElement; field.value = "2035-01-31"; field.dispatchEvent(new Event("input", { bubbles: true })); field.blur(); });
      await page.keyboard.press("j");
    }
    given.push([id, { k: "keep", r: "revoke", e: "exception", m: "modify" }[key]]);
  }
  const decided = await done();
  const lacking = await page.locator("#lacking").isVisible();

  await page.reload();
  const after = await done();
  const kept = await page.evaluate(() => [...document.querySelectorAll(".item")].map((card) => [card.id, (card.querySelector("input:checked") || { value: "" }).value]));

  await page.selectOption('select[name="show"]', "open");
  const shownOpen = await page.locator(".item:visible").count();
  await page.click('button[type="reset"]');

  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]);
  await download.saveAs(out);

  const found = {};
  const axe = path.join(process.env.NODE_PATH || "", "axe-core", "axe.min.js");
  if (fs.existsSync(axe)) {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(fs.readFileSync(axe, "utf8"));
      const result = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      found[colorScheme] = result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
    }
  }
  console.log(JSON.stringify({ items, before, decided, after, lacking, shownOpen, given, kept, file: download.suggestedFilename(), complaints, axe: found }));
  await browser.close();
}

main().catch((e) => { console.error(e); process.exit(1); });
