// Two processes of @tus/server over one folder: node tus.mjs FOLDER PORT
import cluster from "node:cluster";

import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [, , directory, port] = process.argv;

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
} else {
  const server = new Server({ path: "/files", datastore: new FileStore({ directory }) });
  server.listen({ host: "127.0.0.1", port: Number(port) });
}
