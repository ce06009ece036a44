/** Copies a source in a store, in a process that a test kills meanwhile: settings as JSON, the key of the source, and the key of the copy. */
import { copyFromStream } from '../../src/features/sources/sources.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApp } from '../../src/platform/open.ts'

const [settings = '{}', sourceKey = '', copyKey = ''] = process.argv.slice(2)
const app = await openApp(readConfig(JSON.parse(settings), {}))
await copyFromStream(app, sourceKey, copyKey, new AbortController().signal)
await app.close()
