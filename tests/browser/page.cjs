// Opens a local page in headless Chromium and tells, as JSON, what the browser complained about and what the page says.
//   node page.cjs FILE [--no-script]
const { chromium } = require("playwright-core");
const path = require("path");

async function main() {
  const [file, ...flags] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const context = await browser.newContext({ javaScriptEnabled: !flags.includes("--no-script") });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("dialog", (d) => { complaints.push("dialog: " + d.message()); d.dismiss(); });
  page.on("request", (r) => { if (!r.url().startsWith("file:") && !r.url().startsWith("data:")) complaints.push("request: " + r.url()); });
  await page.goto("file://" + path.resolve(file));
  const title = await page.title();
  const text = await page.innerText("body");
  console.log(JSON.stringify({ title, complaints, text }));
  await browser.close();
}

main().catch((e) => { console.error(e); process.exit(1); });
