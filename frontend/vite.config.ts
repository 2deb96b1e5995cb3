import { readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import purgeCSS from "@fullhuman/postcss-purgecss";
import { defineConfig, type Plugin } from "vite";

const here = dirname(fileURLToPath(import.meta.url));

const ICONS = ["icon-192.png", "icon-512.png", "icon-maskable-512.png"];

/** Leaves out rules of names that stand nowhere in our pages, programs, scripts and styles: most of Tabler's.
 *  Names that are put together there ("btn-" ~ tone) or by libraries are known by their beginnings. */
const withoutUnused = purgeCSS({
  content: ["../src/entrepot/**/*.{html,py}", "src/**/*.ts", "src/style/_*.scss", "src/style/app.scss"].map((path) => join(here, path)),
  defaultExtractor: (content: string) => content.match(/[A-Za-z_][\w-]*/g) ?? [],
  safelist: {
    standard: [/^(alert|badge|bg|btn|event|face|htmx|icon|is|notice|on|scan|stat|status|tag|task|text|toast|tone|u|uplot)-/, /^[a-z]+\d?$/, /^:/],
    greedy: [/:where/, /:focus-visible/, /\[[a-z-]+[\]=]/],
  },
});

/** Emits files as they are, under a name with their hash, and writes manifest.json: {"app.js": "dist/assets/app-1a2b.js", ..},
 *  paths below the hub's static folder. */
function plainManifest(extra: Record<string, string>): Plugin {
  return {
    name: "plain-manifest",
    apply: "build",
    buildStart() {
      for (const [name, path] of Object.entries(extra)) {
        this.emitFile({ type: "asset", name, source: readFileSync(join(here, path)), originalFileName: name });
      }
    },
    generateBundle(_options, bundle) {
      const manifest: Record<string, string> = {};
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk") {
          if (file.isEntry) manifest[`${file.name}.js`] = file.fileName;
          continue;
        }
        for (const name of file.names) manifest[basename(name)] = file.fileName;
      }
      // The web manifest names the icons beside it, whose names have just got a hash.
      for (const file of Object.values(bundle)) {
        if (file.type === "asset" && file.fileName.endsWith(".webmanifest")) {
          let source = String(Buffer.from(file.source));
          for (const name of ["favicon.svg", ...ICONS]) source = source.replaceAll(`"${name}"`, `"${basename(manifest[name] ?? "")}"`);
          file.source = source;
        }
      }
      const sorted = Object.fromEntries(Object.entries(manifest).sort().map(([name, file]) => [name, `dist/${file}`]));
      this.emitFile({ type: "asset", fileName: "manifest.json", source: `${JSON.stringify(sorted, null, 2)}\n` });
    },
  };
}

export default defineConfig(({ mode }) => ({
  // Relative, so that the files work wherever the hub mounts them.
  base: "./",
  publicDir: false,
  plugins: [
    plainManifest({
      "icons.svg": ".generated/icons.svg",
      "favicon.svg": "public/favicon.svg",
      "app.webmanifest": "public/app.webmanifest",
      ...Object.fromEntries(ICONS.map((name) => [name, `public/${name}`])),
    }),
  ],
  css: { preprocessorOptions: { scss: { quietDeps: true } }, postcss: { plugins: [withoutUnused] } },
  build: {
    outDir: join(here, "../src/entrepot/web/static/dist"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: mode === "development",
    reportCompressedSize: false,
    rollupOptions: {
      input: {
        app: join(here, "src/app.ts"),
        drive: join(here, "src/drive.ts"),
        scan: join(here, "src/scan.ts"),
        scanning: join(here, "src/scanning.ts"),
        theme: join(here, "src/theme.ts"),
        "service-worker": join(here, "src/service-worker.ts"),
      },
      // ZXing does not say that importing it does nothing, so all of it would come along.
      treeshake: { moduleSideEffects: [{ test: /@zxing/, sideEffects: false }] },
      // htmx can evaluate code in attributes; ours is told not to (allowEval), and the policy of the pages forbids it.
      // Looking for unused style in all pages takes most of the time, as it must.
      checks: { eval: false, pluginTimings: false },
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: (asset) => `assets/[name]-[hash]${extname(asset.names[0] ?? "")}`,
      },
    },
  },
}));
