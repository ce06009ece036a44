/** Textes français de ce qui accompagne une vidéo: French words of thumbnail, captions, downloads and the file. */
import type { TableOf } from './en.ts'
import type { enMedia } from './en-media.ts'

export const frMedia: TableOf<typeof enMedia> = {
  'media.thumbnail': 'Miniature',
  'media.thumbnail_number': 'Proposition {number}',
  'media.thumbnail_own': 'Utiliser ma propre image',
  'media.captions': 'Sous-titres',
  'media.captions_none': 'Pas encore de sous-titres.',
  'media.captions_add': 'Ajouter un fichier (WebVTT ou SRT)',
  'media.captions_language': 'Langue',
  'media.captions_edit': 'Modifier {name}',
  'media.captions_text': 'Texte de {name}',
  'media.captions_remove': 'Supprimer {name}',
  'media.captions_listen': 'Générer automatiquement',
  'media.captions_listening': 'La transcription est en cours ; les sous-titres apparaîtront ici une fois terminés.',
  'media.downloads': 'Qui peut télécharger',
  'media.downloads.nobody': 'Personne',
  'media.downloads.members': 'Les membres',
  'media.downloads.anyone': 'Tout le monde',
  'media.qualities': 'Qualités',
  'media.quality.lazy': 'Créée au premier visionnage',
  'media.quality.making': 'En cours de création',
  'media.quality.made': 'Complète',
  'media.quality.failed': 'Échec',
  'media.quality_failed_hint':
    'Ce qui a échoué n’est proposé à personne ; les autres qualités restent lisibles.',
  'media.quality_watched': {
    one: '{count} minute regardée',
    many: '{count} de minutes regardées',
    other: '{count} minutes regardées',
  },
  'media.quality_again': 'Réessayer',
  'media.quality_again_of': 'Réessayer : {name}',
  'media.quality_make': 'Créer maintenant',
  'media.quality_make_of': 'Créer maintenant : {name}',
  'media.quality_reason': 'Dernier message de l’encodeur',
  'media.quality_begun': 'La création de {name} a commencé.',
  'media.replace': 'Remplacer le fichier',
  'media.replace_hint':
    'L’adresse, les commentaires et les vues sont conservés. L’ancien fichier reste visible jusqu’à ce que le nouveau soit prêt.',
  'media.replacing': 'Mise en ligne : {percent}',
  'media.replaced': 'Le nouveau fichier est arrivé et se prépare.',
  'media.failed': 'Cela n’a pas fonctionné : {reason}',
}
