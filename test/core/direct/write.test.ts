import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../../src/core/model.ts'
import { MOST_CALLS, type WriteOrder, writeRecord } from '../../../src/core/direct/write.ts'
import type { UploadAnswer } from '../../../src/core/ports.ts'
import { FakeAccounts, timeout } from '../../fakes/direct-accounts.ts'
import { response } from '../../fakes/upload-answer.ts'

const SETTINGS = {
  retryMs: 1_000,
  retryCapMs: 60_000,
  throttledMs: 30_000,
  fullMs: 1,
  circuitMs: 15_000,
  accessMs: 300_000,
}
const NOW = Date.UTC(2026, 10, 2)
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const order = (more: Partial<WriteOrder> = {}, record: JsonObject = {}): WriteOrder => ({
  employeeId: 'p1',
  objectId: null,
  managerObjectId: null,
  record: { externalId: 'p1', userName: 'p1@example.com', active: true, ...record },
  ...more,
})

async function write(accounts: FakeAccounts, given: WriteOrder) {
  const { verdict, billed } = await writeRecord(given, {
    accounts,
    call: () => ({ clientRequestId: 'call', cut: new AbortController().signal }),
    context: () => ({ attempt: 2, now: NOW, chance: 0, settings: SETTINGS }),
    onAnswer: () => {},
  })
  return { verdict, billed, calls: accounts.calls.splice(0) }
}

/** An account of the directory that Rollcall has not made. */
function account(
  accounts: FakeAccounts,
  objectId: string,
  places: Readonly<Record<string, string | boolean>>,
) {
  accounts.accounts.set(objectId, new Map(Object.entries(places)))
}
const disabled = order({}, { active: false })

void describe('the account of an employee', () => {
  void it('is created when there is none, and found by its externalId afterwards', async () => {
    const accounts = new FakeAccounts()
    const first = await write(accounts, order())
    assert.deepEqual(first.calls, ['find externalId p1', 'create p1'])
    assert.deepEqual([first.verdict.kind, first.billed], ['done', 2])
    const again = await write(accounts, order())
    assert.deepEqual(again.calls, ['find externalId p1', 'update p1'])
    assert.equal(accounts.accounts.size, 1)
  })

  void it('is written at once where the object id is known', async () => {
    const accounts = new FakeAccounts()
    account(accounts, 'o1', { userName: 'p1@example.com', active: true })
    const { verdict, billed, calls } = await write(accounts, { ...disabled, objectId: 'o1' })
    assert.deepEqual(
      [verdict, billed, calls],
      [{ kind: 'done', did: 'update', objectId: 'o1' }, 1, ['update p1']],
    )
    assert.equal(accounts.accounts.get('o1')?.get('active'), false)
  })

  void it('is looked for again and then created when the known one is gone, but never created disabled', async () => {
    const accounts = new FakeAccounts()
    const leaver = await write(accounts, { ...disabled, objectId: 'gone' })
    assert.deepEqual([leaver.verdict, leaver.billed], [{ kind: 'no-account' }, 3])
    assert.deepEqual(leaver.calls, ['update p1', 'find externalId p1', 'find userName p1@example.com'])
    assert.equal(accounts.accounts.size, 0)
    const joiner = await write(accounts, order({ objectId: 'gone' }))
    assert.deepEqual(joiner.calls, ['update p1', 'find externalId p1', 'create p1'])
    assert.equal(accounts.enabled('p1'), 1)
  })

  void it('that a provisioning job made is known by user name and employee id, and disabled too', async () => {
    const accounts = new FakeAccounts()
    const places = { userName: 'p1@example.com', active: true, [`${ENTERPRISE}:employeeNumber`]: 'p1' }
    account(accounts, 'o1', places)
    const joiner = await write(accounts, order())
    assert.equal(joiner.verdict.kind, 'done')
    assert.equal(joiner.calls.length, MOST_CALLS - 1)
    assert.equal(accounts.accounts.size, 1)
    account(accounts, 'o1', places)
    await write(accounts, disabled)
    assert.equal(accounts.accounts.get('o1')?.get('active'), false)
  })

  void it('of another employee is never written, also not one with the same user name', async () => {
    const accounts = new FakeAccounts()
    account(accounts, 'o1', { userName: 'p1@example.com', active: true, externalId: 'p2' })
    account(accounts, 'o2', { userName: 'p3@example.com', active: true })
    const joiner = await write(accounts, order())
    assert.deepEqual(
      [joiner.verdict.kind, 'code' in joiner.verdict ? joiner.verdict.code : null],
      ['failed', 'Conflict'],
    )
    assert.deepEqual((await write(accounts, disabled)).verdict, { kind: 'no-account' })
    const renamed = await write(accounts, order({ objectId: 'o1' }, { userName: 'p3@example.com' }))
    assert.equal(renamed.verdict.kind, 'failed')
    assert.deepEqual(
      [...accounts.accounts.values()].map((places) => places.get('active')),
      [true, true],
    )
  })

  void it('is left alone when several have the employee id', async () => {
    const accounts = new FakeAccounts()
    for (const id of ['o1', 'o2']) account(accounts, id, { externalId: 'p1', active: true })
    const { verdict } = await write(accounts, disabled)
    assert.equal(verdict.kind, 'failed')
    assert.equal(accounts.enabled('p1'), 2)
  })
})

void describe('an answer', () => {
  const verdictAfter = async (answer: UploadAnswer, at = 'update') => {
    const accounts = new FakeAccounts()
    account(accounts, 'o1', { externalId: 'p1' })
    accounts.disturb = (call) => (call.startsWith(at) ? { answer } : null)
    return (await write(accounts, order({ objectId: at === 'update' ? 'o1' : null }))).verdict
  }

  void it('about the record fails it with the code of the service and its text', async () => {
    assert.deepEqual(await verdictAfter(response(400, { message: 'The value is invalid.' })), {
      kind: 'failed',
      code: 'Http400',
      reason: 'The value is invalid.',
      objectId: 'o1',
    })
    // Any other refusal of the kind is the record's too, and holds no other employee.
    for (const status of [409, 410, 422, 499]) {
      const verdict = await verdictAfter(response(status))
      assert.equal(verdict.kind, 'failed', String(status))
    }
  })

  void it('about the service, the token or the tenant is waited for', async () => {
    const wait = async (answer: UploadAnswer, at?: string) => {
      const verdict = await verdictAfter(answer, at)
      return verdict.kind === 'again' ? verdict.wait : verdict.kind
    }
    const until = NOW + 7_000
    assert.deepEqual(await wait(response(429, { retryAfter: '7' })), {
      kind: 'snooze',
      until,
      status: 429,
      why: 'throttled',
    })
    const access = { kind: 'snooze', until: NOW + SETTINGS.accessMs, why: 'access' }
    assert.deepEqual(await wait(response(401)), { ...access, status: 401 })
    assert.deepEqual(await wait(response(404), 'find'), { ...access, status: 404 })
    const message = "No 'scimapiconsumptions' resource found"
    assert.deepEqual(await wait(response(400, { message })), { ...access, status: 400 })
    assert.deepEqual(await wait(response(504)), { kind: 'retry', at: NOW + 1_000, status: 504 })
    assert.deepEqual(await wait(timeout), { kind: 'retry', at: NOW + 1_000, status: null })
    assert.equal(await wait(response(403)), 'forbidden')
  })

  void it('is billed when it is 2xx or 404, or when it never came', async () => {
    const accounts = new FakeAccounts()
    const billedFor = async (answer: UploadAnswer) => {
      accounts.disturb = () => ({ answer })
      return (await write(accounts, order())).billed
    }
    assert.deepEqual(
      [await billedFor(response(404)), await billedFor(timeout), await billedFor(response(500))],
      [1, 1, 0],
    )
    assert.equal(await billedFor({ kind: 'network', code: 'ECONNREFUSED' }), 0)
  })
})
