/** Tells those who listen what changed out of sight of the focus: one polite live region for the whole page. */

const REGION = 'announcements'

/** Says one sentence. A later one replaces an earlier one that has not been spoken. */
export function announce(sentence: string): void {
  const region = document.getElementById(REGION)
  if (!region) return
  // Equal text twice is no change and would not be spoken, so the region is emptied first.
  region.textContent = ''
  requestAnimationFrame(() => {
    region.textContent = sentence
  })
}

export { REGION as announcementRegion }
