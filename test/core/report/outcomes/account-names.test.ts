import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameLookup } from '../../../../src/core/report/outcomes/account-names.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'

const never = new AbortController().signal

void test('the directory is not asked about outcomes without an account', async () => {
  const reader = { findNames: () => assert.fail('there is nothing to ask') }
  const names = await nameLookup(reader, virtualRuntime()).find([{ objectId: null }], never)
  assert.equal(names.size, 0)
})

void test('nothing is left behind when the directory has answered, nor when it did not in time', async () => {
  const runtime = virtualRuntime()
  const cuts: AbortSignal[] = []
  let answer: Promise<readonly []> = Promise.resolve([])
  const reader = { findNames: (_objects: readonly string[], cut: AbortSignal) => (cuts.push(cut), answer) }
  const lookup = nameLookup(reader, runtime)
  await lookup.find([{ objectId: 'o-1' }], never)
  assert.equal(runtime.sleeping, 0)
  answer = new Promise(() => {})
  const late = lookup.find([{ objectId: 'o-1' }], never)
  await runtime.advance(5_000)
  assert.equal((await late).size, 0)
  assert.deepEqual([runtime.sleeping, cuts.every(({ aborted }) => aborted)], [0, true])
})
