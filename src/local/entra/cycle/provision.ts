import { randomUUID } from 'node:crypto'
import { type Directory, newObjectId, type DirectoryUser } from '../directory/directory.ts'
import type { ExportAction, Fact, Origin, Result, SkipReason } from '../log/fact.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { activeAfter, mergeSource } from '../mapping/merge.ts'
import { type Row, type Rows, textOf, toMap, valueOf } from '../directory/row.ts'
import { flatten, MANAGER } from '../directory/scim.ts'
import { createScope } from '../mapping/scope.ts'
import type { Settings } from '../settings.ts'
import { type Check, createValidation, type Failure } from './validation.ts'

/** One operation that waits for a cycle. */
export interface Staged {
  readonly externalId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly origin: Origin
}

/** What the log needs of a processed operation. The log adds time, cycle and ids. */
export type Finding = Pick<
  Fact,
  'changeId' | 'externalId' | 'objectId' | 'active' | 'imported' | 'before' | 'after' | 'result' | 'origin'
>

/** A failure that a fault asks for. */
export type Sabotage = (externalId: string, source: Row) => Failure | null

/** Applies operations to the directory, one at a time. */
export interface Provisioner {
  apply(staged: Staged): Finding
  /**
   * Sets the managers that exist by now, each with the change that first named it. Null for a
   * manager who still does not exist.
   */
  resolve(): Generator<Finding | null>
  /** Whether the operation would disable an enabled user. */
  disables(staged: Staged): boolean
  /** Forgets which managers are missing. */
  forget(): void
  /** Employees whose manager is missing. */
  readonly unresolved: number
}

export interface ProvisionerParts {
  readonly settings: Settings
  readonly directory: Directory
  readonly mapping: Mapping
  readonly rows: Rows
  readonly sabotage: Sabotage
}

/** What processing an operation needs. */
interface Context extends ProvisionerParts {
  /** The employees whose manager does not exist yet, by externalId. */
  readonly waiting: Map<string, Waiting>
  readonly isInScope: (source: Row) => boolean
  readonly validate: Check
}

interface Waiting {
  readonly manager: string
  readonly changeId: string
  readonly origin: Origin
}

export function createProvisioner(parts: ProvisionerParts): Provisioner {
  const { settings, directory, rows } = parts
  const context: Context = {
    ...parts,
    waiting: new Map(),
    isInScope: createScope(settings.scope),
    validate: createValidation(settings, directory),
  }
  return {
    apply: (staged) => applyOperation(context, staged),
    resolve: () => resolveManagers(context),
    disables({ externalId, data }) {
      const user = directory.byExternalId(externalId)
      return user?.active === true && !activeAfter(settings, user, flatten({ active: data['active'] }, rows))
    },
    forget: () => context.waiting.clear(),
    get unresolved() {
      return context.waiting.size
    },
  }
}

function applyOperation(context: Context, staged: Staged): Finding {
  const { settings, rows, isInScope } = context
  const { externalId, data, origin } = staged
  const sent = flatten(data, rows)
  const imported = rows.row(sent)
  const { user, mismatch } = matchUser(context, externalId, imported)
  const merged = mergeSource(settings, context.mapping, user, sent).set(
    'active',
    activeAfter(settings, user, sent),
  )
  const isOut = mismatch === undefined && !isInScope(rows.row(merged))
  const active = isOut && settings.outOfScope === 'disable' ? false : merged.get('active') === true
  const source = rows.row(merged.set('active', active))
  const common = {
    changeId: randomUUID(),
    externalId,
    active,
    imported,
    origin,
    objectId: user?.objectId ?? '',
    before: user?.target,
  }
  const skip = (skipReason: SkipReason): Finding => ({
    ...common,
    after: user?.target,
    result: { kind: 'skipped', skipReason },
  })
  if (isOut && (settings.outOfScope === 'skip' || user?.active !== true))
    return skip('NotEffectivelyEntitled')
  const action = actionFor(user, active)
  if (!isAllowed(settings, action)) return skip('EntrySynchronizationSkipped')

  const { target, unresolved } = mapUser(context, { user, source, active })
  const failed =
    mismatch ?? context.sabotage(externalId, source) ?? context.validate({ user, source, target })
  if (failed !== null) return { ...common, after: target, result: { kind: 'failed', action, ...failed } }
  return { ...common, ...store(context, { user, source, target, active, action, unresolved, common }) }
}

interface Accepted {
  readonly user: DirectoryUser | undefined
  readonly source: Row
  readonly target: Row
  readonly active: boolean
  readonly action: ExportAction
  readonly unresolved: string | undefined
  readonly common: Pick<Finding, 'changeId' | 'externalId' | 'origin'>
}

/** Puts an accepted change into the directory. */
function store(
  { directory, waiting }: Context,
  { user, source, target, active, action, unresolved, common }: Accepted,
): Pick<Finding, 'objectId' | 'after' | 'result'> {
  const { externalId, changeId, origin } = common
  const objectId = user?.objectId ?? newObjectId()
  directory.put({ objectId, externalId, active, source, target, operations: (user?.operations ?? 0) + 1 })
  if (unresolved === undefined) waiting.delete(externalId)
  else waiting.set(externalId, { manager: unresolved, changeId, origin })
  const asked = unresolved === undefined ? {} : { unresolved }
  const isChanged = user === undefined || !sameValues(user.target, target)
  const result: Result = isChanged
    ? { kind: 'exported', action, ...asked }
    : { kind: 'skipped', skipReason: 'RedundantExport', ...asked }
  return { objectId, after: target, result }
}

/**
 * The user that a record is about: linked by an earlier operation, or found by the matching
 * attributes. `mismatch`: several users match, or the one that does is linked to another record.
 */
function matchUser(
  { directory, mapping }: Context,
  externalId: string,
  source: Row,
): { readonly user?: DirectoryUser; readonly mismatch?: Failure } {
  const linked = directory.byExternalId(externalId)
  if (linked !== undefined) return { user: linked }
  const isTaken = (): boolean => false
  const values = mapping.apply({ source, before: undefined, manager: undefined, isTaken })
  for (const name of mapping.matching) {
    const value = values.get(name)
    const found = value === undefined ? [] : directory.byAttribute(name, String(value))
    if (found.length > 1) return { mismatch: { code: 'DuplicateTargetEntries', reason: null } }
    const [only] = found
    if (only !== undefined)
      return only.externalId === undefined
        ? { user: only }
        : { mismatch: { code: 'DuplicateSourceEntries', reason: null } }
  }
  return {}
}

/** The directory's attributes of a user, and the manager's externalId if it is not there yet. */
function mapUser(
  { settings, directory, mapping, rows }: Context,
  { user, source, active }: Pick<Accepted, 'user' | 'source' | 'active'>,
): { readonly target: Row; readonly unresolved: string | undefined } {
  const managerId = mapping.reference === undefined ? undefined : textOf(source, MANAGER)
  const manager = managerId === undefined ? undefined : directory.byExternalId(managerId)
  const isTaken = (name: string, value: string): boolean =>
    directory.byAttribute(name, value).some(({ objectId }) => objectId !== user?.objectId)
  const values = mapping.apply({ source, before: user, manager: manager?.objectId, isTaken })
  values.set('IsSoftDeleted', false)
  // A mapping without the account's state still has one: the directory knows who is enabled.
  if (settings.kind === 'entra' && !values.has('accountEnabled')) values.set('accountEnabled', active)
  return { target: rows.row(values), unresolved: manager === undefined ? managerId : undefined }
}

function* resolveManagers({ directory, mapping, rows, waiting }: Context): Generator<Finding | null> {
  for (const [externalId, { manager, changeId, origin }] of waiting) {
    const user = directory.byExternalId(externalId)
    const found = directory.byExternalId(manager)
    if (user === undefined || found === undefined) {
      yield null
      continue
    }
    waiting.delete(externalId)
    const target = rows.row(toMap(user.target).set(mapping.reference ?? 'manager', found.objectId))
    directory.put({ ...user, target })
    const { objectId, active, target: before } = user
    yield {
      changeId,
      externalId,
      objectId,
      active,
      imported: undefined,
      before,
      after: target,
      result: { kind: 'resolved' },
      origin,
    }
  }
}

const isAllowed = ({ targetActions }: Settings, action: ExportAction): boolean =>
  action === 'create' ? targetActions.create : targetActions.update

function actionFor(user: DirectoryUser | undefined, active: boolean): ExportAction {
  if (user === undefined) return 'create'
  return user.active && !active ? 'disable' : 'update'
}

function sameValues(left: Row, right: Row): boolean {
  if (left.values.length !== right.values.length) return false
  return right.shape.names.every((name, index) => {
    const [a, b] = [valueOf(left, name), right.values[index]]
    return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b))
  })
}
