/** The API as one page to read: made from the contract, styled by itself, without a script. */
import { contract } from '../../contract/contract.ts'
import type { AnyEndpoint } from '../../contract/endpoint.ts'
import { codesOf, openApi, tagOf } from '../../contract/openapi.ts'
import { refusals } from '../../contract/refusals.ts'
import { shapeWords } from '../../contract/shape-words.ts'

type Json = Record<string, unknown>

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 65%, transparent) }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 6rem }
h1 { font-size: 1.9rem; margin: 0 } h2 { margin: 3rem 0 0; text-transform: capitalize } h3 { font: 600 1rem/1.4 ui-monospace, monospace; margin: 0 }
article { border-top: 1px solid var(--line); padding: 1.1rem 0 } article p { margin: .35rem 0 }
.method { border-radius: .3rem; display: inline-block; font-size: .75rem; min-width: 3.6rem; margin-right: .6rem; padding: .1rem .4rem; text-align: center; border: 1px solid var(--line) }
.soft, dt { color: var(--soft) } code, pre { font: .86rem/1.5 ui-monospace, monospace } pre { overflow: auto; border-left: 3px solid var(--line); margin: .4rem 0; padding: .2rem .9rem }
details { margin: .3rem 0 } summary { cursor: pointer } table { border-collapse: collapse; width: 100% } td { border-top: 1px solid var(--line); padding: .45rem .6rem .45rem 0; vertical-align: top }
nav a { margin-right: 1rem } :target { outline: 2px solid Highlight; outline-offset: .3rem }
`

/** The page as HTML. */
export function apiPage(): string {
  const endpoints = Object.entries(contract) as [string, AnyEndpoint][]
  const groups = new Map<string, string[]>()
  const paths = openApi().paths as Record<string, Record<string, Json>>
  for (const [name, it] of endpoints)
    groups.set(tagOf(it), [...(groups.get(tagOf(it)) ?? []), article(name, it, paths)])
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of this platform</title><link rel="icon" href="/favicon.svg"><style>${STYLE}</style></head><body>
<h1>API</h1>
<p>Everything the site does, it does through these addresses. Send <code>Authorization: Bearer vst_...</code> with an API token, or the session cookie.
Answers that say no are problem documents (RFC 9457); their <code>code</code> never changes its meaning. For machines: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
<p>The bytes of uploads travel by <a href="https://tus.io/protocols/resumable-upload">tus 1.0</a> below <code>/api/uploads</code>; what changes while you look is told over the WebSocket <code>/api/live</code>.</p>
<nav>${[...groups.keys()].map((tag) => `<a href="#${tag}">${plain(tag)}</a>`).join('')}<a href="#refusals">refusals</a></nav>
${[...groups].map(([tag, articles]) => `<h2 id="${tag}">${plain(tag)}</h2>${articles.join('')}`).join('\n')}
<h2 id="refusals">Refusals</h2>
<table>${Object.entries(refusals)
    .map(
      ([code, [status, sentence]]) =>
        `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${plain(sentence)}</td></tr>`,
    )
    .join(
      '',
    )}<tr id="fault"><td><code>fault</code></td><td>500</td><td>Our own mistake; the request id leads to it in the log.</td></tr></table>
</body></html>`
}

const WHO = { anyone: 'anyone', member: 'signed in', moderator: 'moderators', admin: 'administrators' }

function article(name: string, it: AnyEndpoint, paths: Record<string, Record<string, Json>>): string {
  const operation = paths[it.path.replace(/:(\w+)/g, '{$1}')]![it.method.toLowerCase()]!
  const parameters = operation.parameters as { name: string; in: string; schema: Json }[]
  const body = (operation.requestBody as Json | undefined) && jsonSchema(operation.requestBody as Json)
  const reply = it.reply ? jsonSchema((operation.responses as Record<string, Json>)[200]!) : undefined
  return `<article id="${name}"><h3><span class="method">${it.method}</span>/api${plain(it.path)}</h3>
<p>${plain(it.says)} <span class="soft">${WHO[it.who]}${it.perMinute === undefined ? '' : `, ${it.perMinute} calls a minute`}</span></p>
${parameters.length === 0 ? '' : `<details><summary>Parameters</summary><pre>${parameters.map((p) => `${plain(p.name)} <span class="soft">(${p.in})</span>: ${plain(shapeWords(p.schema))}`).join('\n')}</pre></details>`}
${body ? `<details><summary>Body</summary><pre>${plain(shapeWords(body))}</pre></details>` : ''}
${reply ? `<details><summary>Reply</summary><pre>${plain(shapeWords(reply))}</pre></details>` : '<p class="soft">Replies 204, without content.</p>'}
<p class="soft">Refuses: ${codesOf(it)
    .map((code) => `<a href="#${code}"><code>${code}</code></a>`)
    .join(' ')}</p></article>`
}

function jsonSchema(holder: Json): Json {
  return (holder.content as Record<string, { schema: Json }>)['application/json']!.schema
}

function plain(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
