// Keeps the tables up to date; without it, the page shows the world as it was when loaded.
const live = document.getElementById("live");
async function refresh() {
  if (document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(live.dataset.source ?? "/sandbox/live").catch(() => undefined);
  if (answer?.ok) {
    const scrolled = [...live.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
    live.innerHTML = await answer.text();
    live.querySelectorAll(".scroll").forEach((box, at) => {
      [box.scrollLeft, box.scrollTop] = scrolled[at] ?? [0, 0];
    });
  }
}
setInterval(refresh, 2000);
