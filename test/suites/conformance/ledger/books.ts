import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Interim } from '../../../../src/core/ledger/port/report.ts'
import { hrEvent, joiner, leaver, type LedgerCase, messageOf, type Sent, type World } from './world.ts'

/** One step of the flow, whatever came before it. Numbers choose among what there is. */
type Step =
  | { readonly kind: 'record'; readonly events: readonly (readonly [employee: number, event: number])[] }
  | {
      readonly kind:
        | 'redeliver'
        | 'plan'
        | 'send'
        | 'refuse'
        | 'abandon'
        | 'finalize'
        | 'expire'
        | 'incomplete'
        | 'publish'
    }
  | { readonly kind: 'answer'; readonly interim: Interim; readonly which: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('record'),
      events: fc.array(fc.tuple(fc.nat(5), fc.nat(30)), { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('plan', 'send', 'finalize') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('redeliver', 'refuse', 'abandon', 'expire', 'incomplete', 'publish'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('answer'),
      interim: fc.constantFrom('confirmed', 'unchanged', 'skipped', 'failed'),
      which: fc.nat(9),
    }),
  },
)

/** What the ledger should have counted, from nothing but what was handed to it. */
class Model {
  messages = 0
  readonly events = new Set<string>()
  occurrences = 0
  readonly outcomes: string[] = []
}

async function play(world: World, steps: readonly Step[], prefix: string): Promise<void> {
  const model = new Model()
  const before = await world.ledger.readTotals()
  const sent: Sent[] = []
  let last = messageOf(`${prefix}-none`)
  for (const [index, step] of steps.entries()) {
    world.now += 10
    switch (step.kind) {
      case 'record': {
        const events = step.events.map(([employee, number]) =>
          eventOf(`${prefix}-p${employee}`, employee, number, prefix),
        )
        last = messageOf(`${prefix}-${index}`, ...events)
        await world.intake([last])
        model.messages += 1
        model.occurrences += events.length
        for (const { id } of events) model.events.add(id)
        break
      }
      case 'redeliver':
        if (last.events.length > 0) await world.intake([last, last])
        break
      case 'plan':
        await world.plan()
        break
      case 'send': {
        const batch = await world.next()
        if (batch && (await world.slot(batch)).kind === 'taken') sent.push(await world.accept(batch))
        break
      }
      case 'refuse': {
        const batch = await world.next()
        if (batch && (await world.slot(batch)).kind === 'taken') await world.refuse(batch)
        break
      }
      case 'abandon':
        // As a crash between the claim and the answer does; the lease is short.
        await world.next({ leaseMs: 5 })
        break
      case 'answer': {
        const one = sent[step.which % Math.max(1, sent.length)]
        if (one)
          await world.answer(one, step.interim, {
            code: step.interim === 'unchanged' ? 'RedundantExport' : 'Code',
          })
        break
      }
      case 'finalize':
        await world.finalize()
        break
      case 'expire':
        await world.expire(2, 3, world.now - 50)
        break
      case 'incomplete':
        await world.ledger.expireIncompleteEvents(world.now - 20, world.now, 3)
        break
      case 'publish':
        await publish(world, model)
        break
    }
    await check(world, model, before)
  }
  await publish(world, model)
  await check(world, model, before)
  assert.equal(
    new Set(model.outcomes).size,
    model.outcomes.length,
    'no revision of an event is published twice',
  )
}

/**
 * Every person gets one event that completes it, some that change it and one that puts it out.
 * Orders differ, so that arrival order does not matter.
 */
function eventOf(
  employeeId: string,
  employee: number,
  number: number,
  prefix: string,
): ReturnType<typeof hrEvent> {
  const id = `${prefix}-e${employee}-${number}`
  if (number % 5 === 0) return joiner(id, employeeId, { title: `t${number}` })
  if (number % 7 === 0) return leaver(id, employeeId, number)
  return hrEvent(id, employeeId, number % 3 ? { title: `t${number % 4}` } : { hobby: 'x' }, { order: number })
}

async function publish(world: World, model: Model): Promise<void> {
  const rows = await world.ledger.listUnpublishedOutcomes(10_000)
  model.outcomes.push(...rows.map(({ eventId, revision }) => `${eventId}:${revision}`))
  await world.ledger.markOutcomesPublished(
    rows.map(({ id }) => id),
    world.now,
  )
}

async function check(world: World, model: Model, before: Readonly<Record<string, number>>): Promise<void> {
  await world.balanced()
  const { totals, stateCounts } = await world.ledger.readCounts()
  const since = (name: keyof typeof totals): number => totals[name] - (before[name] ?? 0)
  assert.equal(since('messages'), model.messages)
  assert.equal(since('events'), model.events.size)
  assert.equal(since('duplicates'), model.occurrences - model.events.size)
  assert.ok(stateCounts.operations.pending + stateCounts.operations.batched <= totals.operations)
}

export const booksCases: readonly LedgerCase[] = [
  {
    name: 'the books balance after any sequence of steps, and every event and revision is published once',
    run: async (world) => {
      let round = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) =>
          play(world, steps, `r${round++}`),
        ),
        { numRuns: 12, seed: 20_261_102, endOnFailure: true },
      )
    },
  },
]
