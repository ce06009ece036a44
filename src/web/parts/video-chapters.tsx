/** The chapters of a video as a small table; they are kept as lines of its description, where everybody reads them. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import type { Video } from '../../contract/videos.ts'
import { call, videoQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { type ChapterLine, chaptersWrong, linesOf, readChapterLines, writeChapterLines } from './chapter-lines.ts'

interface Row extends ChapterLine {
  key: number
}

let keys = 0
const rowOf = (line: ChapterLine): Row => ({ ...line, key: ++keys })

/** What is shown before anything is edited: the chapters of the description or, where it names none, those of the file. */
function keptOf({ description, sourceChapters }: Video) {
  const own = readChapterLines(description)
  const isOfFile = own.length === 0 && sourceChapters !== undefined && sourceChapters.length > 0
  const lines = isOfFile ? linesOf(sourceChapters) : own
  return { from: description, brought: sourceChapters?.length, isOfFile, rows: lines.map(rowOf) }
}

export function Chapters({ video }: { video: Video }) {
  const id = useId()
  const queries = useQueryClient()
  const [edited, setEdited] = useState<Row[]>()
  const [kept, setKept] = useState(() => keptOf(video))
  // The form above may have changed the description, and those of the file come when it has been read.
  if (kept.from !== video.description || kept.brought !== video.sourceChapters?.length) setKept(keptOf(video))
  const rows = edited ?? kept.rows
  const wrong = chaptersWrong(rows, video.durationMs)
  const save = useMutation({
    mutationFn: () =>
      call('editVideo', {
        params: { videoId: video.id },
        body: { description: writeChapterLines(video.description, rows) },
      }),
    onSuccess: (saved) => {
      setEdited(undefined)
      queries.setQueryData(videoQuery(video.id).queryKey, saved)
      announce(say('app.saved'))
    },
  })
  const change = (key: number, words: Partial<ChapterLine>) =>
    setEdited(rows.map((row) => (row.key === key ? { ...row, ...words } : row)))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!wrong) save.mutate()
  }
  return (
    <section className="panel" aria-labelledby={id}>
      <form className="stack" onSubmit={submit}>
        <h2 id={id}>{say('chapters.title')}</h2>
        <p className="soft small">{say('chapters.hint')}</p>
        {kept.isOfFile ? <p className="soft small">{say('chapters.of_file')}</p> : null}
        <ol className="rows">
          {rows.map((row, at) => (
            <li key={row.key} className="chapter-row">
              <input
                className="input"
                dir="ltr"
                aria-label={say('chapters.time', { number: at + 1 })}
                placeholder="0:00"
                maxLength={9}
                value={row.time}
                onChange={(event) => change(row.key, { time: event.target.value.trim() })}
              />
              <input
                className="input"
                dir="auto"
                aria-label={say('chapters.name', { number: at + 1 })}
                maxLength={120}
                value={row.title}
                onChange={(event) => change(row.key, { title: event.target.value })}
              />
              <Button
                kind="quiet"
                shape="round"
                icon="cross"
                aria-label={say('chapters.remove', { number: at + 1 })}
                onClick={() => setEdited(rows.filter((it) => it.key !== row.key))}
              />
            </li>
          ))}
        </ol>
        {edited && wrong ? <p className="notice">{say(`chapters.wrong.${wrong}`)}</p> : null}
        <Trouble thrown={save.error} />
        <div className="ends">
          <Button
            icon="plus"
            onClick={() => setEdited([...rows, rowOf({ time: rows.length === 0 ? '0:00' : '', title: '' })])}
          >
            {say('chapters.add')}
          </Button>
          <Button type="submit" kind="main" disabled={!edited || wrong !== undefined || save.isPending}>
            {say('app.save')}
          </Button>
        </div>
      </form>
    </section>
  )
}
