/**
 * Runs before the first paint (a classic script in <head>): the server knows the chosen theme from the cookie, but only the
 * device knows what "auto" means.
 */
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const chosen = root.dataset["theme"];
    root.dataset["bsTheme"] = chosen === "dark" || (chosen !== "light" && dark.matches) ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("themechange", apply);
})();
