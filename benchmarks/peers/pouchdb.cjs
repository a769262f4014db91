// CouchDB's protocol over LevelDB on the disk: node pouchdb.cjs FOLDER PORT
const [, , folder, port] = process.argv;
const express = require("express");
const PouchDB = require("pouchdb").defaults({ prefix: folder + "/" });
const settings = { inMemoryConfig: true, mode: "minimumForPouchDB", logPath: folder + "/log.txt" };

const app = express();
app.use("/", require("express-pouchdb")(PouchDB, settings));
app.listen(Number(port), "127.0.0.1");
