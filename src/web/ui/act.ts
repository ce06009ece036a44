/** One hook for the many small things a page does: it runs, then the lists that are old by it are read anew. */
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'

/** `act.mutate(() => call(...))`; what it throws is in `act.error`. */
export function useAct(...renews: readonly QueryKey[]) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: async () => {
      await Promise.all(renews.map((queryKey) => queries.invalidateQueries({ queryKey })))
    },
  })
}
