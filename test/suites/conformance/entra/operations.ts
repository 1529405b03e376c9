import assert from 'node:assert/strict'
import { changesOf, ENTERPRISE, newKey, employee, stepNames, type User } from './client.ts'
import type { EntraCase } from '../entra.ts'

const withManager = (key: string, manager: string): User =>
  employee(key, { [ENTERPRISE]: { manager: { value: manager } } })

/** The results of operations. */
export const operationCases: readonly EntraCase[] = [
  {
    name: 'an unknown employee is created in the steps of a create',
    source: '[R] provisioning log of an API-driven job',
    setup: 'standard',
    async run({ provision }) {
      const record = await provision(employee(newKey()))
      assert.equal(record.provisioningAction, 'create')
      assert.equal(record.provisioningStatusInfo.status, 'success')
      assert.equal(record.provisioningStatusInfo.errorInformation, null)
      assert.deepEqual(stepNames(record), [
        'EntryImportAdd',
        'EntrySynchronizationScoping',
        'EntrySynchronizationAdd',
        'EntryExportAdd',
      ])
      assert.deepEqual(changesOf(record)['accountEnabled'], [null, 'True'])
      assert.notEqual(record.targetIdentity.id, '')
    },
  },
  {
    name: 'the import step echoes the values sent, as texts under keys without dots and colons, and never active',
    source: '[R] provisioning log of an API-driven job',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      const addresses = [{ type: 'work', country: 'USA', primary: true }]
      const user = employee(key, {
        name: { familyName: 'Jensen' },
        addresses,
        [ENTERPRISE]: { department: 'Sales', manager: { value: 'none' } },
      })
      const record = await provision(user)
      assert.deepEqual(record.provisioningSteps[0]?.details, {
        externalId: key,
        userName: `${key}@example.com`,
        displayName: `Employee ${key}`,
        namefamilyName: 'Jensen',
        'addresses[type eq "work"]country': 'USA',
        urnietfparamsscimschemasextensionenterprise20Userdepartment: 'Sales',
        urnietfparamsscimschemasextensionenterprise20Usermanager: 'none',
      })
      assert.equal(record.provisioningSteps[1]?.details['Active in the source system'], 'True')
    },
  },
  {
    name: 'only the work entries of lists are processed',
    source: '[D] only work entries of addresses, emails and phoneNumbers',
    setup: 'standard',
    async run({ provision }) {
      const emails = [
        { type: 'store', value: 'store@example.com' },
        { type: 'work', value: 'work@example.com' },
      ]
      const record = await provision(
        employee(newKey(), { emails, phoneNumbers: [{ type: 'mobile', value: '1' }] }),
      )
      const text = JSON.stringify(record)
      assert.ok(
        text.includes('work@example.com') &&
          !text.includes('store@example.com') &&
          !text.includes('phoneNumbers'),
      )
    },
  },
  {
    name: 'a change is an update in its own steps, and names old and new values',
    source: '[R] provisioning log of an API-driven job',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      const created = await provision(employee(key, { title: 'Guide' }))
      const updated = await provision(employee(key, { title: 'Lead' }))
      assert.equal(updated.provisioningAction, 'update')
      assert.deepEqual(stepNames(updated), [
        'EntryImportAdd',
        'EntryImport',
        'EntrySynchronizationScoping',
        'EntryExportUpdate',
      ])
      assert.equal(updated.provisioningSteps[1]?.details['jobTitle'], 'Guide')
      assert.deepEqual(changesOf(updated), { jobTitle: ['Guide', 'Lead'] })
      assert.equal(updated.targetIdentity.id, created.targetIdentity.id)
      assert.notEqual(updated.changeId, created.changeId)
    },
  },
  {
    name: 'active false disables, and active true enables again',
    source: '[D] terminate and rehire by active',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      await provision(employee(key))
      const disabled = await provision(employee(key, { active: false }))
      assert.equal(disabled.provisioningAction, 'disable')
      assert.deepEqual(changesOf(disabled)['accountEnabled'], ['True', 'False'])
      const enabled = await provision(employee(key))
      assert.equal(enabled.provisioningAction, 'update')
      assert.deepEqual(changesOf(enabled)['accountEnabled'], ['False', 'True'])
    },
  },
  {
    name: 'an operation without active disables the account',
    source: '[R] AzureAD/entra-id-inbound-provisioning issue 16',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      await provision(employee(key))
      assert.equal((await provision(employee(key, { active: undefined }))).provisioningAction, 'disable')
    },
  },
  {
    name: 'a record that changes nothing is skipped as RedundantExport',
    source: '[R] provisioning log of another kind of job',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      await provision(employee(key))
      const record = await provision(employee(key))
      assert.equal(record.provisioningAction, 'other')
      assert.equal(record.provisioningStatusInfo.status, 'skipped')
      assert.equal(record.provisioningSteps.at(-1)?.status, 'skipped')
      assert.equal(record.provisioningSteps.at(-1)?.details['SkipReason'], 'RedundantExport')
      assert.deepEqual(record.modifiedProperties, [])
    },
  },
  {
    name: 'null, the empty text and leaving an attribute out clear it when nulls flow, and not on a create',
    source: '[D] August 2026: flow null values',
    setup: 'standard',
    async run({ provision }) {
      const key = newKey()
      const created = await provision(
        employee(key, {
          title: 'Guide',
          nickName: null,
          [ENTERPRISE]: { department: 'Sales', division: 'Parks' },
        }),
      )
      assert.ok(!created.modifiedProperties.some(({ newValue }) => newValue === null))
      const cleared = changesOf(
        await provision(employee(key, { [ENTERPRISE]: { department: null, division: '' } })),
      )
      assert.deepEqual(cleared['jobTitle'], ['Guide', null])
      assert.deepEqual(cleared['department'], ['Sales', null])
      assert.equal(Object.keys(cleared).length, 3)
    },
  },
  {
    name: 'without the null flow, null and the empty text leave an attribute as it is',
    source: '[D] two gates of the null flow, of the attribute and of its mapping',
    setup: 'flow-nulls-off',
    async run({ provision }) {
      const key = newKey()
      await provision(employee(key, { title: 'Guide', [ENTERPRISE]: { department: 'Sales' } }))
      const record = await provision(employee(key, { [ENTERPRISE]: { department: null } }))
      assert.equal(record.provisioningSteps.at(-1)?.details['SkipReason'], 'RedundantExport')
    },
  },
  {
    name: 'an unknown manager is skipped in a success, and assigned later by an export-only record of the same change',
    source: '[R] two records of one change, 2023-01-03',
    setup: 'standard',
    async run({ provision, records }) {
      const [report, manager] = [newKey(), newKey()]
      const created = await provision(withManager(report, manager))
      assert.equal(created.provisioningStatusInfo.status, 'success')
      const skip = created.provisioningSteps.find(({ name }) => name === 'EntrySynchronizationSkip')
      assert.deepEqual(skip?.details, {
        [manager]: 'manager Add',
        PropertyName: 'manager',
        SkipReason: 'UnableToResolveReferenceAttributeValue',
      })
      assert.equal(skip.status, 'success')
      const managed = await provision(employee(manager))
      const [, followUp] = await records(report, 2)
      assert.deepEqual(stepNames(followUp), ['EntryExportUpdate'])
      assert.equal(followUp?.changeId, created.changeId)
      assert.equal(followUp.provisioningAction, 'update')
      assert.deepEqual(changesOf(followUp), { manager: [null, managed.targetIdentity.id] })
    },
  },
  {
    name: 'two employees of one request who manage each other are both resolved within the cycle',
    source: '[R] forward references and mutual managers',
    setup: 'standard',
    async run({ upload, records }) {
      const [one, two] = [newKey(), newKey()]
      await upload(withManager(one, two), withManager(two, one))
      const [created, followUp] = await records(one, 2)
      const [other] = await records(two, 1)
      assert.equal(created?.cycleId, followUp?.cycleId)
      assert.deepEqual(changesOf(followUp)['manager'], [null, other?.targetIdentity.id])
      assert.deepEqual(changesOf(other)['manager'], [null, created?.targetIdentity.id])
    },
  },
  {
    name: 'the same employee twice in one cycle gives two changes',
    source: '[R] the same user sent twice in one cycle',
    setup: 'standard',
    async run({ upload, records, control }) {
      const key = newKey()
      await control('pause')
      await upload(employee(key, { title: 'A' }))
      await upload(employee(key, { title: 'B' }))
      await control('start')
      const [first, second] = await records(key, 2)
      assert.equal(first?.cycleId, second?.cycleId)
      assert.notEqual(first?.changeId, second?.changeId)
    },
  },
  {
    name: 'a new employee without a mandatory attribute fails with the code for it and no target',
    source: '[D] error codes of provisioning',
    setup: 'standard',
    async run({ provision }) {
      const record = await provision(employee(newKey(), { userName: undefined }))
      assert.equal(record.provisioningStatusInfo.status, 'failure')
      assert.equal(record.provisioningStatusInfo.errorInformation?.['errorCode'], 'MandatoryFieldsMissing')
      assert.equal(record.provisioningSteps.at(-1)?.status, 'failure')
      assert.equal(record.targetIdentity.id, '')
    },
  },
]
