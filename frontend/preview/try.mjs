// Tries the behaviour of the preview's pages:  node preview/try.mjs PORT
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const base = `http://127.0.0.1:${process.argv[2]}`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
page.setDefaultTimeout(4000);
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
const tried = async (name, work) => {
  try {
    await work();
    console.log(`ok   ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL ${name}: ${error.message.split("\n").slice(0, 4).join(" / ")}`);
  }
};

await page.goto(`${base}/orders.html`);
await tried("live connects and a change refreshes the list", async () => {
  await page.waitForSelector('[data-live="live"]');
  await page.waitForResponse((response) => response.url().includes("/orders.html"));
});
await tried("palette finds a page and an order", async () => {
  await page.keyboard.press("Control+k");
  await page.keyboard.type("pick");
  await page.waitForSelector('#palette [role=option]:has-text("A0004711")');
  await page.screenshot({ path: new URL("out/shots/palette.png", import.meta.url).pathname });
  await page.keyboard.press("Escape");
});
await tried("j, x and the bulk bar", async () => {
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.waitForSelector("[data-bulk]:not([hidden])");
  assert.equal(await page.textContent("[data-bulk-count]"), "1");
});
await tried("a refreshed list keeps what was picked", async () => {
  await page.waitForResponse((response) => response.url().includes("/orders.html"));
  await page.waitForTimeout(300);
  assert.equal(await page.textContent("[data-bulk-count]"), "1");
  assert.equal(await page.locator(".row-current").count(), 1);
  await page.screenshot({ path: new URL("out/shots/bulk.png", import.meta.url).pathname });
});
await tried("a dangerous bulk action asks first", async () => {
  await page.click('[data-bulk] button:has-text("Cancel")');
  await page.waitForSelector("dialog.ask[open]");
  await page.screenshot({ path: new URL("out/shots/ask.png", import.meta.url).pathname });
  await page.evaluate(() => (document.querySelector("#list").dataset.same = "yes"));
  await page.waitForTimeout(2500);
  assert.equal(await page.getAttribute("#list", "data-same"), "yes", "the list was replaced under the dialog");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog.ask", { state: "detached" });
  await page.waitForSelector("#list:not([data-same])");
  assert.ok(page.url().includes("orders.html"));
});
await tried("/ goes to the search, ? shows the keys", async () => {
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "q");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForSelector("#shortcuts[open]");
  await page.screenshot({ path: new URL("out/shots/keys.png", import.meta.url).pathname });
  await page.keyboard.press("Escape");
});
await tried("g p goes to picking", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.waitForURL("**/scan.html");
});
await tried("a scan anywhere on the page is posted and answered", async () => {
  await page.waitForFunction(() => document.activeElement?.id === "scan-code");
  await page.focus("button:has-text('Short pick')");
  await page.keyboard.type("BAD", { delay: 3 });
  await page.keyboard.press("Enter");
  await page.waitForSelector(".task-danger");
  await page.screenshot({ path: new URL("out/shots/scan-wrong.png", import.meta.url).pathname });
  await page.keyboard.type("A-03-2-07", { delay: 3 });
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Right location.");
  assert.equal(await page.inputValue("#scan-code"), "");
});
await tried("the theme is chosen and kept in a cookie", async () => {
  await page.click('summary[title="Theme"]');
  await page.click('[data-theme-set="dark"]');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.bsTheme), "dark");
  assert.ok((await context.cookies()).some(({ name, value }) => name === "theme" && value === "dark"));
});
await tried("unsaved input is asked about", async () => {
  await page.goto(`${base}/form.html`);
  await page.fill("#f-name", "Mug, red");
  await page.click('.side-link:has-text("Orders")');
  await page.waitForSelector("dialog.ask[open]");
  await page.click('dialog.ask button:has-text("Leave")');
  await page.waitForURL("**/orders.html");
});
await tried("a broken connection is said and comes back", async () => {
  await page.waitForSelector('[data-live="live"]');
  await context.setOffline(true);
  await page.waitForSelector('[data-live="reconnecting"]');
  await context.setOffline(false);
  await page.waitForSelector('[data-live="live"]', { timeout: 9000 });
});
await tried("the sidebar on a phone", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.click("[data-side-open]");
  await page.waitForTimeout(400);
  await page.screenshot({ path: new URL("out/shots/side-390.png", import.meta.url).pathname });
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.body.classList.contains("side-is-open")), false);
});
console.log(errors.length === 0 ? "no errors in the console" : errors.join("\n"));
await browser.close();
