import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectionAnswer } from '../../../../src/core/connections/connection.ts'
import { linksOf } from '../../../../src/core/report/correlate/links.ts'

const signal = new AbortController().signal
const overdue = (employeeId: string, resends: number) => ({
  id: `op of ${employeeId}`,
  employeeId,
  acceptedAt: 0,
  resends,
})

/** What is asked about these silent operations, and learned; p2 and p4 have no connection. */
async function ask(silent: readonly ReturnType<typeof overdue>[], offered = true) {
  const asked: string[] = []
  const controls: (readonly string[])[] = []
  const find = async (id: string): Promise<ConnectionAnswer> => {
    asked.push(id)
    if (id === 'p2' || id === 'p4') return { kind: 'none' }
    const connection = { sourceAnchor: id, targetAnchor: 'object', objectTypeName: 'User', displayName: null }
    return { kind: 'found', connection }
  }
  const links = await linksOf(
    {
      ...(offered ? { connections: { find } } : {}),
      ledger: {
        findLinkedEmployee: async (other) => {
          controls.push(other)
          return 'control'
        },
      },
      settings: { maxResends: 3 },
      runtime: { sleep: async () => {} },
    },
    silent,
    signal,
  )
  return { links: Object.fromEntries(links), asked, controls }
}

void describe('the service is asked about silent operations', () => {
  void it('before their events may end, and not before: until then the record is only sent again', async () => {
    const { links, asked } = await ask([overdue('p0', 0), overdue('p1', 1), overdue('p2', 2)])
    assert.deepEqual([links, asked], [{ p1: 'linked', p2: 'unlinked' }, ['p1', 'p2']])
  })

  void it('with an employee who must have a connection, when none of them has one', async () => {
    const { links, asked, controls } = await ask([overdue('p2', 1), overdue('p4', 1)])
    assert.deepEqual(asked, ['p2', 'p4', 'control'])
    assert.deepEqual(controls, [['p2', 'p4']], 'the control is none of them')
    assert.deepEqual(links, { p2: 'unlinked', p4: 'unlinked' })
  })

  void it('only where connections are turned on', async () => {
    assert.deepEqual(await ask([overdue('p2', 2)], false), { links: {}, asked: [], controls: [] })
  })
})
