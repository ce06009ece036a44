/** Sends bytes as they are: pictures, captions. */
import { CallFailed } from '../../contract/client.ts'
import type { Problem } from '../../contract/refusals.ts'

/** Throws CallFailed with the sentence of the refusal. */
export async function sendFile(path: string, body: Blob | string): Promise<void> {
  const answer = await fetch(path, { method: 'PUT', body })
  if (answer.ok) return
  const problem = (await answer.json().catch(() => undefined)) as Problem | undefined
  throw new CallFailed(answer.status, problem?.code ?? 'fault', problem?.title ?? answer.statusText, problem)
}
