// Prints the sizes of the built files and refuses scripts above their budget.
import { readdirSync, readFileSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET = 150_000;
const out = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "src", "entrepot", "web", "static", "dist");
let scripts = 0;
for (const name of readdirSync(join(out, "assets")).sort()) {
  const bytes = readFileSync(join(out, "assets", name));
  const packed = gzipSync(bytes, { level: 9 }).length;
  if (name.endsWith(".js")) scripts += packed;
  console.log(`${name.padEnd(36)} ${String(bytes.length).padStart(8)} B ${String(packed).padStart(8)} B gz`);
}
console.log(`scripts together: ${scripts} B gz (budget ${BUDGET})`);
if (scripts > BUDGET) process.exitCode = 1;
