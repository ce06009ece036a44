// Languages as an MP4 names them: three letters of ISO 639-2/T (ISO/IEC 14496-12 8.4.2), where the rest of the house says BCP 47, and so two
// letters wherever a language has two.

/** Two letters of ISO 639-1, followed by the three that the same language has in ISO 639-2/T. */
const CODES =
  'aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul bhbih bibis bmbam bnben bobod brbre ' +
  'bsbos cacat ceche chcha cocos crcre csces cuchu cvchv cycym dadan dedeu dvdiv dzdzo eeewe elell eneng eoepo esspa etest eueus ' +
  'fafas ffful fifin fjfij fofao frfra fyfry gagle gdgla glglg gngrn guguj gvglv hahau heheb hihin hohmo hrhrv hthat huhun hyhye ' +
  'hzher iaina idind ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav kakat kgkon kikik kjkua kkkaz klkal kmkhm knkan ' +
  'kokor krkau kskas kukur kvkom kwcor kykir lalat lbltz lglug lilim lnlin lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd mlmal ' +
  'mnmon mrmar msmsa mtmlt mymya nanau nbnob ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya ococi ojoji omorm orori ososs ' +
  'papan pipli plpol pspus ptpor quque rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin skslk slslv smsmo snsna ' +
  'sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir tktuk tltgl tntsn toton trtur tstso tttat twtwi ' +
  'tytah uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid yoyor zazha zhzho zuzul'

const THREE = new Map(CODES.split(' ').map((it) => [it.slice(0, 2), it.slice(2)]))

/** The three letters of a language in BCP 47: `de-CH` is `deu`. What has none is `und`. */
export function threeLetters(language: string): string {
  const base = language.split('-')[0]!.toLowerCase()
  if (/^[a-z]{3}$/.test(base)) return base
  return THREE.get(base) ?? 'und'
}

/** The same in 15 bits, five for each letter, as the header of a track holds it. */
export function packedLanguage(language: string): number {
  return [...threeLetters(language)].reduce((bits, letter) => bits * 32 + letter.charCodeAt(0) - 0x60, 0)
}
