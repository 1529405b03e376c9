/**
 * Why a leaver takes the emergency lane: what keeps the provisioning job from taking the
 * deactivation. In the order in which they are given when several apply.
 */
export const EMERGENCY_REASONS = {
  quarantine: 'the provisioning job is in quarantine',
  paused: 'the provisioning job is paused, disabled or not configured',
  full: 'the service has no room for more staged data',
  quota: 'the calls of the day are used up, or the service throttles, for longer than patience',
  late: 'the deactivation has waited for its turn for longer than lateAfter',
} as const satisfies Readonly<Record<string, string>>
export type EmergencyReason = keyof typeof EMERGENCY_REASONS
export const EMERGENCY_REASON_NAMES = [
  'quarantine',
  'paused',
  'full',
  'quota',
  'late',
] as const satisfies readonly EmergencyReason[]

interface WaitText {
  readonly meaning: string
  readonly fix: string
}

/** Why the lane does not disable the account of a leaver who should go by it. */
export const EMERGENCY_WAITS = {
  'no-object-id': {
    meaning: 'the ledger knows no object id of the account, so the lane cannot find it',
    fix: 'disable the account by hand and acknowledge, or wait for the provisioning job',
  },
  'account-gone': {
    meaning: 'the directory has no account with the object id that the ledger keeps',
    fix: 'look for the account in the directory, deleted ones included; acknowledge if it is deleted',
  },
  budget: {
    meaning: 'the budget of the lane is spent',
    fix: 'raise usdPerDay or usdPerMonth under leavers.emergency, or wait until a day or 31 days have passed',
  },
  access: {
    meaning: 'the directory refuses the call',
    fix: 'grant User.ReadWrite.All to the identity with consent; accounts with an administrator role also need a directory role that may disable them',
  },
  'not-enabled': {
    meaning: 'the SCIM Provisioning API is not enabled in the tenant',
    fix: 'turn it on in the Entra admin center (ID Governance, Dashboard) and link an Azure subscription',
  },
  unavailable: {
    meaning: 'the SCIM API throttles, fails or does not answer; the call is repeated',
    fix: 'nothing, unless it lasts: rollcall check',
  },
} as const satisfies Readonly<Record<string, WaitText>>
export type EmergencyWait = keyof typeof EMERGENCY_WAITS
