import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { takeInShaped } from '../../../../src/core/intake/message.ts'
import { compileShape } from '../../../../src/core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../../../src/core/intake/shapes/shipped.ts'
import { DEFAULT_SOURCE, type Source } from '../../../../src/core/intake/sources.ts'
import type { HrEvent } from '../../../../src/core/model.ts'
import type { SourceMessage } from '../../../../src/core/ports.ts'
import { inboxMessage } from '../../../fakes/messages.ts'

/** One payload in the form of its vendor, with invented employees, and what it becomes. */
interface Golden {
  /** The rest of a sentence that begins with the name of the shape. */
  readonly what: string
  /** How the source differs from one in UTC that can read from HR. */
  readonly source?: Partial<Source>
  readonly message?: Partial<SourceMessage>
  readonly body: unknown
  readonly events?: readonly unknown[]
  readonly refused?: { readonly code: string; readonly field: string | null; readonly says: string }
  /** Employees for whom a refused message opens a leaver case. */
  readonly leavers?: readonly string[]
}

const folder = import.meta.dirname
const shapes = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const goldens = (shape: string): readonly Golden[] =>
  readdirSync(resolve(folder, shape))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(resolve(folder, shape, file), 'utf8')) as Golden)

/** An event without what its source decides for all events. */
function shown({ recordedAt, effectiveAt, ...event }: HrEvent): unknown {
  const { effectiveRaw: _, rank: __, ...rest } = event
  const said = Object.entries(rest).filter(([, value]) => value !== null)
  return {
    ...Object.fromEntries(said),
    recordedAt: new Date(recordedAt).toISOString(),
    effectiveAt: new Date(effectiveAt).toISOString(),
  }
}

for (const { name } of shapes)
  void describe(`the shape ${name}`, () => {
    const rules = SHIPPED_SHAPES[name]
    assert(rules, name)
    const shape = compileShape(name, rules, sha256, evaluateHere())
    for (const { what, source, message, body, events = [], refused, leavers = [] } of goldens(name))
      void test(what, async () => {
        const taken = await takeInShaped(inboxMessage(body, message), {
          name: `/hr/${name}`,
          shape,
          source: { ...DEFAULT_SOURCE, notices: true, ...source },
        })
        assert.deepEqual(taken.events.map(shown), events)
        const { code, field, description } = taken.rejected ?? {}
        assert.deepEqual({ code, field }, { code: refused?.code, field: refused?.field })
        assert.deepEqual(
          taken.leavers.map(({ employeeId }) => employeeId),
          leavers,
        )
        if (refused) assert.ok(description?.startsWith(refused.says), description)
      })
  })

void test('every shipped shape has golden files', () => {
  const covered = new Set(shapes.map(({ name }) => name))
  assert.deepEqual(
    Object.keys(SHIPPED_SHAPES).filter((name) => !covered.has(name)),
    [],
  )
})
