import type { FaultRule } from './fault-settings.ts'
import { type Row, textOf } from './directory/row.ts'

export type Endpoint = 'bulkUpload' | 'log' | 'job' | 'connection' | 'workspace' | 'users' | 'scim' | 'token'
type RequestFault = Extract<FaultRule, { readonly after: number }>
type OperationFault = Extract<FaultRule, { readonly externalId?: string | undefined }>
export type WireFault = Exclude<RequestFault, { readonly kind: 'lose-request' }>

/** The faults in force, and how often each will still act. */
export interface Faults {
  add(rules: readonly FaultRule[]): void
  clear(): void
  list(): readonly (FaultRule & { readonly left: number | null })[]
  /** What happens to a request; counts it as done. */
  onRequest(endpoint: Endpoint): WireFault | undefined
  /** Whether an accepted request is thrown away; counts it as done. */
  losesRequest(): boolean
  /** Whether a rule of this kind speaks of the operation; counts it as done. */
  onOperation<K extends OperationFault['kind']>(
    kind: K,
    externalId: string,
    source: Row,
  ): Extract<OperationFault, { readonly kind: K }> | undefined
  readonly hasOperationRules: boolean
}

interface Entry {
  readonly rule: FaultRule
  left: number
  toSkip: number
}

const isRequestFault = (rule: FaultRule): rule is RequestFault => 'after' in rule
const isWireFault = (rule: FaultRule): rule is WireFault =>
  isRequestFault(rule) && rule.kind !== 'lose-request'
const isOperationFault = (rule: FaultRule): rule is OperationFault =>
  !isRequestFault(rule) && rule.kind !== 'quarantine'

export function createFaults(
  onQuarantine: (rule: Extract<FaultRule, { readonly kind: 'quarantine' }>) => void,
): Faults {
  let entries: Entry[] = []
  const use = (entry: Entry): void => {
    entry.left -= 1
    if (entry.left <= 0) entries = entries.filter((other) => other !== entry)
  }
  const takes = (entry: Entry): boolean => {
    if (entry.toSkip === 0) return true
    entry.toSkip -= 1
    return false
  }
  return {
    add(rules) {
      for (const rule of rules) {
        if (rule.kind === 'quarantine') onQuarantine(rule)
        else entries.push({ rule, left: rule.times ?? Infinity, toSkip: 'after' in rule ? rule.after : 0 })
      }
    },
    clear() {
      entries = []
    },
    list: () => entries.map(({ rule, left }) => ({ ...rule, left: Number.isFinite(left) ? left : null })),
    onRequest(endpoint) {
      for (const entry of entries) {
        const { rule } = entry
        if (!isWireFault(rule) || (rule.on !== 'any' && rule.on !== endpoint) || !takes(entry)) continue
        use(entry)
        return rule
      }
      return undefined
    },
    losesRequest() {
      const entry = entries.find(({ rule }) => rule.kind === 'lose-request')
      if (entry === undefined || !takes(entry)) return false
      use(entry)
      return true
    },
    onOperation<K extends OperationFault['kind']>(kind: K, externalId: string, source: Row) {
      const isOfKind = (rule: FaultRule): rule is Extract<OperationFault, { readonly kind: K }> =>
        rule.kind === kind
      for (const entry of entries) {
        const { rule } = entry
        if (isOfKind(rule) && fits(rule, externalId, source)) {
          use(entry)
          return rule
        }
      }
      return undefined
    },
    get hasOperationRules() {
      return entries.some(({ rule }) => isOperationFault(rule))
    },
  }
}

function fits(rule: OperationFault, externalId: string, source: Row): boolean {
  if (rule.externalId !== undefined && rule.externalId !== externalId) return false
  if (rule.attribute === undefined) return true
  const value = textOf(source, rule.attribute)
  return value !== undefined && (rule.value === undefined || rule.value === value)
}
