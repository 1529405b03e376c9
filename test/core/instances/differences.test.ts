import assert from 'node:assert/strict'
import { it } from 'node:test'
import { configurationChanges, differences } from '../../../src/core/instances/differences.ts'
import { anInstance } from '../../fakes/instances.ts'

const before = anInstance('a')

void it('a change of a limit is named with both values, and anything else only by its name', () => {
  const limits = { ...before.limits, callsPerDay: 9 }
  const after = { ...before, version: '1.3.0', rulesHash: 'another', configHash: 'another' }
  assert.deepEqual(configurationChanges(before, after), ['release from 1.2.3 to 1.3.0', 'rules', 'settings'])
  // A limit is a setting, so it explains that the settings are not the same.
  assert.deepEqual(configurationChanges(before, { ...before, limits, configHash: 'another' }), [
    'CALLS_PER_DAY from 2000 to 9',
  ])
})

void it('without a budget for emergencies, nothing may be spent on them', () => {
  const limits = { ...before.limits, emergency: { day: 0, month: 0 } }
  assert.deepEqual(differences(before, { ...before, limits }), [])
})
