/** The script of every page. */
import "htmx.org";
import "./style/app.scss";
import { all } from "./dom";
import { startLive } from "./live";
import { startShell } from "./shell";

startShell();
startLive();

function drawCharts(): void {
  const figures = all("[data-chart]:not([data-drawn])");
  if (figures.length > 0) void import("./charts").then(({ draw }) => figures.forEach(draw));
}
drawCharts();
document.body.addEventListener("htmx:afterSettle", drawCharts);
