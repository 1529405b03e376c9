import assert from 'node:assert/strict'
import { it } from 'node:test'
import { optionalRead } from '../../../src/core/directory/optional-read.ts'
import { RollcallError } from '../../../src/core/errors.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const down = new RollcallError('DirectoryUnavailable', 'down')
const never = new AbortController().signal

void it('why nothing is read is logged once, and once more after an answer', async () => {
  const runtime = virtualRuntime()
  const read = optionalRead('guard.off', 'goes on', runtime)
  const fails = () => read(() => Promise.reject(down), never)
  for (let minute = 0; minute < 3; minute += 1) {
    assert.equal(await fails(), null)
    await runtime.advance(60_000)
  }
  assert.equal(runtime.lines.length, 1)
  assert.equal(await read(async () => 7, never), 7)
  await fails()
  assert.equal(runtime.lines.length, 2)
})

void it('a stop, or a fault of the program, is not an answer that is missing', async () => {
  const read = optionalRead('guard.off', 'goes on', virtualRuntime())
  await assert.rejects(
    read(() => Promise.reject(down), AbortSignal.abort()),
    down,
  )
  await assert.rejects(
    read(() => Promise.reject(new TypeError('a fault')), never),
    TypeError,
  )
})
