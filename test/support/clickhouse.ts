/** A ClickHouse server of its own, for tests: on a free port, in a temporary folder, where the program is installed. */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '../../src/kit/retry.ts'
import { openClickHouse } from '../../src/platform/clickhouse.ts'

/** Where the program is; undefined where it is not. Debian calls the package `clickhouse-server`. */
export const clickhouseProgram = ['/usr/sbin', '/usr/bin', '/usr/local/bin']
  .map((folder) => join(folder, 'clickhouse-server'))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

export interface ClickHouseServer {
  /** Address of a new, empty database. */
  newDatabase(): Promise<string>
  close(): Promise<void>
}

export async function startClickHouse(program: string): Promise<ClickHouseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-clickhouse-'))
  const port = await freePort()
  const config = `<yandex>
    <logger><level>warning</level><log>${folder}/log</log><errorlog>${folder}/errors</errorlog></logger>
    <http_port>${port}</http_port><listen_host>127.0.0.1</listen_host>
    <path>${folder}/</path><tmp_path>${folder}/tmp/</tmp_path>
    <mark_cache_size>67108864</mark_cache_size><users_config>users.xml</users_config>
    <default_profile>default</default_profile><default_database>default</default_database>
  </yandex>`
  const users = `<yandex>
    <profiles><default><max_memory_usage>2000000000</max_memory_usage></default></profiles>
    <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
    <quotas><default></default></quotas>
  </yandex>`
  await writeFile(join(folder, 'config.xml'), config)
  await writeFile(join(folder, 'users.xml'), users)
  const server = spawn(program, [`--config-file=${folder}/config.xml`], { cwd: folder, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const address = `http://127.0.0.1:${port}`
  const close = async () => {
    server.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const main = openClickHouse(address)
  for (let tries = 0; ; tries++) {
    const answer = await main.rows('select 1').catch(() => undefined)
    if (answer) break
    if (tries > 200 || server.exitCode !== null) {
      await close()
      throw new Error('the ClickHouse server does not start')
    }
    await sleep(100)
  }
  let count = 0
  return {
    async newDatabase() {
      const name = `test${++count}`
      await main.run(`create database ${name}`)
      return `${address}/${name}`
    },
    close,
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
