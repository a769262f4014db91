// Uploads a file with tus-js-client as it comes from the registry, and says what it did, one JSON a line.
// Input: {endpoint, headers, file, metadata, chunkSize, uploadUrl?, stopAfter?, options?}
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../package.json', import.meta.url))
const tus = require('tus-js-client')

const asked = JSON.parse(readFileSync(0, 'utf8'))
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`)

const upload = new tus.Upload(createReadStream(asked.file), {
  endpoint: asked.endpoint,
  uploadSize: statSync(asked.file).size,
  uploadUrl: asked.uploadUrl ?? null,
  chunkSize: asked.chunkSize,
  headers: asked.headers,
  metadata: asked.metadata,
  retryDelays: [0, 100, 300, 1000],
  ...asked.options,
  onAfterResponse: (request, response) => {
    say({ method: request.getMethod(), status: response.getStatus() })
  },
  onChunkComplete: (_size, accepted) => {
    if (asked.stopAfter && accepted >= asked.stopAfter) {
      upload.abort().then(() => say({ stopped: accepted, url: upload.url }))
    }
  },
  onSuccess: () => say({ done: upload.url }),
  onError: (error) => {
    say({ failed: String(error) })
    process.exitCode = 1
  },
})
upload.start()
