import { randomUUID } from 'node:crypto'
import { type Directory, newObjectId, type Person } from './directory.ts'
import type { ExportAction, Fact, Origin, Result } from './fact.ts'
import type { Mapping } from './mapping.ts'
import { type Row, type Rows, textOf, toMap, type Value, valueOf } from './row.ts'
import { flatten, MANAGER } from './scim.ts'
import type { Settings } from './settings.ts'

/** One operation that waits for a cycle. */
export interface Staged {
  readonly externalId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly origin: Origin
}

/** What a processed operation leaves for the log; time, cycle and ids are the log's business. */
export type Finding = Pick<Fact, 'changeId' | 'externalId' | 'objectId' | 'active' | 'imported' | 'before' | 'after' | 'result' | 'origin'>

interface Waiting {
  readonly manager: string
  readonly changeId: string
  readonly origin: Origin
}

/** Applies operations to the directory, one at a time. */
export interface Provisioner {
  apply(staged: Staged): Finding
  /** The managers that can be resolved by now, each with the change that first asked for it. */
  resolve(): Generator<Finding>
  /** People whose manager is not in the directory. */
  readonly waiting: number
}

export function createProvisioner(settings: Settings, directory: Directory, mapping: Mapping, rows: Rows): Provisioner {
  const waiting = new Map<string, Waiting>()

  function merge(person: Person | undefined, sent: ReadonlyMap<string, Value>): Map<string, Value> {
    if (person === undefined) return new Map(sent)
    const merged = new Map<string, Value>()
    for (const [path, value] of toMap(person.source)) {
      const keeps = !settings.flowNulls || Array.isArray(value) || settings.mandatory.includes(path) || path === 'active'
      if (keeps && !sent.has(path)) merged.set(path, value)
    }
    for (const [path, value] of sent) merged.set(path, value)
    return merged
  }

  function activeOf(sent: ReadonlyMap<string, Value>, person: Person | undefined): boolean {
    const value = sent.get('active')
    if (value !== undefined) return typeof value === 'string' ? value.toLowerCase() === 'true' : value === true
    return settings.omittedActive === 'disable' ? false : (person?.active ?? true)
  }

  function failure(source: Row, target: Row, person: Person | undefined): { readonly code: string; readonly reason: string } | undefined {
    const missing = settings.mandatory.filter((path) => valueOf(source, path) === undefined)
    if (person === undefined && missing.length > 0) {
      return { code: 'MandatoryFieldsMissing', reason: `The required attributes are missing: ${missing.join(', ')}.` }
    }
    const name = textOf(target, 'userPrincipalName')
    const holder = settings.uniqueUserName && name !== undefined ? directory.byUserPrincipalName(name) : undefined
    if (holder !== undefined && holder.externalId !== textOf(source, 'externalId')) {
      return { code: 'EntryConflict', reason: 'Another object with the same value for property userPrincipalName already exists.' }
    }
    return undefined
  }

  function apply({ externalId, data, origin }: Staged): Finding {
    const sent = flatten(data, rows)
    const person = directory.byExternalId(externalId)
    const active = activeOf(sent, person)
    const imported = rows.row(sent)
    const source = rows.row(merge(person, sent).set('active', active))
    const changeId = randomUUID()
    const managerId = textOf(source, MANAGER)
    const manager = managerId === undefined ? undefined : directory.byExternalId(managerId)
    const unresolved = managerId !== undefined && manager === undefined ? managerId : undefined

    const values = mapping.apply(source)
    const reference = unresolved === undefined ? manager?.objectId : textOf(person?.target, 'manager')
    if (reference !== undefined) values.set('manager', reference)
    values.set('IsSoftDeleted', false).set('accountEnabled', active)
    const target = rows.row(values)

    const action = actionFor(person, active)
    const common = { changeId, externalId, active, imported, origin }
    const failed = failure(source, target, person)
    if (failed !== undefined || (person === undefined && !active && !settings.createDisabled)) {
      const result: Result = { kind: 'failed', action, ...(failed ?? notCreatedDisabled) }
      return { ...common, objectId: person?.objectId ?? '', before: person?.target, after: target, result }
    }

    const objectId = person?.objectId ?? newObjectId()
    directory.put({ objectId, externalId, active, source, target, operations: (person?.operations ?? 0) + 1 })
    if (unresolved === undefined) waiting.delete(externalId)
    else waiting.set(externalId, { manager: unresolved, changeId, origin })
    const changed = person === undefined || !sameValues(person.target, target)
    const asked = unresolved === undefined ? {} : { unresolved }
    const result: Result = changed ? { kind: 'exported', action, ...asked } : { kind: 'unchanged', ...asked }
    return { ...common, objectId, before: person?.target, after: target, result }
  }

  function* resolve(): Generator<Finding> {
    for (const [externalId, { manager, changeId, origin }] of waiting) {
      const person = directory.byExternalId(externalId)
      const found = directory.byExternalId(manager)
      if (person === undefined || found === undefined) continue
      waiting.delete(externalId)
      const target = rows.row(toMap(person.target).set('manager', found.objectId))
      directory.put({ ...person, target })
      const { objectId, active, target: before } = person
      yield { changeId, externalId, objectId, active, imported: undefined, before, after: target, result: { kind: 'resolved' }, origin }
    }
  }

  return {
    apply,
    resolve,
    get waiting() {
      return waiting.size
    },
  }
}

const notCreatedDisabled = {
  code: 'NotPermitted',
  reason: 'The account is not active in the source system and accounts are not created disabled.',
}

function actionFor(person: Person | undefined, active: boolean): ExportAction {
  if (person === undefined) return 'create'
  return person.active && !active ? 'disable' : 'update'
}

function sameValues(left: Row, right: Row): boolean {
  if (left.values.length !== right.values.length) return false
  return right.shape.names.every((name, index) => {
    const [a, b] = [valueOf(left, name), right.values[index]]
    return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b))
  })
}
