/** What a visitor of the console can be allowed to do. Each includes nothing of the others. */
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

export const ALL_PERMISSIONS: ReadonlySet<Permission> = new Set(Object.keys(PERMISSIONS).filter(isPermission))

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(PERMISSIONS, text)
}
