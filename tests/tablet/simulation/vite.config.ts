import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const OFF = JSON.parse(process.env["DOORSTEP_OFF"] ?? "[]") as Replacement[];
const room = resolve(import.meta.dirname, "main.ts");
const app = resolve(import.meta.dirname, "pages.ts");

/** The room of tablets for Node.js, or only the app with the protections off that `DOORSTEP_OFF` names. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [switchedOff()],
  build: {
    ssr: true,
    emptyOutDir: false,
    target: "es2023",
    minify: false,
    rolldownOptions: {
      input: OFF.length > 0 ? { app } : { room, app },
      output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
    },
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
  const left = new Set(OFF);
  return {
    name: "switched-off",
    enforce: "pre",
    transform(code, id) {
      for (const each of OFF) {
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
