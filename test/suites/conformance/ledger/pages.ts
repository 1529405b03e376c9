import assert from 'node:assert/strict'
import { failAll } from './dead-letters.ts'
import { hrEvent, joiner, leaver, type LedgerCase, type World } from './world.ts'

const BY = { actor: 'ann', justification: 'asked to' } as const
const ANY = { code: null, type: null, employeeId: null, since: null, until: null }
const OPEN = { dueBy: null, employeeId: null }

interface Page {
  readonly rows: readonly unknown[]
  readonly next: unknown
  /** The page behind it. */
  readonly more: () => Promise<Page>
}
type List<Next> = (next: Next | null) => Promise<readonly [rows: readonly unknown[], next: Next | null]>

const pageOf = async <Next>(list: List<Next>, at: Next | null = null): Promise<Page> => {
  const [rows, next] = await list(at)
  return { rows, next, more: () => pageOf(list, next) }
}

/** The first page of each list, with this many rows in a page. */
function lists({ ledger, now }: World, limit: number): Readonly<Record<string, () => Promise<Page>>> {
  const later = now + 1
  return {
    events: () =>
      pageOf<number>(async (next) => {
        const page = await ledger.listEvents({ state: null, since: null, next, limit })
        return [page.events, page.next]
      }),
    audit: () =>
      pageOf<number>(async (next) => {
        const page = await ledger.listAudit({ about: null, since: null, next, limit })
        return [page.entries, page.next]
      }),
    'audit, the newest first': () =>
      pageOf<number>(async (next) => {
        const page = await ledger.listAudit({ about: null, since: null, newest: true, next, limit })
        return [page.entries, page.next]
      }),
    'open cases': () =>
      pageOf<number>(async (next) => {
        const page = await ledger.listOpenLeavers({ ...OPEN, next, limit })
        return [page.leavers, page.next]
      }),
    'closed cases': () =>
      pageOf(async (next: Awaited<ReturnType<typeof ledger.listClosedLeavers>>['next']) => {
        const page = await ledger.listClosedLeavers({ next, limit })
        return [page.leavers, page.next]
      }),
    'ended cases': () =>
      pageOf(async (next: Awaited<ReturnType<typeof ledger.listEndedLeavers>>['next']) => {
        const page = await ledger.listEndedLeavers({ since: null, next, limit })
        return [page.leavers, page.next]
      }),
    'cases of a period': () =>
      pageOf<number>(async (next) => {
        const page = await ledger.listLeaversIn({ from: 0, to: later, next, limit })
        return [page.leavers, page.next]
      }),
    'dead letters': () =>
      pageOf<number>(async (next) => {
        const page = await ledger.listDeadLetters({ filter: ANY, archived: true, next, limit })
        return [page.deadLetters, page.next]
      }),
    'the newest dead letters': () =>
      pageOf(async (next: Awaited<ReturnType<typeof ledger.listNewestDeadLetters>>['next']) => {
        const page = await ledger.listNewestDeadLetters({ code: null, since: null, until: null, next, limit })
        return [page.deadLetters, page.next]
      }),
    blocks: () =>
      pageOf<string>(async (next) => {
        const page = await ledger.listBlocks({ now, employeeId: null, next, limit })
        return [page.blocks, page.next]
      }),
    'accounts that are active': () =>
      pageOf<string>(async (after) => {
        const page = await ledger.listActiveHolders({ after, now, limit })
        return [page.holders, page.next]
      }),
    'employees that wait for a moment': () =>
      pageOf(async (next: Awaited<ReturnType<typeof ledger.listHeld>>['next']) => {
        const page = await ledger.listHeld({ cause: 'future', now, next, limit })
        return [page.employees, page.next]
      }),
  }
}

/** Two or more rows for each list. */
async function fill(world: World): Promise<void> {
  const ids = ['p1', 'p2']
  await world.record(...ids.map((id) => joiner(`hire ${id}`, id)))
  await world.confirmAll()
  const at = world.now + 3_600_000
  await world.record(...ids.map((id) => hrEvent(`later ${id}`, id, { title: 'Lead' }, { effectiveAt: at })))
  await world.record(...ids.map((id) => hrEvent(`bad ${id}`, id, { title: 'x' }, { order: 1 })))
  await failAll(world)
  await world.record(...['a', 'b', 'c', 'd'].map((id) => leaver(`leave ${id}`, id)))
  const { leavers } = await world.ledger.listOpenLeavers({ ...OPEN, next: null, limit: 2 })
  await world.ledger.acknowledgeLeavers({ ids: leavers.map((one) => one.leaverCase.id), ...BY }, world.now)
  const blocks = ids.map((employeeId) => ({ employeeId, until: null, ...BY }))
  await world.ledger.blockEmployees(blocks, world.now)
}

/** What the ledger promises of every list that is read a page at a time. */
export const pageCases: readonly LedgerCase[] = [
  {
    name: 'a list has the same rows in small pages as in one, each once, and a page that is not full is the last',
    run: async (world) => {
      await fill(world)
      for (const [name, first] of Object.entries(lists(world, 100))) {
        const whole = await first()
        assert.ok(whole.rows.length >= 2, `${name}: ${whole.rows.length}`)
        assert.equal(whole.next, null, name)
        const rows: unknown[] = []
        let page = await lists(world, 1)[name]?.()
        for (; page && page.next !== null && rows.length < 20; page = await page.more())
          rows.push(...page.rows)
        assert.deepEqual([...rows, ...(page?.rows ?? [])], whole.rows, name)
      }
    },
  },
]
