/** The page shown when a page could not be shown. */
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { usePageTitle } from '../ui/page-title.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'

export function TroublePage({ error, reset }: Pick<ErrorComponentProps, 'error' | 'reset'>) {
  usePageTitle(say('trouble.title'))
  return (
    <Empty title={say('trouble.title')} hint={say('trouble.hint')} heading="h1">
      <Trouble thrown={error} />
      <div className="row">
        <Button kind="main" onClick={reset}>
          {say('app.retry')}
        </Button>
        <Button onClick={() => location.reload()}>{say('trouble.reload')}</Button>
      </div>
    </Empty>
  )
}
