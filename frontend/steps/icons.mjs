// Builds the sprite: the icons named in icons.txt, in the templates (icon("x"), icon="x", "icon": "x", ui.button(.., "x")) and in
// Python (icon="x").
import { readdirSync, readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const icons = join(here, "node_modules", "@tabler", "icons", "icons");
const product = join(here, "..", "src", "entrepot");
const patterns = [/\bicon\(\s*"([a-z0-9-]+)"/g, /\bicon=["']([a-z0-9-]+)["']/g, /["']icon["']\s*:\s*["']([a-z0-9-]+)["']/g];

const outline = new Set(readdirSync(join(icons, "outline")));
const names = new Map();
for (const line of readFileSync(join(here, "icons.txt"), "utf8").split("\n")) {
  const name = line.trim();
  if (name && !name.startsWith("#")) names.set(name, "icons.txt");
}
for (const entry of readdirSync(product, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(html|py)$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const text = readFileSync(file, "utf8");
  // Icons also stand third in ui.button(..) and ui.post(..): every literal of a macro call that happens to be an icon comes along.
  if (file.endsWith(".html")) {
    for (const [call] of text.matchAll(/\bui\.\w+\([^%}]*/g)) {
      for (const [, name] of call.matchAll(/"([a-z0-9-]+)"/g)) if (outline.has(`${name}.svg`)) names.set(name, file);
    }
  }
  for (const pattern of patterns) for (const [, name] of text.matchAll(pattern)) names.set(name, file);
}

const symbols = [];
const unknown = [];
for (const [name, where] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const filled = name.endsWith("-filled");
  const path = join(icons, filled ? "filled" : "outline", `${filled ? name.slice(0, -7) : name}.svg`);
  let svg;
  try {
    svg = readFileSync(path, "utf8");
  } catch {
    // A word in documentation looks like an icon as well; only the list is a promise.
    unknown.push(`${name} (${where})`);
    continue;
  }
  const body = svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>[\s\S]*$/, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, "")
    .replace(/\s*\n\s*/g, "");
  const paint = filled
    ? 'fill="currentColor" stroke="none"'
    : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
  symbols.push(`<symbol id="i-${name}" viewBox="0 0 24 24" ${paint}>${body}</symbol>`);
}
if (unknown.length > 0) {
  console.error(`These icons do not exist in Tabler: ${unknown.join(", ")}`);
  process.exitCode = 1;
} else {
  mkdirSync(join(here, ".generated"), { recursive: true });
  writeFileSync(join(here, ".generated", "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`);
  console.log(`${symbols.length} icons`);
}
