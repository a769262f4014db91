import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

const project = resolve(import.meta.dirname, "../..");

// A test of pytest's started a server and wants this story to be told to it (tests/sync/test_tablet_core.py).
const LIVE = Boolean(process.env["DOORSTEP_LIVE"]);

/** The app lies under `/tablet/`; its tests lie with all others. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/tablet/",
  cacheDir: resolve(project, "node_modules/.vite"),
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", modulePreload: false },
  test: {
    dir: resolve(project, "tests/tablet"),
    include: [resolve(project, `tests/tablet/${LIVE ? "live/*.live" : "*.test"}.ts`)],
    environment: "node",
    setupFiles: ["fake-indexeddb/auto"],
  },
});
