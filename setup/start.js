/** `npm start`: brings what is missing, then serves. */
import { prepare } from './prepare.js'
import { orSentence, runProgram } from './run.js'

await orSentence(() => prepare())
process.exitCode = await runProgram(['serve', ...process.argv.slice(2)])
