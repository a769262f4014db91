import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** The room of tablets as one file for Node.js; `DOORSTEP_OFF` names protections that are switched off. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [switchedOff()],
  build: {
    ssr: resolve(import.meta.dirname, "main.ts"),
    emptyOutDir: false,
    target: "es2023",
    minify: false,
    rolldownOptions: { output: { entryFileNames: "room.mjs" } },
  },
  ssr: { noExternal: true },
});

interface Replacement {
  file: string;
  before: string;
  after: string;
}

/** A protection that is not there any more as it is named fails loudly. */
function switchedOff(): Plugin {
  const told = JSON.parse(process.env["DOORSTEP_OFF"] ?? "[]") as Replacement[];
  const left = new Set(told);
  return {
    name: "switched-off",
    enforce: "pre",
    transform(code, id) {
      for (const each of told) {
        if (!id.endsWith(`/field_client/tablet/src/${each.file}`)) continue;
        if (code.split(each.before).length !== 2) throw new Error(`not once there: ${each.before}`);
        code = code.replace(each.before, () => each.after);
        left.delete(each);
      }
      return code;
    },
    buildEnd() {
      for (const each of left) throw new Error(`not there: ${each.file}`);
    },
  };
}
