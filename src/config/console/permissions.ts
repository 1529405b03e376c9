/** What a visitor of the console can be allowed to do. None includes another one. */
export const PERMISSIONS = {
  read: 'see the pages, with the values of employees hidden',
  values: 'see values of employees, which the audit trail records',
  replay: 'send dead letters and held events again, also changed',
  discard: 'give dead letters up, and archive them',
  brake: 'release or refuse what the brake holds',
  block: 'keep employees disabled, and lift that',
  acknowledge: 'close leaver cases and findings',
  erase: 'erase what the ledger holds about an employee',
} as const
export type Permission = keyof typeof PERMISSIONS

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(PERMISSIONS, text)
}

export const PERMISSION_NAMES: readonly Permission[] = Object.keys(PERMISSIONS).filter(isPermission)
export const ALL_PERMISSIONS: ReadonlySet<Permission> = new Set(PERMISSION_NAMES)

/** Which permissions an app role of the tenant gives. */
export type RolePermissions = Readonly<Record<string, readonly Permission[]>>

export const DEFAULT_ROLES: Readonly<Record<string, Permission[]>> = {
  'Rollcall.Read': ['read'],
  'Rollcall.Values': ['read', 'values'],
  'Rollcall.Operate': ['read', 'replay', 'discard', 'acknowledge'],
  'Rollcall.Approve': ['read', 'brake', 'block'],
  'Rollcall.Erase': ['read', 'erase'],
}

/** What these roles give together. Names that no entry has give nothing. */
export function permissionsOf(names: readonly string[], roles: RolePermissions): ReadonlySet<Permission> {
  return new Set(names.flatMap((name) => (Object.hasOwn(roles, name) ? (roles[name] ?? []) : [])))
}

/** The roles that give a permission. */
export function rolesWith(permission: Permission, roles: RolePermissions): readonly string[] {
  return Object.entries(roles).flatMap(([name, gives]) => (gives.includes(permission) ? [name] : []))
}
