import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPage } from '../../../src/core/directory/read-page.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import { account, accountList, throttled } from '../../fakes/account-list.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const down = new RollcallError('DirectoryUnavailable', 'down')
const never = new AbortController().signal

/** How reading a page ends, and how long after the start its last request began. */
async function read(...failures: RollcallError[]) {
  const runtime = virtualRuntime()
  const begunAt = runtime.now()
  const list = accountList([account('a')])
  list.failures = failures
  const reading = readPage({ reader: list, runtime }, null, never)
  await runtime.advance(7_200_000)
  const found = await reading
  return found.kind === 'read'
    ? { after: found.askedAt - begunAt, requests: found.requests }
    : { code: found.code, requests: found.requests }
}

void describe('a page of accounts', () => {
  void it('is asked for once when it is answered', async () => {
    assert.deepEqual(await read(), { after: 0, requests: 1 })
  })

  void it('is asked for again after 1, 5 and 30 seconds when the directory does not answer', async () => {
    assert.deepEqual(await read(down), { after: 1_000, requests: 2 })
    assert.deepEqual(await read(down, down, down), { after: 36_000, requests: 4 })
    assert.deepEqual(await read(down, down, down, down), { code: 'DirectoryUnavailable', requests: 4 })
  })

  void it('is not asked for again when it is forbidden, or when what is wrong lasts', async () => {
    const forbidden = new RollcallError('DirectoryForbidden', '403')
    assert.deepEqual(await read(forbidden), { code: 'DirectoryForbidden', requests: 1 })
    const lasts = Object.assign(new RollcallError('DirectoryUnavailable', 'odd'), { lasts: true })
    assert.deepEqual(await read(lasts), { code: 'DirectoryUnavailable', requests: 1 })
    const passes = Object.assign(new RollcallError('DirectoryUnavailable', 'odd'), { lasts: false })
    assert.deepEqual(await read(passes), { after: 1_000, requests: 2 })
  })

  void it('waits as long as a throttled answer asks, but no longer than five minutes, and 10 seconds without a time', async () => {
    assert.deepEqual(await read(throttled(2_000), down), { after: 3_000, requests: 3 })
    assert.deepEqual(await read(throttled(3_600_000)), { after: 300_000, requests: 2 })
    assert.deepEqual(await read(throttled(null)), { after: 10_000, requests: 2 })
  })

  void it('is given up when it is throttled for the 21st time', async () => {
    const times = (count: number) => Array.from({ length: count }, () => throttled(1_000))
    assert.deepEqual(await read(...times(20)), { after: 20_000, requests: 21 })
    assert.deepEqual(await read(...times(21)), { code: 'DirectoryThrottled', requests: 21 })
  })

  void it('ends a stop at once, and hides no error of the program', async () => {
    const runtime = virtualRuntime()
    const list = accountList()
    list.failures = [down]
    await assert.rejects(readPage({ reader: list, runtime }, null, AbortSignal.abort()), down)
    const broken = { ...list, page: () => Promise.reject(new TypeError('a fault')) }
    await assert.rejects(readPage({ reader: broken, runtime }, null, never), TypeError)
  })
})
