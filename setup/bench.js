/** `npm run bench -- NAME`: brings what is missing, then measures. */

import { at } from './place.js'
import { prepare } from './prepare.js'
import { orSentence, runNode } from './run.js'

await orSentence(() => prepare({ chromium: true }))
process.exitCode = await runNode([at('test', 'bench', 'bench.ts'), ...process.argv.slice(2)])
