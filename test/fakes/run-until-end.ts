import type { TestContext } from 'node:test'
import type { Service } from '../../src/core/service.ts'

/** Runs a service until the test ends. A failure of the service fails the test. */
export function runUntilEnd(t: TestContext, service: Service): void {
  const running = service.run()
  t.after(async () => {
    await service.stop()
    await running
  })
}
