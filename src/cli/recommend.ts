/** `vitascope recommend`: evaluates, makes, lists and takes back the models that suggestions come from. */
import { readFile } from 'node:fs/promises'
import type { App } from '../platform/app.ts'
import { readConfig } from '../platform/config.ts'
import { openLog } from '../platform/log.ts'
import { openApp } from '../platform/open.ts'
import {
  type Evaluation,
  evaluateHere,
  evaluateLines,
  experimentDone,
  modelsKept,
  serveAgain,
  trainNow,
} from '../roles/recommend-desk.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE, UsageError } from './command.ts'

const usage = `vitascope recommend evaluate [FILE] [--json]
vitascope recommend train | models [--json]
vitascope recommend serve VERSION
vitascope recommend experiment begin NAME ARM ARM... | end NAME | report NAME

  evaluate               replays history: trains on the first nine tenths by time, asks for what the same viewers chose in
                         the last tenth, over the full catalogue; of this platform, or of a file of lines: user item [time],
                         between tabs, commas or spaces; time is a number, a day or a time of ISO 8601; without times and
                         viewer by viewer, the last tenth of each viewer's lines is asked for; where nobody can be judged,
                         it says so and ends with 1
  train                  makes models now, of what goes with what and of the order of pages, and serves them unless clearly worse
  models                 lists the models that are kept, with what they reached
  experiment             gives viewers different weights by arm, the first being the one to compare with, and says how long they watch;
                         arms: usual handmade fresher calmer closer wider
  serve                  serves one of them from now on, such as the one before; newer ones that are made meanwhile wait until
                         the newest is served

${SETTINGS_USAGE}`

const NOBODY =
  'Nobody can be judged: it takes viewers who watched something in the first nine tenths of the time and something else in the last.'

/** Of fewer viewers means are mostly chance; an experiment gives no interval for fewer either. */
const FEWEST_JUDGED = 30
/** A plain number in a file may count anything, but none that counts lines or seconds comes near to milliseconds of our years. */
const SURELY_A_DAY = Date.UTC(1980, 0, 1)

export const recommend: Command = {
  usage,
  async run(words) {
    const { given, values, positionals } = readWordsAndSettings(words, { json: { type: 'boolean' } })
    const [verb, name, ...more] = positionals
    if (verb === 'experiment') return experiment(given, values.json === true, [name, ...more])
    if (more.length > 0) throw new UsageError(`${more[0]} is one word too many`)
    const say = (facts: unknown, text: string) =>
      process.stdout.write(`${values.json ? JSON.stringify(facts) : text}\n`)
    if (verb === 'evaluate') {
      const result: ReturnType<typeof evaluateLines> =
        name === undefined
          ? { ...(await inside(given, evaluateHere)), badLines: 0, isByViewer: false }
          : evaluateLines((await readFile(name, 'utf8')).split('\n'))
      if (result.badLines > 0)
        process.stderr.write(
          `${result.badLines} lines cannot be read as: user item [time]; the first is line ${result.firstBad}\n`,
        )
      if ((Object.values(result.methods)[0]?.people ?? 0) === 0) {
        say(result, NOBODY)
        return 1
      }
      say(result, evaluationText(result))
      return 0
    }
    if (verb === 'serve') {
      if (name === undefined) throw new UsageError('serve takes a version')
      await inside(given, (app) => serveAgain(app, name))
      say({ served: name }, `Serves ${name}`)
      return 0
    }
    if ((verb !== 'train' && verb !== 'models') || name !== undefined)
      throw new UsageError('recommend takes evaluate, train, models, serve or experiment')
    const models = await inside(given, verb === 'train' ? trainNow : modelsKept)
    say(models, models.length === 0 ? 'There is no model yet.' : modelsText(models))
    return 0
  },
}

async function experiment(
  given: Parameters<typeof readConfig>[0],
  json: boolean,
  [verb, name, ...arms]: (string | undefined)[],
): Promise<number> {
  if ((verb !== 'begin' && verb !== 'end' && verb !== 'report') || name === undefined)
    throw new UsageError('experiment takes begin, end or report, and a name')
  const rows = await inside(given, (app) => experimentDone(app, verb, name, arms as string[]))
  const text = rows.map((it) => {
    const margin = it.margin === undefined ? '' : ` ± ${(it.margin / 60_000).toFixed(2)}`
    const minutes = `${(it.mean / 60_000).toFixed(2)}${margin} min watched each`
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`
    const lift =
      it.lift === undefined ? '' : `, ${it.lift < 0 ? '' : '+'}${percent(it.lift)} ± ${percent(it.liftMargin ?? 0)}`
    const early = it.margin === undefined ? ', too early to tell' : ''
    const counts = [counted(it.viewers, 'viewer'), counted(it.pages, 'page'), counted(it.watches, 'watch', 'watches')]
    return `${it.arm.padEnd(10)} ${counts.join(', ')}, ${minutes}${lift}${early}`
  })
  process.stdout.write(`${json ? JSON.stringify(rows) : text.join('\n')}\n`)
  return 0
}

/** "1 viewer", "2 viewers". */
function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function modelsText(models: Awaited<ReturnType<typeof modelsKept>>): string {
  return models
    .map(({ version, kind, made, served, held, figures }) => {
      const said = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
      return `${served ? '*' : ' '} ${version}  ${kind.padEnd(6)}  ${made}  ${held ? 'held to  ' : ''}${said.join('  ')}`
    })
    .join('\n')
}

function evaluationText({
  watches,
  videos,
  viewers,
  cutMs,
  trainingSeconds,
  towerSeconds,
  methods,
  isByViewer,
}: Evaluation & { isByViewer: boolean }): string {
  const rows = Object.entries(methods).map(([name, it]) => {
    const figures = [it.recall, it.ndcg, it.coverage, it.gini, it.coldRecall]
    return `${name.padEnd(18)}${figures.map((value) => value.toFixed(4).padStart(10)).join('')}`
  })
  const titles = ['Recall@20', 'NDCG@20', 'coverage', 'Gini', 'cold R@20']
  const people = Object.values(methods)[0]?.people ?? 0
  const cut = isByViewer
    ? 'the last tenth of each viewer'
    : `split at ${cutMs >= SURELY_A_DAY ? new Date(cutMs).toISOString() : cutMs}`
  return [
    `${counted(watches, 'watch', 'watches')} of ${counted(videos, 'video')} by ${counted(viewers, 'viewer')}; ${cut}, ${counted(people, 'viewer')} judged, trained in ${trainingSeconds.toFixed(1)} s, the user tower in ${towerSeconds.toFixed(1)} s`,
    `${''.padEnd(18)}${titles.map((title) => title.padStart(10)).join('')}`,
    ...rows,
    ...(people < FEWEST_JUDGED ? [`Of so few viewers (fewer than ${FEWEST_JUDGED}) these figures say little.`] : []),
  ].join('\n')
}

/** Opens the platform, or takes part in one that is running, for as long as `work` takes. */
async function inside<T>(given: Parameters<typeof readConfig>[0], work: (app: App) => Promise<T>): Promise<T> {
  const config = readConfig({ 'log.level': 'error', 'db.pool': 2, ...given })
  const app = await openApp(config, { join: true, log: openLog(config['log.level']) })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}
