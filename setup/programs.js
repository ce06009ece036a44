/** The programs of the system that Vitascope needs, and how to get them where they are missing. */
import { readdirSync } from 'node:fs'
import { findProgram } from './place.js'
import { step, works } from './run.js'

const PROGRAMS = [
  {
    name: 'ffmpeg',
    setting: 'VITASCOPE_TRANSCODE_FFMPEG',
    package: 'ffmpeg',
    without: 'stop',
    why: 'makes videos playable',
  },
  {
    name: 'ffprobe',
    setting: 'VITASCOPE_TRANSCODE_FFPROBE',
    package: 'ffmpeg',
    without: 'stop',
    why: 'reads what an upload holds',
  },
  { name: 'bwrap', package: 'bubblewrap', without: 'go on', why: 'confines FFmpeg; without it only limits do' },
  { name: 'prlimit', package: 'util-linux', without: 'stop', why: 'limits what FFmpeg may use' },
  {
    name: 'chromium',
    or: ['chromium-browser', 'google-chrome'],
    package: 'chromium',
    without: 'go on',
    why: 'runs the tests in a browser',
    tests: true,
  },
  { name: 'mpv', package: 'mpv', without: 'go on', why: 'decodes what was packaged, in tests', tests: true },
  {
    name: 'gst-launch-1.0',
    package: 'gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav',
    without: 'go on',
    why: 'decodes what was packaged, in tests',
    tests: true,
  },
  {
    name: 'clickhouse-server',
    package: 'clickhouse-server',
    without: 'go on',
    why: 'the other warehouse, in tests',
    tests: true,
    rare: true,
  },
  ...['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin'].map((name) => ({
    name,
    package: 'ceph-mon ceph-osd ceph-common radosgw',
    without: 'go on',
    why: 'the object store, in tests',
    tests: true,
    rare: true,
  })),
]

/** Not in every Debian, or services that the system would start at its next boot: brought only to machines that exist for tests. */
const wanted = (it) => !it.rare || Boolean(process.env.CI)

/** How other systems install a package, tried in this order when there is no apt-get. */
const OTHER_MANAGERS = [
  ['dnf', 'dnf install'],
  ['apk', 'apk add'],
  ['pacman', 'pacman -S'],
  ['zypper', 'zypper install'],
  ['brew', 'brew install'],
]

/** The programs that are not there. */
export function missingPrograms({ chromium }) {
  return PROGRAMS.filter((it) => wanted(it) && (chromium || !it.tests)).filter((it) => {
    const named = it.setting && process.env[it.setting]
    return ![named || it.name, ...(it.or ?? [])].some((name) => findProgram(name))
  })
}

/** Installs them where that can be done without asking, and says what to do where it cannot. Throws when it cannot go on. */
export function bringPrograms(missing) {
  if (missing.length === 0) return
  const lead = rootWords()
  let failure
  // What only tests ask for goes apart: a package that this system does not have must not keep FFmpeg, or another one, away.
  const rare = new Set(missing.filter((it) => it.rare).map((it) => it.package))
  const parts = [
    missing.filter((it) => !it.tests),
    missing.filter((it) => it.tests && !it.rare),
    ...[...rare].map((name) => missing.filter((it) => it.package === name)),
  ]
  for (const part of parts) {
    if (!lead || !findProgram('apt-get') || part.length === 0) continue
    try {
      installByApt(lead, packagesOf(part))
    } catch (error) {
      failure = error.message
    }
  }
  const still = missing.filter((it) => ![it.name, ...(it.or ?? [])].some((name) => findProgram(name)))
  if (still.length === 0) return
  const list = still.map((it) => `  ${it.name} (${it.why})`).join('\n')
  const sentence = `${failure ? `${failure}\n` : ''}These programs are missing:\n${list}\nInstall them with: ${howTo(packagesOf(still))}`
  if (still.some((it) => it.without === 'stop')) throw new Error(sentence)
  console.error(sentence)
}

const packagesOf = (programs) => [...new Set(programs.flatMap((it) => it.package.split(' ')))]

function installByApt(lead, packages) {
  // The terminal belongs to whoever typed `npm start`: no question may be asked there.
  // And what is installed here is for us to start: RUNLEVEL=1 keeps Debian from starting it as a service (invoke-rc.d(8)).
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (says, ...args) =>
    step(says, lead[0] ?? 'apt-get', [...lead.slice(1), ...(lead[0] ? ['apt-get'] : []), '-qq', ...args], { env })
  if (!hasPackageLists()) apt('Reading the list of packages ...', 'update')
  const install = () =>
    apt(
      `Installing ${packages.join(', ')} ...`,
      'install',
      '-y',
      '--no-install-recommends',
      '-o',
      'DPkg::Lock::Timeout=300',
      ...packages,
    )
  try {
    install()
  } catch {
    // An old list names files that are not there any more.
    apt('Reading the list of packages ...', 'update')
    install()
  }
}

/** Words before a command that make it run as root; undefined when that takes a password. */
function rootWords() {
  if (process.getuid?.() === 0) return []
  return findProgram('sudo') && works('sudo', ['-n', 'true']) ? ['sudo', '-n'] : undefined
}

function hasPackageLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('Packages'))
  } catch {
    return false
  }
}

function howTo(packages) {
  if (findProgram('apt-get')) return `sudo apt-get install ${packages.join(' ')}`
  const manager = OTHER_MANAGERS.find(([name]) => findProgram(name))
  return manager
    ? `sudo ${manager[1]} ${packages.join(' ')}`
    : `the package manager of your system: ${packages.join(', ')}`
}
