/** Where the pages begin in the browser: language, theme, boot data, then the router. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { CallFailed } from '../contract/client.ts'
import { plantBoot } from './api.ts'
import { readBoot } from './boot.ts'
import { makeRouter } from './router.tsx'
import './style.css'
import { followArrows, isRemoteControlled } from './ui/arrow-keys.ts'
import { chosenTheme, showTheme } from './ui/theme.ts'
import { pickLanguage } from './words/say.ts'
import { beginWorker } from './worker/register.ts'

// The player's code is asked for before anything else where the page is about to play.
if (readBoot()?.playback) void import('../player/player.ts')

showTheme(chosenTheme())

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays one however often it is asked for; only lost connections and faults are worth another try.
      retry: (count, thrown) =>
        count < 2 && (!(thrown instanceof CallFailed) || thrown.status === 0 || thrown.status >= 500),
      refetchOnWindowFocus: false,
    },
  },
})
plantBoot(queries)

const root = document.getElementById('root')
if (!root) throw new Error('The page has no place for the pages.')
await pickLanguage()
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={makeRouter(queries)} />
    </QueryClientProvider>
  </StrictMode>,
)
beginWorker()
if (isRemoteControlled()) followArrows()
