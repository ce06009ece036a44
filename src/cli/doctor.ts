/** `vitascope doctor`: looks at everything the platform stands on and says what is missing or wrong, and how to mend it. */
import { readConfig } from '../platform/config.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE } from './command.ts'
import { type Finding, lookAtMachine } from './doctor-checks.ts'

const usage = `vitascope doctor [--json] [settings]

Each line is ok, a warning, or wrong; the exit code is 1 when something is wrong.

${SETTINGS_USAGE}`

export const doctor: Command = {
  usage,
  async run(words) {
    const { given, values } = readWordsAndSettings(words, { json: { type: 'boolean' } })
    const findings: Finding[] = []
    for await (const finding of lookAtMachine(readConfig({ 'log.level': 'silent', ...given }))) {
      findings.push(finding)
      if (!values.json) process.stdout.write(sayFinding(finding))
    }
    const wrong = findings.filter((finding) => finding.state === 'wrong')
    if (values.json) process.stdout.write(`${JSON.stringify({ ok: wrong.length === 0, findings }, undefined, 2)}\n`)
    else
      process.stdout.write(wrong.length === 0 ? '\nAll that must be right is right.\n' : `\n${wrong.length} wrong.\n`)
    return wrong.length === 0 ? 0 : 1
  },
}

function sayFinding({ state, what, says, mend }: Finding): string {
  return `${state.padEnd(8)} ${what.padEnd(12)} ${says}\n${mend ? `${' '.repeat(22)}-> ${mend}\n` : ''}`
}
