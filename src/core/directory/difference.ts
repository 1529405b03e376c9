/** The findings that a comparison with the directory raises. */
export const DIFFERENCE_CODES = [
  'LeaverStillEnabled',
  'ActiveOnlyInDirectory',
  'LeftAccountEnabled',
  'DisabledElsewhere',
  'AccountMissing',
  'AccountTwice',
  'EmployeeIdChanged',
  'UserNameReused',
  'AccountDiffers',
  'AccountNotInHr',
] as const
export type DifferenceCode = (typeof DIFFERENCE_CODES)[number]

/** Differences of access, which are always recorded, however many there are. */
export const OF_ACCESS: ReadonlySet<DifferenceCode> = new Set([
  'LeaverStillEnabled',
  'ActiveOnlyInDirectory',
  'LeftAccountEnabled',
  'DisabledElsewhere',
])

/**
 * Differences that sending the employee's record again repairs. What another administrator decided,
 * and what would need two accounts to change places, is for a person.
 */
export const REPAIRABLE: ReadonlySet<DifferenceCode> = new Set([
  'LeaverStillEnabled',
  'ActiveOnlyInDirectory',
  'AccountMissing',
  'AccountDiffers',
])

/**
 * What a complete comparison settles when it does not find it again. A hold ends only with an
 * account that is seen enabled, an event of HR or a person.
 */
export const SETTLED_BY_ABSENCE = DIFFERENCE_CODES.filter((code) => code !== 'DisabledElsewhere')
