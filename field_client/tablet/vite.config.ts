import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { build, type Plugin } from "vite";

const project = resolve(import.meta.dirname, "../..");

// A test of pytest's started a server and wants this story to be told to it (tests/sync/test_tablet_core.py).
const LIVE = Boolean(process.env["DOORSTEP_LIVE"]);

/** The app lies under `/tablet/`; its tests lie with all others. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/tablet/",
  cacheDir: resolve(project, "node_modules/.vite"),
  plugins: [listOfFiles(), plainImports(), preview()],
  // The store's own build for browsers of today; what its package offers first is for those before 2017.
  resolve: { alias: { dexie: "dexie/dist/modern/dexie.min.mjs" } },
  worker: {
    format: "es",
    rolldownOptions: { output: { entryFileNames: "assets/[name]-[hash].js" } },
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: {
        app: resolve(import.meta.dirname, "index.html"),
        sw: resolve(import.meta.dirname, "worker/sw.ts"),
      },
      output: {
        chunkFileNames: ({ name, facadeModuleId }) =>
          `assets/${facadeModuleId?.includes("/src/words/") ? "words-" : ""}${name}-[hash].js`,
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  test: {
    dir: resolve(project, "tests/tablet"),
    include: [resolve(project, `tests/tablet/${LIVE ? "live/*.live" : "*.test"}.ts`)],
    environment: "node",
    setupFiles: ["fake-indexeddb/auto"],
  },
});

/** Tells the service worker which files the app is made of; another list is another version. */
function listOfFiles(): Plugin {
  return {
    name: "list-of-files",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") return;
      const files = Object.values(bundle).filter((each) => each !== worker);
      const names = [...files.map((each) => each.fileName), ...PUBLIC].sort();
      const later = names.filter((name) => LATER.test(name));
      const words = names.filter((name) => WORDS.test(name));
      const soon = names.filter((name) => SOON.test(name));
      const first = names.filter((name) => ![...later, ...words, ...soon].includes(name));
      const hash = createHash("sha256");
      for (const each of files) hash.update(each.type === "chunk" ? each.code : each.source);
      const told = {
        VERSION: hash.digest("hex").slice(0, 12),
        FILES: first,
        WORDS: byLanguage(words),
        SOON: soon,
        LATER: later,
      };
      const lines = Object.entries(told).map(
        ([name, value]) => `const ${name}=${JSON.stringify(value)};`,
      );
      worker.code = `${lines.join("\n")}\n${worker.code}`;
    },
  };
}

/** A part of the app that is loaded later is a script and nothing else: no styles or preloads go before it. */
function plainImports(): Plugin {
  const preload = "\0vite/preload-helper.js";
  return {
    name: "plain-imports",
    apply: "build",
    enforce: "pre",
    load: (id) => (id === preload ? "export const __vitePreload = (load) => load();" : null),
  };
}

/** The checklist alone, for the office's settings: built apart, so that the app's own files stay as they are. */
function preview(): Plugin {
  const here = resolve(import.meta.dirname, "preview/here.ts");
  const standIn: Plugin = {
    name: "here-is-the-preview",
    enforce: "pre",
    resolveId: (source) => (/^\.\.?\/here$/.test(source) ? here : null),
  };
  return {
    name: "preview",
    apply: "build",
    async closeBundle() {
      await build({
        configFile: false,
        root: import.meta.dirname,
        base: "/tablet/preview/",
        publicDir: false,
        logLevel: "warn",
        plugins: [plainImports(), standIn],
        build: {
          outDir: "dist/preview",
          emptyOutDir: true,
          target: "es2022",
          modulePreload: false,
          rolldownOptions: {
            input: { preview: resolve(import.meta.dirname, "preview/main.tsx") },
            output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
          },
        },
      });
    },
  };
}

/** Of each language a file; which one comes first the worker decides. */
const WORDS = /^assets\/words-(en|zh)-/;

function byLanguage(files: string[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [WORDS.exec(file)?.[1] ?? file, file]));
}

/** Fetched by the worker itself right after the first start: nobody exports what nobody did yet. */
const SOON = /^assets\/blackBox-/;

/** Fetched after the start, and only where it is needed: the reader of bar codes. */
const LATER = /^assets\/(codes|zxing_reader)-/;

/** What lies in `public/` and belongs to the app when it starts offline. */
const PUBLIC = ["manifest.webmanifest", "icon.svg"];
