import { isObject } from '../json.ts'
import type { Json, ScimUser } from '../model.ts'
import { scimValues } from '../plan/mapping/origins.ts'
import { CORE_USER, ENTERPRISE_USER, parseScimPath, type ScimDraft, setScim } from '../plan/mapping/scim.ts'
import type { PlaceChange } from './accounts.ts'

const ENTRA = 'urn:ietf:params:scim:schemas:extension:Microsoft:Entra:2.0:'
const MAIL_NICKNAME = `${ENTRA}User:mailNickname`
const EMPLOYEE_NUMBER = `${ENTERPRISE_USER}:employeeNumber`
const MANAGER = `${ENTERPRISE_USER}:manager`
const WORK_MAIL = 'emails[type eq "work"].value'

/**
 * The places that the SCIM API of Entra ID takes, besides those of Microsoft's own extensions. A
 * request that names another one is refused as a whole, so what a mapping has beyond these is left
 * out.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/entra-id-scim-api-schema-documentation
 */
const PLACES: ReadonlySet<string> = new Set([
  'active',
  'displayName',
  'name.familyName',
  'name.givenName',
  'preferredLanguage',
  'title',
  'userName',
  'userType',
  ...['country', 'locality', 'postalCode', 'region', 'streetAddress'].map(
    (part) => `addresses[type eq "work"].${part}`,
  ),
  WORK_MAIL,
  'emails[type eq "other"].value',
  'ims[type eq "work"].value',
  ...['fax', 'mobile', 'work'].map((type) => `phoneNumbers[type eq "${type}"].value`),
  ...['costCenter', 'department', 'division', 'employeeNumber', 'organization'].map(
    (name) => `${ENTERPRISE_USER}:${name}`,
  ),
])

/** A record, and what the ledger knows about the accounts that it is about. */
export interface RecordToWrite {
  readonly employeeId: string
  readonly record: ScimUser
  /** The object id of the manager's account; `null` when the record names none, or it is unknown. */
  readonly managerObjectId: string | null
}

export function isActive({ record }: RecordToWrite): boolean {
  return record['active'] === true
}

export function userNameOf({ record }: RecordToWrite): string | null {
  const { userName = null } = record
  return typeof userName === 'string' && userName !== '' ? userName : null
}

/** `employeeId` in the directory: what the mapping makes of it, or else the id that HR gave. */
export function employeeNumberOf({ employeeId, record }: RecordToWrite): Json {
  const enterprise = record[ENTERPRISE_USER]
  const number = isObject(enterprise) ? (enterprise['employeeNumber'] ?? null) : null
  return isCleared(number) ? employeeId : number
}

/** Whether the record names a manager whose account is not known. */
export function lacksManager(write: RecordToWrite): boolean {
  return write.managerObjectId === null && !isCleared(managerIn(write) ?? null)
}

/** The account as it is created. Places without a value are left out. */
export function newUser(write: RecordToWrite): ScimUser {
  const draft: ScimDraft = {}
  const schemas = new Set([CORE_USER, ENTERPRISE_USER])
  const set = (place: string, value: Json): void => {
    const path = parseScimPath(place)
    if (!path) return
    if (path.urn !== null) schemas.add(path.urn)
    setScim(draft, path, value)
  }
  const values = new Map(placesOf(write))
  if (isCleared(values.get(MAIL_NICKNAME) ?? null)) values.set(MAIL_NICKNAME, nicknameOf(write))
  for (const [place, value] of values) if (!isCleared(value)) set(place, value)
  if (!isCleared(values.get(WORK_MAIL) ?? null)) set('emails[type eq "work"].primary', true)
  return { schemas: [...schemas], ...draft }
}

/** What an update of the account says: every place of the record. */
export function changesOf(write: RecordToWrite): readonly PlaceChange[] {
  return [...placesOf(write)].flatMap(([place, value]): PlaceChange[] => {
    const cleared = isCleared(value)
    // A user without it cannot be: the API refuses to remove it.
    if (place === MAIL_NICKNAME && cleared) return []
    if (place === `${MANAGER}.value`) return [{ path: MANAGER, value: cleared ? null : { value } }]
    const path = place === WORK_MAIL ? 'emails[type eq "work" and primary eq true].value' : place
    return [{ path, value: cleared ? null : value }]
  })
}

/** What the API takes of the record, place by place, with the keys that find the account again. */
function placesOf(write: RecordToWrite): ReadonlyMap<string, Json> {
  const { employeeId, record, managerObjectId } = write
  const values = [...scimValues(record)].filter(([place]) => PLACES.has(place) || place.startsWith(ENTRA))
  return new Map([
    ['externalId', employeeId],
    ...values,
    [EMPLOYEE_NUMBER, employeeNumberOf(write)],
    ...managerPlace(managerIn(write), managerObjectId),
  ])
}

/** An unknown manager stays as it is in the directory, until the account is known. */
function managerPlace(manager: Json | undefined, objectId: string | null): readonly [string, Json][] {
  if (manager === undefined) return []
  if (isCleared(manager)) return [[`${MANAGER}.value`, null]]
  return objectId === null ? [] : [[`${MANAGER}.value`, objectId]]
}

/** The employee id of the manager; `undefined` when the mapping does not set it. */
function managerIn({ record }: RecordToWrite): Json | undefined {
  const enterprise = record[ENTERPRISE_USER]
  const manager = isObject(enterprise) ? enterprise['manager'] : undefined
  return isObject(manager) ? manager['value'] : manager
}

function isCleared(value: Json): boolean {
  return value === null || value === ''
}

/** The API requires one. Only letters, digits and a few signs are allowed in every directory. */
function nicknameOf(write: RecordToWrite): string {
  const [name = ''] = (userNameOf(write) ?? write.employeeId).split('@')
  const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, '').replace(/^\.+/, '')
  return (plain === '' ? write.employeeId.replaceAll(/[^A-Za-z0-9-]/g, '-') : plain).slice(0, 64)
}
