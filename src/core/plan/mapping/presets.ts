import { DEFAULT_RULES, type PlainRule } from './mapping.ts'

/** Extension schema of what the standard schemas have no place for. */
export const ROLLCALL_USER = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'

/**
 * Rules that a mapping can begin with, by name. `lifecycle` has the dates that trigger the lifecycle workflows
 * of Entra ID Governance; the job maps them to `employeeHireDate` and `employeeLeaveDateTime`
 * (https://learn.microsoft.com/entra/id-governance/how-to-lifecycle-workflow-sync-attributes).
 */
export const PRESETS = {
  lifecycle: [
    { from: 'hireDate', to: `${ROLLCALL_USER}:hireDate` },
    { from: 'terminationDate', to: `${ROLLCALL_USER}:leaveDate` },
  ],
} as const satisfies Readonly<Record<string, readonly PlainRule[]>>
export type Preset = keyof typeof PRESETS
export const PRESET_NAMES = Object.keys(PRESETS) as readonly Preset[]

/** What a mapping in the configuration begins with. */
export function startingRules({
  base = 'default',
  presets = [],
}: {
  readonly base?: 'default' | 'none'
  readonly presets?: readonly Preset[]
} = {}): readonly PlainRule[] {
  return [...(base === 'default' ? DEFAULT_RULES : []), ...presets.flatMap((name) => PRESETS[name])]
}
