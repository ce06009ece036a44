/** Processor time of processes, from /proc (proc(5)): what a figure cost, whoever else was on the machine. */
import { readdir, readFile } from 'node:fs/promises'

const TICKS_PER_SECOND = 100

interface Running {
  pid: number
  parent: number
  name: string
  cpuMs: number
}

async function running(): Promise<Running[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')))
  return all.flatMap((stat) => {
    const end = stat.lastIndexOf(')')
    if (end < 0) return []
    const fields = stat.slice(end + 2).split(' ')
    const pid = Number(stat.slice(0, stat.indexOf(' ')))
    const name = stat.slice(stat.indexOf('(') + 1, end)
    const ticks = Number(fields[11]) + Number(fields[12])
    return [{ pid, parent: Number(fields[1]), name, cpuMs: (ticks * 1000) / TICKS_PER_SECOND }]
  })
}

export interface Cpu {
  /** This process. */
  here: number
  server: number
  /** Children of the server. */
  workers: number
  database: number
}

/** Milliseconds of processor time so far of this process, a server it started, and the database it started. */
export async function cpuOf(server: number): Promise<Cpu> {
  const all = await running()
  const family = new Set([process.pid])
  for (let before = 0; before < family.size; ) {
    before = family.size
    for (const it of all) if (family.has(it.parent)) family.add(it.pid)
  }
  const sum = (of: (it: Running) => boolean) => all.filter(of).reduce((total, it) => total + it.cpuMs, 0)
  return {
    here: sum((it) => it.pid === process.pid),
    server: sum((it) => it.pid === server),
    workers: sum((it) => it.parent === server),
    database: sum((it) => family.has(it.pid) && it.name === 'postgres'),
  }
}

/** What was spent between two moments, in microseconds for each of so many things. */
export function cpuEach(before: Cpu, after: Cpu, things: number): Cpu {
  const each = (part: keyof Cpu) => ((after[part] - before[part]) * 1000) / Math.max(1, things)
  return { here: each('here'), server: each('server'), workers: each('workers'), database: each('database') }
}
