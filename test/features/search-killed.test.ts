/** The index survives `kill -9` at any moment: whatever was being changed, the next process finds just what is in the database. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { connect } from '../../src/contract/client.ts'
import * as videos from '../../src/features/videos/videos.ts'
import { sleep } from '../../src/kit/retry.ts'
import { type House, type Member, openHouse } from '../support/house.ts'
import { freePort, serve, untilReady } from '../support/kill-storm.ts'

const VIDEOS = 12
const KILLS = 5

async function published(house: House, owner: Member, title: string): Promise<string> {
  const { id } = await owner.call('createVideo', { body: { title } })
  await videos.sourceArrived(house.app, id, { sourceKey: `sources/${id}/x`, sourceName: 'walk.mp4', sourceBytes: 1000 })
  await videos.markReady(house.app, id, { runId: 'run1', durationMs: 300_000, width: 1920, height: 1080 })
  return id
}

test('a server is killed again and again while titles change, and what it finds is always what is there', async () => {
  await using house = await openHouse()
  const ana = await house.member('Ana')
  const ids: string[] = []
  for (let n = 0; n < VIDEOS; n++) ids.push(await published(house, ana, `Heron first${n}`))

  const port = await freePort()
  const here = { server: `http://127.0.0.1:${port}` }
  const asAna = connect({ ...here, headers: { cookie: ana.cookie, 'sec-fetch-site': 'same-origin' } })
  const asAnyone = connect(here)
  const begin = () => serve(house.folder, house.app.config['db.url'], port, 'api')
  let server: ChildProcess = begin()
  try {
    await untilReady(port)
    const over = new AbortController()
    let acknowledged = 0
    const writer = (async () => {
      for (let turn = 0; !over.signal.aborted; turn++) {
        const params = { videoId: ids[turn % VIDEOS]! }
        const privacy = turn % 5 === 4 ? ('private' as const) : ('public' as const)
        await asAna('editVideo', { params, body: { title: `Heron turn${turn}`, privacy } }).then(
          () => acknowledged++,
          () => sleep(20),
        )
      }
    })()
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(100 + Math.random() * 500)
      server.kill('SIGKILL')
      await once(server, 'exit')
      server = begin()
      await untilReady(port)
    }
    over.abort()
    await writer
    expect(acknowledged).toBeGreaterThan(KILLS)

    const rows = await house.app.db.selectFrom('videos').select(['title', 'privacy']).execute()
    const meant = rows.filter((it) => it.privacy === 'public').map((it) => it.title)
    const foundHere = async () =>
      (await asAnyone('search', { query: { q: 'heron', limit: 40 } })).items.map((it) => it.video.title).sort()
    await expect.poll(foundHere, { timeout: 5000, interval: 20 }).toEqual(meant.sort())
    for (const { title, privacy } of rows) {
      const { items } = await asAnyone('search', { query: { q: `"${title}"` } })
      expect(
        items.map((it) => it.video.title),
        title,
      ).toEqual(privacy === 'public' ? [title] : [])
    }
  } finally {
    server.kill('SIGKILL')
  }
}, 120_000)
