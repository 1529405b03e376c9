import { setTimeout as delay } from 'node:timers/promises'

/**
 * Looks until it is so; throws, saying what did not come true, after `withinMs`. No test that
 * passes waits that long: it is what a machine is given that has much else to do.
 */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
  everyMs = 10,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await delay(everyMs)
  }
}
