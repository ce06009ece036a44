/** Deutsch: was neben Bild und Ton eines Videos steht. */
import type { enMedia } from './en-media.ts'

type En = typeof enMedia

export const deMedia: { [Key in keyof En]: En[Key] extends string ? string : { one: string; other: string } } = {
  'media.thumbnail': 'Vorschaubild',
  'media.thumbnail_number': 'Vorschlag {number}',
  'media.thumbnail_own': 'Eigenes Bild nehmen',
  'media.captions': 'Untertitel',
  'media.captions_none': 'Noch keine Untertitel.',
  'media.captions_add': 'Datei hinzufügen (WebVTT oder SRT)',
  'media.captions_language': 'Sprache',
  'media.captions_edit': '{name} bearbeiten',
  'media.captions_text': 'Text von {name}',
  'media.captions_remove': '{name} entfernen',
  'media.captions_listen': 'Schreiben lassen',
  'media.captions_listening': 'Ein Programm hört jetzt zu; die Untertitel erscheinen hier, wenn es fertig ist.',
  'media.downloads': 'Wer herunterladen darf',
  'media.downloads.nobody': 'Niemand',
  'media.downloads.members': 'Mitglieder',
  'media.downloads.anyone': 'Alle',
  'media.qualities': 'Qualitäten',
  'media.quality.lazy': 'Entsteht beim Ansehen',
  'media.quality.making': 'Wird erzeugt',
  'media.quality.made': 'Vollständig',
  'media.quality.failed': 'Fehlgeschlagen',
  'media.quality_failed_hint': 'Was fehlgeschlagen ist, wird niemandem angeboten; die anderen Qualitäten laufen.',
  'media.quality_watched': { one: '{count} Minute angesehen', other: '{count} Minuten angesehen' },
  'media.quality_again': 'Noch einmal versuchen',
  'media.quality_again_of': 'Noch einmal versuchen: {name}',
  'media.quality_make': 'Jetzt erzeugen',
  'media.quality_make_of': 'Jetzt erzeugen: {name}',
  'media.quality_reason': 'Was der Encoder zuletzt sagte',
  'media.quality_begun': '{name} wird erzeugt.',
  'media.replace': 'Datei ersetzen',
  'media.replace_hint':
    'Adresse, Kommentare und Aufrufe bleiben. Die alte Datei wird gezeigt, bis die neue bereit ist.',
  'media.replacing': 'Wird hochgeladen, {percent}',
  'media.replaced': 'Die neue Datei ist angekommen und wird vorbereitet.',
  'media.failed': 'Das ging nicht: {reason}',
}
