/** Pushes to this browser (W3C Push API): asked for by the person, made known to the platform, and ended on both sides. */
import { call } from '../api.ts'

/** `denied`: the person has said no to this site in the browser, which only they can change, there. */
export function canPush(): 'yes' | 'no' | 'denied' {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return 'no'
  return Notification.permission === 'denied' ? 'denied' : 'yes'
}

/** Asks the person, subscribes, and tells the platform. Where they say no, nothing happens. */
export async function startPush(applicationServerKey: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') return
  const worker = await navigator.serviceWorker.ready
  // One made with another key would be refused for ever.
  await (await worker.pushManager.getSubscription())?.unsubscribe()
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  const { endpoint = '', keys = {}, expirationTime } = made.toJSON()
  const { p256dh = '', auth = '' } = keys
  await call('addPush', { body: { endpoint, expirationTime: expirationTime ?? null, keys: { p256dh, auth } } })
}

export async function endPush(pushId: string): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration()
  await (await worker?.pushManager.getSubscription())?.unsubscribe()
  await call('removePush', { params: { pushId } })
}
