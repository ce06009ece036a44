/** `npm run check`: types and form, without running a test. */
import { checks } from './checks.js'
import { prepare } from './prepare.js'
import { orSentence } from './run.js'

await orSentence(() => prepare({ web: false }))
const failed = await checks()
if (failed.length > 0) console.error(`Wrong: ${failed.join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
