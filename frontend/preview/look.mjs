// Takes pictures of the preview and runs axe over it:  node preview/look.mjs PORT [page ...]
// Start `python preview/render.py --serve PORT` first.  Pictures land in preview/out/shots.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [port, ...wanted] = process.argv.slice(2);
const pages = wanted.length > 0 ? wanted : ["style", "orders", "detail", "form", "scan", "sign-in", "problem-page"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = new URL("out/shots/", import.meta.url).pathname;
mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
let findings = 0;
for (const [width, height, touch] of [[1440, 900, false], [390, 844, true]]) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, hasTouch: touch, isMobile: touch, bypassCSP: false, reducedMotion: "reduce" });
    for (const name of pages) {
      const page = await context.newPage();
      const log = (words) => {
        findings += 1;
        console.log(`${name} ${width} ${colorScheme}: ${words}`);
      };
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && log(message.text()));
      page.on("pageerror", (error) => log(error.message));
      await page.goto(`http://127.0.0.1:${port}/${name}.html`);
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${shots}${name}-${width}-${colorScheme}.png`, fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) log(`${overflow} px wider than the window`);
      if (touch) {
        // WCAG asks for 24 px; a glove asks for 44 px on everything that acts.
        const small = await page.evaluate(() => [...document.querySelectorAll("main button, main a.btn, header button, header summary, .form-control, .form-select, .tab, .chip span, .pick-box")]
          .map((element) => [element, element.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && box.height < 43.5)
          .map(([element, box]) => `${element.className || element.tagName} ${Math.round(box.height)}`));
        if (small.length > 0) log(`small targets: ${[...new Set(small)].join(", ")}`);
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }));
      for (const found of violations) {
        log(`${found.impact} ${found.id}: ${found.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
console.log(findings === 0 ? "nothing found" : `${findings} findings`);
process.exitCode = findings === 0 ? 0 : 1;
