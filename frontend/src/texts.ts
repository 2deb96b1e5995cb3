/** The sentences the scripts say, translated by the server into <script id="texts">. */
const known: Record<string, string> = JSON.parse(document.getElementById("texts")?.textContent ?? "{}") as Record<string, string>;

/** Returns the sentence *name* with its {facts} filled in. */
export function text(name: string, facts: Record<string, string | number> = {}): string {
  return fill(known[name] ?? name, facts);
}

export function fill(sentence: string, facts: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, key: string) => String(facts[key] ?? whole));
}

export const locale = document.documentElement.lang || "en";
