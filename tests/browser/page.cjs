// Opens a local page in headless Chromium and tells, as JSON, what the browser complained about and what the page says.
//   node page.cjs FILE [--no-script] [--dark] [--axe] [--pdf=FILE]
const { chromium } = require("playwright-core");
const path = require("path");

async function main() {
  const [file, ...flags] = process.argv.slice(2);
  const pdf = flags.find((f) => f.startsWith("--pdf="));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  // The rules of axe come from outside of the page: only for them is its policy set aside, never for the other questions.
  const context = await browser.newContext({
    javaScriptEnabled: !flags.includes("--no-script"),
    colorScheme: flags.includes("--dark") ? "dark" : "light",
    bypassCSP: flags.includes("--axe"),
  });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("dialog", (d) => { complaints.push("dialog: " + d.message()); d.dismiss(); });
  page.on("request", (r) => { if (!r.url().startsWith("file:") && !r.url().startsWith("data:")) complaints.push("request: " + r.url()); });
  await page.goto("file://" + path.resolve(file));
  const title = await page.title();
  const text = await page.innerText("body");
  let violations = null;
  if (flags.includes("--axe")) {
    await page.addScriptTag({ path: require.resolve("axe-core/axe.min.js") });
    violations = await page.evaluate(async () => {
      for (const part of document.querySelectorAll("details")) part.open = true;
      const found = await window.axe.run(document, { resultTypes: ["violations"] });
      return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
    });
  }
  if (pdf) await page.pdf({ path: pdf.slice(6), preferCSSPageSize: true, printBackground: true });
  console.log(JSON.stringify({ title, complaints, violations, text }));
  await browser.close();
}

main().catch((e) => { console.error(e); process.exit(1); });
