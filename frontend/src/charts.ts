/** Small charts over time, drawn by uPlot when there is one on the page. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { locale } from "./texts";

interface Data {
  x: number[];
  series: { label: string; values: (number | null)[] }[];
  /** Of prices: drawn as steps, each holding until the next. */
  currency?: string;
  /** Spans of time that are shaded. */
  bands?: [number, number][];
}

const HEIGHT = 200;
/** Seconds. */
const SHORTEST = 3600;

export function draw(figure: HTMLElement): void {
  const source = document.getElementById(figure.dataset["chart"] ?? "");
  if (!source || figure.dataset["drawn"]) return;
  figure.dataset["drawn"] = "yes";
  const data = JSON.parse(source.textContent ?? "{}") as Data;
  const style = getComputedStyle(figure);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  const colors = [1, 2, 3, 4, 5, 6].map((number) => value(`--chart-${String(number)}`));
  const prices = figure.dataset["chartKind"] === "price" && data.currency ? new Intl.NumberFormat(locale, { style: "currency", currency: data.currency }) : null;
  const bands = data.bands ?? [];
  const shade = value("--chart-band");
  const bars = figure.dataset["chartKind"] === "bars" && uPlot.paths.bars ? uPlot.paths.bars({ size: [0.7, 28], radius: 0.15 }) : null;
  const axis: uPlot.Axis = {
    stroke: value("--chart-text"),
    grid: { stroke: value("--chart-grid"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  // Half a bar of room at both ends.
  const half = bars && data.x.length > 1 ? ((data.x.at(-1) ?? 0) - (data.x[0] ?? 0)) / (data.x.length - 1) / 2 : 0;
  // Within two days the hour tells more than the date.
  const short = (data.x.at(-1) ?? 0) - (data.x[0] ?? 0) <= 2 * 86_400;
  const moment = new Intl.DateTimeFormat(locale, short ? { hour: "numeric", minute: "2-digit" } : { day: "numeric", month: "short" });
  // What is counted has no halves.
  const whole = data.series.every((series) => series.values.every((count) => count === null || Number.isInteger(count)));
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
  const shaded = (chart: uPlot): void => {
    chart.ctx.save();
    chart.ctx.fillStyle = shade;
    for (const [from, to] of bands) {
      const left = Math.max(chart.bbox.left, chart.valToPos(from, "x", true));
      const right = Math.min(chart.bbox.left + chart.bbox.width, chart.valToPos(to, "x", true));
      if (right > left) chart.ctx.fillRect(left, chart.bbox.top, right - left, chart.bbox.height);
    }
    chart.ctx.restore();
  };
  // What has only just begun is drawn within an hour: a second would have the same time at every tick.
  const wide = (min: number, max: number): [number, number] => {
    const edge = Math.max(half, (SHORTEST - (max - min)) / 2);
    return [min - edge, max + edge];
  };
  // A price is read beside its own past, so its scale does not begin at nothing.
  const room = (min: number, max: number): [number, number] => {
    const edge = (max - min) / 10 || max / 10 || 1;
    return [Math.max(0, min - edge), max + edge];
  };
  const paths = bars ?? (prices && uPlot.paths.stepped ? uPlot.paths.stepped({ align: 1 }) : null);
  const chart = new uPlot(
    {
      width: figure.clientWidth,
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      legend: { show: data.series.length > 1 || prices !== null },
      hooks: { drawClear: [shaded] },
      cursor: { y: false, points: { show: !bars } },
      axes: [
        { ...axis, grid: { show: false }, size: 30, space: 75, values: (_chart, ticks) => ticks.map((tick) => moment.format(new Date(tick * 1000))) },
        { ...axis, size: prices ? 70 : 40, ...(whole && !prices ? { incrs: steps } : {}), values: (_chart, ticks) => ticks.map((tick) => prices?.format(tick) ?? tick.toLocaleString(locale)) },
      ],
      scales: { x: { range: (_chart, min, max) => wide(min, max) }, y: { range: (_chart, min, max) => (prices ? room(min, max) : [0, Math.max(1, max * 1.1)]) } },
      series: [
        { value: (_chart, at) => (at === null ? "–" : moment.format(new Date(at * 1000))) },
        ...data.series.map((series, at) => {
          const color = colors[at % colors.length] ?? "";
          return { label: series.label, stroke: color, fill: bars ? color : "transparent", width: bars ? 0 : 2, points: { show: false }, ...(paths ? { paths } : {}), ...(prices ? { value: (_chart: uPlot, price: number | null) => (price === null ? "–" : prices.format(price)) } : {}) };
        }),
      ],
    },
    [data.x, ...data.series.map((series) => series.values)],
    figure,
  );
  new ResizeObserver(() => chart.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);
  document.addEventListener("themechange", () => {
    chart.destroy();
    delete figure.dataset["drawn"];
    window.setTimeout(() => draw(figure));
  }, { once: true });
}
