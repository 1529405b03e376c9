import type { EventData } from 'node:test'

/** The exit code of a run in which a test failed. */
export const TEST_FAILED = 87

type TestEvent = { readonly type: string; readonly data: EventData.TestFail | object }

/**
 * A reporter that ends the process with the first test that fails: one is enough to notice a
 * mutant.
 */
// oxlint-disable-next-line import/no-default-export -- the test runner takes the default export as the reporter
export default async function* firstFailure(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type } of events) if (type === 'test:fail') process.exit(TEST_FAILED)
  yield ''
}
