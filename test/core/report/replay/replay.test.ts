import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takeIn } from '../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type { LedgerDeadLetter, Original } from '../../../../src/core/ledger/port/dead-letters.ts'
import type { EmployeeView } from '../../../../src/core/ledger/port/inspect.ts'
import type { ReplayItem, ReplayOrder, ReplayRun } from '../../../../src/core/ledger/port/replays.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import {
  replayDeadLetters,
  type ReplayContext,
  type ReplayRequest,
  type ReplayView,
} from '../../../../src/core/report/replay/replay.ts'
import { editing, ledgerLetter } from '../../../fakes/dead-letters.ts'
import { employee, personEvent, rules, WORKER } from '../../../fakes/people.ts'
import { shelved } from '../../../fakes/shelf.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'

const LEASE_MS = 30_000
const LIMITS = { perWindow: 40, windowMs: 5_000, perDay: 6_000 }
const request: ReplayRequest = {
  ids: [],
  selection: { reason: null, code: null, type: null, employeeId: null, since: null, until: null },
  archived: false,
  max: 100,
  command: 'replay --all',
  makeEditor: () => null,
  dryRun: false,
  actor: 'ada',
  justification: 'fixed in HR',
}
const editNothing: ReplayRequest['makeEditor'] = () => editing((body) => body)

/** What a hire with the user name `p<n>@contoso.com` arrived as. */
function hireOf(n: number): string {
  const worker = { ...WORKER, userName: `p${n}@contoso.com` }
  const time = '2026-01-01T12:00:00Z'
  const data = { effectiveDate: '2026-01-01', worker }
  const name = { id: `l-${n}`, source: '/hr', type: 'worker.updated', subject: `p${n}` }
  return JSON.stringify({ specversion: '1.0', ...name, time, data })
}
const renamed = (body: string): string => body.replace('@contoso', '@fabrikam')

function originalOf(body: string | undefined): Original | null {
  if (body === undefined) return null
  const { entity, sequence, enqueuedAt, messageId, sessionId, contentType } = shelved(1)
  return { entity, sequence, enqueuedAt, messageId, sessionId, contentType, properties: {}, body }
}

/** The employee of a dead letter, who has no other event. */
function viewOf({ seq, employeeId }: LedgerDeadLetter): EmployeeView {
  const event = personEvent(seq, { employeeId, state: 'dead-lettered', dead: true })
  return { employee: employee([event], { employeeId }), lastAccepted: null, brake: null, event: null }
}

/**
 * A ledger in memory with these dead letters; `steps` is everything that changed it or was shown.
 * It kept the bodies that are given, by sequence number.
 */
function worldWith(letters: LedgerDeadLetter[], bodies: Readonly<Record<number, string>> = {}) {
  const runtime = virtualRuntime()
  const steps: string[] = []
  const runs: ReplayRun[] = []
  let items: ReplayItem[] = []
  const world = { leased: false, confirmed: true, stop: new AbortController() }
  const freeze = (order: ReplayOrder): ReplayRun => {
    items = order.targets.flatMap((target) =>
      target.store === 'ledger'
        ? [{ sequence: String(target.seq), sendingAt: null, body: target.body ?? null }]
        : [],
    )
    const counts = { frozen: items.length, sending: 0, sent: 0, done: 0, gone: 0, refused: 0 }
    const { name, selection, actor, justification } = order
    const run = { name, selection, actor, justification, counts, entities: [], resumed: [], paused: null }
    return { ...run, id: runs.length + 1, createdAt: runtime.now(), endedAt: null }
  }
  const ledger: ReplayContext['ledger'] = {
    takeLease: async ({ leaseMs }) => !world.leased || leaseMs === 0,
    listReplays: async ({ open = null, id = null }) =>
      runs.filter(
        (run) =>
          (open === null || (run.selection === open && run.endedAt === null)) &&
          (id === null || run.id === id),
      ),
    freezeReplay: async (order) => {
      const run = freeze(order)
      runs.push(run)
      steps.push(`freeze ${items.map(({ sequence }) => sequence).join(' ')}`)
      return run
    },
    resumeReplay: async ({ id }, actor) => void steps.push(`resume ${id} by ${actor}`),
    readEmployees: async (ids) =>
      letters.filter(({ employeeId }) => ids.includes(employeeId)).map((letter) => viewOf(letter)),
    findNameHolders: async () => [],
    readSubmissionStatus: async () => ({
      callTimes: [],
      pending: 0,
      unplanned: 0,
      holds: [],
      notAccepted: { count: 0, employees: [] },
    }),
    listReplayItems: async (_run, _entity, _stage, limit) => items.slice(0, limit),
    moveReplayItems: async () => {},
    putBackDeadLetters: async (_run, parts) => {
      steps.push(`put back ${parts.map(({ seq }) => seq).join(' ')}`)
      items = items.filter(({ sequence }) => !parts.some(({ seq }) => seq === Number(sequence)))
    },
    endReplay: async (id) => void steps.push(`end ${id}`),
    findCopiesTakenIn: async () => new Map(),
    recordMessages: () => assert.fail('nothing lies on the bus'),
    findDeadLetter: async () => null,
  }
  const context: ReplayContext = {
    ledger,
    withStores: (work) =>
      work({
        deadLetterQueues: [],
        read: messageReader(
          () => DEFAULT_SOURCE,
          () => null,
        ),
        ledger: {
          listDeadLetters: async () => ({ deadLetters: [...letters], next: null }),
          findDeadLetter: async (seq) => {
            const letter = letters.find((one) => one.seq === seq)
            return letter ? { letter, original: originalOf(bodies[seq]) } : null
          },
          findNearMatches: async () => [],
        },
        knownEvents: null,
        findEmployeeIds: null,
      }),
    rules,
    openQueues: () => assert.fail('nothing lies on the bus'),
    takeIn: async (message) => takeIn(message, () => DEFAULT_SOURCE),
    settings: {
      perSecond: null,
      clockSkewMs: 0,
      quietMs: 0,
      maxWaitMs: 0,
      leaseMs: LEASE_MS,
      limits: LIMITS,
      destinations: [{ name: 'default', quota: 'default', limits: LIMITS }],
      maxOperations: 50,
    },
    runtime,
    listenForStop: () => world.stop.signal,
  }
  const view: ReplayView = {
    resuming: ({ id }) => void steps.push(`resuming ${id}`),
    found: ({ selected }) => void steps.push(`found ${selected.length}`),
    planned: ({ targets, leftOut }) =>
      void steps.push(`planned ${targets.length}, left out ${leftOut.length}`),
    confirm: async () => world.confirmed,
    waiting: () => void steps.push('waiting'),
    progress: () => {},
  }
  const replay = (more: Partial<ReplayRequest> = {}) =>
    replayDeadLetters({ ...request, ...more }, context, view)
  return { world, steps, runtime, letters, view, replay }
}

void describe('a replay', () => {
  void it('selects, plans and freezes before it changes anything', async () => {
    const { steps, replay } = worldWith([ledgerLetter(7), ledgerLetter(8)])
    const result = await replay()
    assert.deepEqual(steps, ['found 2', 'planned 2, left out 0', 'freeze 7 8', 'put back 7 8', 'end 1'])
    assert.ok(result.kind === 'ended')
    assert.deepEqual([result.ending, result.settled, result.partial], ['finished', 2, false])
  })

  void it('leaves out what dies after the selection was frozen', async () => {
    const { steps, letters, view, replay } = worldWith([ledgerLetter(7)])
    view.confirm = async () => {
      letters.push(ledgerLetter(8))
      return true
    }
    await replay()
    assert.deepEqual(steps.slice(-3), ['freeze 7', 'put back 7', 'end 1'])
  })

  void it('changes nothing when nothing fits, as a dry run, or when it is declined', async () => {
    const none = worldWith([])
    assert.equal((await none.replay()).kind, 'nothing-fits')
    assert.deepEqual(none.steps, ['found 0'])
    const { world, steps, replay } = worldWith([ledgerLetter(7)])
    assert.equal((await replay({ dryRun: true })).kind, 'dry-run')
    world.confirmed = false
    assert.equal((await replay()).kind, 'declined')
    const shown = ['found 1', 'planned 1, left out 0']
    assert.deepEqual(steps, [...shown, ...shown])
  })

  void it('changes nothing when intake would refuse all of them again', async () => {
    const { steps, replay } = worldWith([ledgerLetter(7)])
    // The ledger did not keep the original, so there is nothing to edit.
    assert.equal((await replay({ makeEditor: editNothing })).kind, 'all-refused')
    assert.deepEqual(steps, ['found 1', 'planned 0, left out 1'])
  })

  void it('is partial when a dead letter would be refused again, or is missing', async () => {
    const letters = [ledgerLetter(7), ledgerLetter(8)]
    const leavesOut = worldWith(letters, { 7: hireOf(7) })
    const refused = await leavesOut.replay({ makeEditor: () => editing(renamed) })
    assert.deepEqual(leavesOut.steps.slice(0, 3), ['found 2', 'planned 1, left out 1', 'freeze 7'])
    assert.ok(refused.kind === 'ended' && refused.partial)
    const missing = await worldWith(letters).replay({ ids: ['dl-7', 'dl-9'] })
    assert.ok(missing.kind === 'ended' && missing.partial)
  })

  void it('applies a patch to every dead letter of the selection, or to none', async () => {
    const makeEditor: ReplayRequest['makeEditor'] = () => editing(renamed, 'patch')
    const { steps, replay } = worldWith([ledgerLetter(7), ledgerLetter(8)], { 7: hireOf(7) })
    assert.equal((await replay({ makeEditor })).kind, 'patch-refused')
    assert.deepEqual(steps, ['found 2', 'planned 1, left out 1'])
    const whole = worldWith([ledgerLetter(7)], { 7: hireOf(7) })
    assert.equal((await whole.replay({ makeEditor })).kind, 'ended')
  })

  void it('refuses a patch that gives two employees one user name; an edit of a person may', async () => {
    const shared = (kind: 'edit' | 'patch') => {
      const world = worldWith([ledgerLetter(7), ledgerLetter(8)], { 7: hireOf(7), 8: hireOf(8) })
      const toOne = (body: string) => body.replace(/p\d@/, 'ada@')
      return world.replay({ makeEditor: () => editing(toOne, kind) })
    }
    assert.equal((await shared('patch')).kind, 'patch-refused')
    assert.equal((await shared('edit')).kind, 'ended')
  })

  void it('continues an unfinished run of the same command without a new selection, and records who does', async () => {
    const { world, steps, letters, replay } = worldWith([ledgerLetter(7)])
    world.stop.abort()
    assert.deepEqual(await replay(), { kind: 'not-started', stopped: true, partial: false })
    assert.deepEqual(steps.splice(0), ['found 1', 'planned 1, left out 0', 'freeze 7'])
    letters.push(ledgerLetter(8))
    world.stop = new AbortController()
    const result = await replay({ actor: 'bob', makeEditor: () => assert.fail('nothing is edited again') })
    assert.ok(result.kind === 'ended' && !result.partial)
    assert.deepEqual(steps, ['resuming 1', 'resume 1 by bob', 'put back 7', 'end 1'])
  })

  void it('waits for the lease of another command, and gives up when that command keeps renewing it', async () => {
    const { world, steps, runtime, replay } = worldWith([ledgerLetter(7)])
    world.leased = true
    const result = replay()
    let hasGivenUp = false
    void result.then(() => (hasGivenUp = true))
    await runtime.advance(1.5 * LEASE_MS - 1)
    assert.equal(hasGivenUp, false)
    await runtime.advance(1)
    assert.equal(hasGivenUp, true)
    assert.deepEqual(await result, { kind: 'not-started', stopped: false, partial: false })
    assert.deepEqual(steps.slice(2), ['freeze 7', 'waiting'])
  })

  void it('continues when the lease of a command that was killed ends', async () => {
    const { world, steps, runtime, replay } = worldWith([ledgerLetter(7)])
    world.leased = true
    const result = replay()
    await runtime.advance(LEASE_MS)
    world.leased = false
    await runtime.advance(1_000)
    assert.equal((await result).kind, 'ended')
    assert.deepEqual(steps.slice(2), ['freeze 7', 'waiting', 'put back 7', 'end 1'])
  })
})
