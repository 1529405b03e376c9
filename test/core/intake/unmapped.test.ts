import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unmappedAttributes } from '../../../src/core/intake/unmapped.ts'
import type { HrEvent, JsonObject } from '../../../src/core/model.ts'
import { ledgerEvent } from '../../fakes/events.ts'

const find = (): ReturnType<typeof unmappedAttributes> =>
  unmappedAttributes({
    uses: (path) => ['active', 'title', 'name.givenName'].includes(path),
    nameOf: () => 'hr',
  })
const events = (...workers: readonly JsonObject[]): readonly HrEvent[] =>
  workers.map((worker, index) => ledgerEvent(index + 1, { worker }))

void describe('attributes that no mapping takes', () => {
  void it('are named once for each source, and counted every time', () => {
    const unmapped = find()
    const first = unmapped(events({ title: 'x', shoeSize: 44 }, { shoeSize: 45, name: { nick: 'y' } }))
    assert.deepEqual(
      first.findings.map(({ code, detail, employeeId }) => [code, detail, employeeId]),
      [
        ['AttributeUnmapped', 'shoeSize of source hr', null],
        ['AttributeUnmapped', 'name.nick of source hr', null],
      ],
    )
    assert.deepEqual([...first.counts], [['hr', 3]])
    const second = unmapped(events({ shoeSize: 46 }))
    assert.deepEqual([second.findings, [...second.counts]], [[], [['hr', 1]]])
  })
  void it('are named for each source, and for the default one where no source is configured', () => {
    const unmapped = unmappedAttributes({
      uses: () => false,
      nameOf: (source) => (source === '/hr/acme' ? 'acme' : null),
    })
    const [first, second] = [1, 2].map((seq) => ledgerEvent(seq, { worker: { shoeSize: 44 } }))
    assert(first && second)
    const { findings, counts } = unmapped([first, { ...second, source: '/hr/other' }, first])
    assert.deepEqual(
      findings.map(({ detail }) => detail),
      ['shoeSize of source acme', 'shoeSize of source default'],
    )
    assert.deepEqual(
      [...counts],
      [
        ['acme', 2],
        ['default', 1],
      ],
    )
  })
  void it('are none when the mapping takes all', () => {
    const { findings, counts } = find()(events({ active: true, name: { givenName: 'z' } }))
    assert.deepEqual([findings, counts.size], [[], 0])
  })
  void it('are not named when the name may be a value, and at most 50 are', () => {
    const keys = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`key${n}`, n]))
    const { findings } = find()(events({ 'Ada Example <ada@contoso.com>': 1, ...keys }))
    assert.equal(findings.length, 50)
    assert(findings.every(({ detail }) => detail?.startsWith('key')))
  })
})
