import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { groupEntries } from '../../../src/cli/audit/group.ts'
import type { AuditEntry } from '../../../src/core/ledger/port/inspect.ts'

type Sketch = Partial<AuditEntry> & Pick<AuditEntry, 'at'>

const entry = (sketch: Sketch): AuditEntry => ({
  actor: 'ann',
  action: 'block',
  about: `e${sketch.at}`,
  count: 1,
  justification: 'ticket 1',
  ...sketch,
})

/** Each group as `about +more ×count`. */
async function grouped(...sketches: readonly Sketch[]): Promise<readonly string[]> {
  async function* entries(): AsyncGenerator<AuditEntry> {
    for (const sketch of sketches) yield entry(sketch)
  }
  const groups: string[] = []
  for await (const { about, more, count } of groupEntries(entries()))
    groups.push(`${about} ${more ? `+${more} ` : ''}×${count}`)
  return groups
}

void describe('entries of the audit trail', () => {
  void test('of one mass action are one group', async () => {
    assert.deepEqual(await grouped(), [])
    assert.deepEqual(await grouped({ at: 1 }, { at: 2 }, { at: 59_000 }), ['e1 +2 ×3'])
    assert.deepEqual(await grouped({ at: 1 }, { at: 2, about: 'e1' }), ['e1 ×2'])
  })

  for (const [what, other] of [
    ['actor', { actor: 'bob' }],
    ['action', { action: 'unblock' }],
    ['justification', { justification: 'ticket 2' }],
  ] as const)
    void test(`with another ${what} are another group`, async () => {
      assert.deepEqual(await grouped({ at: 1 }, { at: 2, ...other }, { at: 3 }), ['e1 ×1', 'e2 ×1', 'e3 ×1'])
    })

  void test('more than a minute apart are two groups; a long action whose steps are nearer is one', async () => {
    assert.deepEqual(await grouped({ at: 0 }, { at: 60_001 }), ['e0 ×1', 'e60001 ×1'])
    assert.deepEqual(await grouped({ at: 0 }, { at: 60_000 }, { at: 120_000 }), ['e0 +2 ×3'])
  })

  void test('of replay stay apart, each with the count of its dead letters', async () => {
    const replay = { action: 'replay', count: 400 }
    assert.deepEqual(await grouped({ at: 1, ...replay }, { at: 2, ...replay }), ['e1 ×400', 'e2 ×400'])
  })

  void test('of an order to the brake do not count the entry that only says how many follow', async () => {
    const release = { action: 'brake.release' }
    assert.deepEqual(
      await grouped({ at: 1, about: '2', ...release }, { at: 2, ...release }, { at: 3, ...release }),
      ['e2 +1 ×2'],
    )
    assert.deepEqual(await grouped({ at: 1, about: '0', ...release }), ['0 ×1'])
  })
})
