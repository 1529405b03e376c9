import { setTimeout as delay } from 'node:timers/promises'

/** Looks until it is so; throws, saying what did not come true, after `withinMs`. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 10_000,
  everyMs = 10,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await delay(everyMs)
  }
}
