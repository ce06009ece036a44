/**
 * The search box: a combobox that offers ways to go on while one types (ARIA Authoring Practices, combobox with list). Arrows
 * move through them, Enter searches, Escape first closes, then empties; `/` leads here from anywhere.
 */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { Suggestion } from '../../contract/search.ts'
import { call, useMe } from '../api.ts'
import { Icon } from '../ui/icon.tsx'
import { say } from '../words/say.ts'

/** Fast typists press a key each 100 ms: less than that is one question per word rather than per key. */
const PAUSE_MS = 90
const MOST_CHARACTERS = 400

export function SearchBox({ autoFocus = false }: { autoFocus?: boolean }) {
  const shown = useRouterState({
    select: (state) =>
      state.location.pathname === '/search' ? String((state.location.search as { q?: string }).q ?? '') : '',
  })
  const [text, setText] = useState(shown)
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const me = useMe()
  const navigate = useNavigate()
  const suggestions = useSuggestions(text, open, me !== null && me !== undefined)
  // The box says what the page shows: also after going back.
  useEffect(() => setText(shown), [shown])
  useSlashKey(input)

  const isShown = open && suggestions.length > 0
  const go = (q: string) => {
    const asked = q.trim()
    setText(asked)
    setOpen(false)
    setChosen(-1)
    input.current?.blur()
    if (asked !== '' && me) void call('keepSearch', { body: { q: asked } }).catch(() => {})
    void navigate({ to: '/search', search: asked === '' ? {} : { q: asked } })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    go(suggestions[chosen]?.text ?? text)
  }
  const steer = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') {
      if (isShown) setOpen(false)
      else setText('')
      setChosen(-1)
      event.preventDefault()
      return
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    if (!isShown) {
      setOpen(true)
      return
    }
    // Past the last one comes what was typed, then the first again.
    const count = suggestions.length + 1
    setChosen(((chosen + 1 + (event.key === 'ArrowDown' ? 1 : -1) + count) % count) - 1)
  }

  return (
    <search className="search-box">
      <form onSubmit={submit}>
        <input
          ref={input}
          type="search"
          className="input"
          dir="auto"
          role="combobox"
          aria-label={say('search.label')}
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isShown && chosen >= 0 ? `${id}-${chosen}` : undefined}
          placeholder={say('search.label')}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          maxLength={MOST_CHARACTERS}
          // biome-ignore lint/a11y/noAutofocus: only on the page that is for searching
          autoFocus={autoFocus}
          value={suggestions[chosen]?.text ?? text}
          onChange={(event) => {
            setText(event.target.value)
            setOpen(true)
            setChosen(-1)
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={steer}
        />
        <button type="submit" className="button" data-kind="quiet" data-shape="round" aria-label={say('search.submit')}>
          <Icon name="search" />
        </button>
      </form>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={say('search.suggestions')}
        className="search-list"
        hidden={!isShown}
      >
        {suggestions.map((it, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input steers the list
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input
          <div
            key={it.text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            // Before the input loses the focus and the list goes.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => go(it.text)}
          >
            <Icon name={it.from === 'history' ? 'clock' : 'search'} size={16} />
            <span dir="auto">{it.text}</span>
          </div>
        ))}
      </div>
    </search>
  )
}

function useSuggestions(text: string, open: boolean, hasHistory: boolean): Suggestion[] {
  const [asked, setAsked] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  const { data } = useQuery({
    queryKey: ['suggestions', asked, hasHistory],
    queryFn: () => call('suggestSearches', { query: { q: asked, limit: 8 } }),
    enabled: open && (asked.trim() !== '' || hasHistory),
    staleTime: 10_000,
    // Those of the shorter word stay until those of the longer one are there: a list that blinks cannot be read.
    placeholderData: (before) => before,
    retry: false,
  })
  return text.trim() === '' && !hasHistory ? [] : (data?.items ?? [])
}

function useSlashKey(input: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const hear = (event: globalThis.KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
      if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
      event.preventDefault()
      input.current?.focus()
      input.current?.select()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [input])
}
