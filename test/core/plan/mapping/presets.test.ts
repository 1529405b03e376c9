import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FILE } from '../../../../src/config/schema.ts'
import { rulesOf } from '../../../../src/config/rules/mapping.ts'
import type { Json } from '../../../../src/core/model.ts'
import { compileMapping, type PlainRule } from '../../../../src/core/plan/mapping/mapping.ts'
import { ROLLCALL_USER } from '../../../../src/core/plan/mapping/presets.ts'
import { targetsOf } from '../../../../src/core/plan/mapping/targets.ts'
import { changes, open, provision, recordsOf } from '../../../local/entra/support.ts'

/** The record that a mapping of `rollcall.yaml` makes of these attributes. */
function mapped(mapping: object, attributes: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const rules = rulesOf(FILE.parse({ mapping }).mapping, []) as readonly PlainRule[]
  const values = Object.entries({ userName: 'ada@contoso.com', active: true, ...attributes })
  return compileMapping(rules, []).map('1', new Map(values.map(([path, value]) => [path, { value, by: 1 }])))
    .record
}
const LIFECYCLE = { presets: ['lifecycle'] }
const DATES = { hireDate: '2026-11-02', terminationDate: '2026-12-31' }

void describe('the preset lifecycle', () => {
  void test('sends hire and leave date beside the default mapping, and null for a date that was taken back', () => {
    const record = mapped(LIFECYCLE, { ...DATES, title: 'Head' })
    assert.deepEqual(record[ROLLCALL_USER], { hireDate: '2026-11-02', leaveDate: '2026-12-31' })
    assert.equal(record['title'], 'Head')
    assert.ok((record['schemas'] as readonly string[]).includes(ROLLCALL_USER))
    const again = mapped(LIFECYCLE, { ...DATES, terminationDate: null })
    assert.deepEqual(again[ROLLCALL_USER], { hireDate: '2026-11-02', leaveDate: null })
    assert.equal(mapped({}, DATES)[ROLLCALL_USER], undefined)
  })

  void test('a rule of the file replaces that of the preset, and a preset can stand alone', () => {
    const attributes = { [`${ROLLCALL_USER}:leaveDate`]: 'lastDay', active: 'active' }
    const record = mapped(
      { base: 'none', ...LIFECYCLE, attributes },
      { ...DATES, lastDay: '2027-01-31', title: 'Head' },
    )
    assert.deepEqual(record[ROLLCALL_USER], { hireDate: '2026-11-02', leaveDate: '2027-01-31' })
    assert.equal('title' in record, false)
  })

  void test('a job with the documented mappings fills the attributes that start workflows, and clears the leave date', async (t) => {
    const entra = await open(t, {
      mapping: [
        { type: 'direct', target: 'employeeId', source: 'externalId', matching: 1 },
        { type: 'direct', target: 'userPrincipalName', source: 'userName' },
        { type: 'direct', target: 'accountEnabled', source: 'active' },
        { type: 'direct', target: 'employeeHireDate', source: `${ROLLCALL_USER}:hireDate` },
        { type: 'direct', target: 'employeeLeaveDateTime', source: `${ROLLCALL_USER}:leaveDate` },
      ],
    })
    await provision(entra, { externalId: '1', ...mapped(LIFECYCLE, DATES) })
    const created = changes((await recordsOf(entra, '1'))[0])
    assert.deepEqual(
      [created['employeeHireDate'], created['employeeLeaveDateTime']],
      [
        [null, '2026-11-02'],
        [null, '2026-12-31'],
      ],
    )
    await provision(entra, { externalId: '1', ...mapped(LIFECYCLE, { ...DATES, terminationDate: null }) })
    assert.deepEqual(changes((await recordsOf(entra, '1'))[0]), {
      employeeLeaveDateTime: ['2026-12-31', null],
    })
  })

  void test('a failure that names the attribute of the directory leads to the date', () => {
    assert.deepEqual(targetsOf().get('employeeleavedatetime'), [`${ROLLCALL_USER}:leaveDate`])
  })
})
