#!/usr/bin/env node
/** `vitascope`: the command line, run by the right Node. */
import { prepare } from './prepare.js'
import { orSentence, runProgram } from './run.js'

const words = process.argv.slice(2)
// Only a server shows pages; `help` and `doctor` must work, and say what is missing, where something is.
await orSentence(() => prepare({ web: words[0] === 'serve' }))
process.exitCode = await runProgram(words)
