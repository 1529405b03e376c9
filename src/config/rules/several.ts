import type { Config } from '../load.ts'

/** Whether pages, messages and records have to say which destination they mean. */
export function hasSeveralDestinations({
  rules: { destinations },
}: {
  readonly rules: Pick<Config['rules'], 'destinations'>
}): boolean {
  return (destinations?.all.length ?? 0) > 1
}
