import assert from 'node:assert/strict'
import { it } from 'node:test'
import { stopSignal } from '../../../src/compose/process.ts'

void it('a stop that lasts too long ends the process, and one that is over does not', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const ended: unknown[] = []
  t.mock.method(process, 'exit', (code: unknown) => void ended.push(code))

  const over = stopSignal()
  process.emit('SIGTERM')
  assert.ok(over.signal.aborted)
  over[Symbol.dispose]()
  t.mock.timers.tick(60_000)
  assert.deepEqual(ended, [])

  using hangs = stopSignal()
  process.emit('SIGTERM')
  assert.ok(hangs.signal.aborted)
  t.mock.timers.tick(60_000)
  assert.deepEqual(ended, [1])
})
