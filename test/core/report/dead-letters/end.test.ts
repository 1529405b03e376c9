import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EndOrder } from '../../../../src/core/ledger/port/dead-letters.ts'
import type { EmployeeEvent } from '../../../../src/core/ledger/employee.ts'
import { DEFAULT_FOLD_RULES } from '../../../../src/core/plan/fold/rules.ts'
import type { PeekedMessage } from '../../../../src/core/ports.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import { deadLetterId } from '../../../../src/core/report/dead-letters/dead-letter.ts'
import {
  carryOutEnd,
  type EndContext,
  type EndRequest,
  planEnd,
} from '../../../../src/core/report/dead-letters/end.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import { ledgerDead, selectedDead } from '../../../fakes/dead-letters.ts'
import { day, hrEvent } from '../../../fakes/events.ts'
import { employee, personEvent } from '../../../fakes/people.ts'
import { fakeShelf, shelved } from '../../../fakes/shelf.ts'

const discard: EndRequest = { how: 'discard', terminations: false, actor: 'ada', justification: 'test' }
const read = messageReader(
  () => DEFAULT_SOURCE,
  () => null,
)
const onBus = async (sequence: number, more: Partial<PeekedMessage> = {}) =>
  selectedDead(await read(shelved(sequence, more)))

/** Ends dead letters in memory, and writes down each step. */
function worldWith(events: readonly EmployeeEvent[] = []) {
  const steps: string[] = []
  const stop = new AbortController()
  const shelf = fakeShelf([shelved(1), shelved(2)])
  const context: EndContext = {
    ledger: {
      endDeadLetters: async ({ seqs }: EndOrder) => {
        steps.push(`ledger ${seqs.join(' ')}`)
        return {
          ended: seqs.filter((seq) => seq < 8),
          kept: seqs.filter((seq) => seq === 8),
          gone: seqs.filter((seq) => seq > 8),
        }
      },
      recordDiscardedMessages: async (entity, sequences, actor) =>
        void steps.push(`audit ${entity}#${sequences.join(' ')} by ${actor}`),
      readEmployees: async (ids) =>
        ids.map((employeeId) => ({
          employee: employee(events, { employeeId }),
          lastAccepted: null,
          brake: null,
          event: null,
        })),
    },
    openDeadLetterQueue: (entity) =>
      entity === 'hr-events'
        ? {
            remove: async (sequences, signal) => {
              steps.push(`remove ${[...sequences].join(' ')}`)
              return shelf.remove(sequences, signal)
            },
            close: shelf.close,
          }
        : null,
    fold: DEFAULT_FOLD_RULES,
    runtime: { now: () => day(10) },
    listenForStop: () => stop.signal,
  }
  return { steps, stop, shelf, context }
}

void describe('the plan to end dead letters', () => {
  const { context } = worldWith()
  const idsOf = async (...args: Parameters<typeof planEnd>) => {
    const { going, kept } = await planEnd(...args)
    return { going: going.map(deadLetterId), kept: kept.map(deadLetterId) }
  }

  void it('keeps terminations of either store unless they are asked for, and discards the rest', async () => {
    const termination = hrEvent('e-1', { worker: { active: false } })
    const selected = [
      selectedDead(ledgerDead(7)),
      selectedDead(ledgerDead(8, { blocksReactivation: true })),
      { ...(await onBus(1)), events: [termination] },
      await onBus(2, { text: '{"type":"worker.terminated","source":"/hr","id":"e-2"}' }),
      await onBus(3),
      await onBus(4, {
        contentType: 'application/cloudevents-batch+json',
        text: '[{"type":"worker.updated","source":"/hr","id":"e-3"},{"type":"worker.terminated","source":"/hr","id":"e-4"}]',
      }),
    ]
    assert.deepEqual(await idsOf(selected, discard, context), {
      going: ['dl-7', 'hr-events#3'],
      kept: ['dl-8', 'hr-events#1', 'hr-events#2', 'hr-events#4'],
    })
    const asked = await idsOf(selected, { ...discard, terminations: true }, context)
    assert.deepEqual(asked.kept, [])
  })

  void it('discards a termination on the bus that is stale, because it arrived in another message', async () => {
    const { dead } = await onBus(2, { text: '{"type":"worker.terminated","source":"/hr","id":"e-2"}' })
    assert.ok(dead.store === 'bus')
    const stale = { ...dead, letter: { ...dead.letter, stale: true } }
    const plan = await idsOf([selectedDead(stale)], discard, context)
    assert.deepEqual(plan, { going: ['hr-events#2'], kept: [] })
  })

  void it('keeps nothing back when it archives: an archived termination still prevents the reactivation', async () => {
    const selected = [selectedDead(ledgerDead(8, { blocksReactivation: true }))]
    assert.deepEqual(await idsOf(selected, { ...discard, how: 'archive' }, context), {
      going: ['dl-8'],
      kept: [],
    })
  })

  void it('names the employees who become active without the terminations', async () => {
    const hired = personEvent(1, { effectiveAt: day(1), worker: { active: true } })
    const left = personEvent(8, {
      effectiveAt: day(2),
      worker: { active: false },
      state: 'dead-lettered',
      reason: 'InvalidDomain',
      dead: true,
    })
    const all = { ...discard, terminations: true }
    const selected = [
      selectedDead(ledgerDead(8, { blocksReactivation: true, employeeId: '10001' })),
      selectedDead(ledgerDead(7, { employeeId: '10002' })),
    ]
    const become = async (events: readonly EmployeeEvent[]) =>
      (await planEnd(selected, all, worldWith(events).context)).becomeActive
    assert.deepEqual(await become([hired, left]), ['10001'])
    // A second termination keeps the employee inactive.
    const leftAgain = personEvent(9, { effectiveAt: day(3), worker: { active: false } })
    assert.deepEqual(await become([hired, left, leftAgain]), [])
    // After a return the employee is active already.
    const back = personEvent(9, { effectiveAt: day(3), worker: { active: true } })
    assert.deepEqual(await become([hired, left, back]), [])
  })
})

void describe('ending dead letters', () => {
  void it('goes through the ledger first, and records who removes a message before it leaves the bus', async () => {
    const { steps, context } = worldWith()
    const plan = {
      going: [ledgerDead(7), (await onBus(1)).dead, (await onBus(2)).dead],
      kept: [ledgerDead(8)],
      becomeActive: [],
    }
    assert.deepEqual(await carryOutEnd(plan, discard, context), { ended: 3, kept: 1, gone: 0, held: 0 })
    assert.deepEqual(steps, ['ledger 7 8', 'audit hr-events#1 2 by ada', 'remove 1 2'])
  })

  void it('counts what was kept in either store, and what was no dead letter any more', async () => {
    const { context } = worldWith()
    const plan = {
      going: [ledgerDead(7), ledgerDead(9)],
      kept: [ledgerDead(8), (await onBus(1)).dead],
      becomeActive: [],
    }
    // Nothing is removed from the bus, so a request to stop ends the command as ever.
    const alone = { ...context, listenForStop: () => assert.fail('nothing is removed') }
    assert.deepEqual(await carryOutEnd(plan, discard, alone), { ended: 1, kept: 2, gone: 1, held: 0 })
  })

  void it('leaves the messages on the bus once it is stopped, and counts them as held', async () => {
    const { steps, stop, shelf, context } = worldWith()
    stop.abort()
    const plan = { going: [(await onBus(1)).dead, (await onBus(2)).dead], kept: [], becomeActive: [] }
    assert.deepEqual(await carryOutEnd(plan, discard, context), { ended: 0, kept: 0, gone: 0, held: 2 })
    assert.deepEqual(steps, [])
    assert.equal(shelf.messages.length, 2)
  })

  void it('closes the queue also when the audit entry cannot be written, and removes nothing then', async () => {
    const { shelf, context } = worldWith()
    const ledger = {
      ...context.ledger,
      recordDiscardedMessages: async () => Promise.reject(new Error('no ledger')),
    }
    const plan = { going: [(await onBus(1)).dead], kept: [], becomeActive: [] }
    await assert.rejects(carryOutEnd(plan, discard, { ...context, ledger }), /no ledger/)
    assert.deepEqual([shelf.messages.length, shelf.closed], [2, true])
  })
})
