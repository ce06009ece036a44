/** `vitascope help`: what there is. */
import type { Command } from './command.ts'

const usage = `vitascope COMMAND [words]

  serve      runs the platform: pages, API, media, workers, clock
  upload     sends a video to a server and waits until it can be watched
  account    makes accounts and API tokens
  migrate    brings the database to the shape this version needs
  media      says what is stored of all videos and what that saves; checks what is packaged, renews it
  search     builds the search index anew
  recommend  evaluates, makes, lists and takes back the models of suggestions
  doctor     says what is missing or wrong, and how to mend it
  help       this text
  version    which version this is

vitascope COMMAND --help says more.
`

export const help: Command = {
  usage,
  async run() {
    process.stdout.write(usage)
    return 0
  },
}
