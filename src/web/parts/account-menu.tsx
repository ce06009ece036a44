/** The menu at the end of the header: the account's own pages, appearance, language, signing out. */
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useRef, useState } from 'react'
import type { Me } from '../../contract/accounts.ts'
import { LANGUAGES, type LanguageCode } from '../../contract/languages.ts'
import { call, useMe } from '../api.ts'
import { SelectField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { changeTheme, chosenTheme, THEMES } from '../ui/theme.ts'
import { changeLanguage, currentLanguage, say } from '../words/say.ts'
import { Face } from './face.tsx'
import { ownPlaces, PlaceList, staffPlaces, strangersPlaces } from './places.tsx'

/** On the popover of the platform itself: it closes on Escape and on a click beside it, and gives the focus back. */
export function AccountMenu({ me }: { me: Me | null }) {
  const id = useId()
  const panel = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const close = () => panel.current?.hidePopover()
  return (
    <>
      <button
        type="button"
        className="button menu-button"
        data-kind="quiet"
        data-shape="round"
        popoverTarget={id}
        aria-expanded={open}
        aria-label={me ? say('app.your_account') : say('app.menu')}
      >
        {me ? <Face {...me.channel} /> : <Icon name="menu" />}
      </button>
      <div id={id} ref={panel} popover="auto" className="menu" onToggle={(event) => setOpen(event.newState === 'open')}>
        {me ? <OwnPages me={me} close={close} /> : <StrangerPages close={close} />}
        <Appearance />
        {me ? <SignOut /> : null}
      </div>
    </>
  )
}

function OwnPages({ me, close }: { me: Me; close: () => void }) {
  return (
    <>
      <div className="menu-person">
        <strong dir="auto">{me.channel.name}</strong>
        <bdi className="soft small">@{me.channel.handle}</bdi>
      </div>
      <ul className="menu-list">
        <li>
          <Link to="/@{$handle}" params={{ handle: me.channel.handle }} onClick={close}>
            <Icon name="person" />
            {say('app.your_channel')}
          </Link>
        </li>
        <PlaceList places={[...ownPlaces(), ...staffPlaces(me)]} onGo={close} />
      </ul>
    </>
  )
}

function StrangerPages({ close }: { close: () => void }) {
  return (
    <ul className="menu-list">
      <PlaceList places={strangersPlaces()} onGo={close} />
    </ul>
  )
}

function Appearance() {
  const me = useMe()
  const [theme, setTheme] = useState(() => chosenTheme())
  // The page changes whether or not the account could be told; letters then stay as they were.
  const choose = async (language: LanguageCode) => {
    if (me) await call('editAccount', { body: { language } }).catch(() => {})
    changeLanguage(language)
  }
  const themeNames = { system: say('app.theme_system'), light: say('app.theme_light'), dark: say('app.theme_dark') }
  return (
    <div className="menu-settings">
      <SelectField
        label={say('app.theme')}
        value={theme}
        options={THEMES.map((name) => [name, themeNames[name]] as const)}
        onChoose={(chosen) => {
          setTheme(chosen)
          changeTheme(chosen)
        }}
      />
      <SelectField
        label={say('app.language')}
        value={currentLanguage()}
        options={Object.entries(LANGUAGES) as [LanguageCode, string][]}
        onChoose={(chosen) => void choose(chosen)}
      />
    </div>
  )
}

function SignOut() {
  const leave = useMutation({
    mutationFn: () => call('signOut'),
    // A load of its own: nothing that this page knows or does for the account stays behind.
    onSuccess: () => location.assign('/'),
  })
  return (
    <ul className="menu-list">
      <li>
        <button type="button" onClick={() => leave.mutate()} disabled={leave.isPending}>
          <Icon name="cross" />
          {say('app.sign_out')}
        </button>
      </li>
    </ul>
  )
}
