/** How well *label* answers *query*: the letters in order, better when together and at the start of words; 0 is no match. */
export function score(query: string, label: string): number {
  const wanted = plain(query);
  const text = plain(label);
  if (wanted === "") return 1;
  const whole = text.indexOf(wanted);
  if (whole === 0) return 1000 - text.length;
  if (whole > 0) return (text[whole - 1] === " " ? 800 : 600) - text.length;
  let points = 0;
  let from = 0;
  for (const letter of wanted) {
    if (letter === " ") continue;
    const at = text.indexOf(letter, from);
    if (at < 0) return 0;
    points += at === from && from > 0 ? 8 : at === 0 || text[at - 1] === " " ? 10 : 1;
    from = at + 1;
  }
  return Math.max(1, points - text.length / 100);
}

function plain(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{Diacritic}/gu, "").trim();
}
