import type { TestContext } from 'node:test'

const stacks = new WeakMap<TestContext, AsyncDisposableStack>()

/**
 * Closes after the test, in reverse: what was opened last closes first. `t.after` runs in the order
 * of its calls. A client that closes before its receivers opens management links for the
 * settlements under way, and does not close those. Their timers keep the process alive for most of
 * an hour (`ConnectionContext.close` and `settleMessageOperation`, @azure/service-bus 7.9.5).
 */
export function closeAfter(t: TestContext, close: () => unknown): void {
  let stack = stacks.get(t)
  if (stack === undefined) {
    const made = new AsyncDisposableStack()
    t.after(() => made.disposeAsync())
    stacks.set(t, made)
    stack = made
  }
  stack.defer(async () => {
    await close()
  })
}
