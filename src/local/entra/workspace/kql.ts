/** A query as far as the double understands it. */
export interface Query {
  readonly jobId: string | null
  readonly since: number
  readonly until: number
  readonly employee: string | null
  readonly after: { readonly at: number; readonly id: string } | null
  readonly top: number
}

const STRING = String.raw`("(?:[^"\\]|\\.)*")`
const MOMENT = String.raw`datetime\(([^)]*)\)`
const pattern = (text: string): RegExp => new RegExp(`^${text}$`)

const JOB = pattern(`where JobId =~ ${STRING}`)
const SINCE = pattern(`where TimeGenerated > ${MOMENT}`)
const UNTIL = pattern(`where TimeGenerated < ${MOMENT}`)
const SOURCE = pattern(String.raw`extend Source = parse_json\(SourceIdentity\)`)
const EMPLOYEE = pattern(
  String.raw`where tostring\(Source\.id\) == ${STRING} or tostring\(Source\.Id\) == ${STRING}`,
)
const AFTER = pattern(
  String.raw`where TimeGenerated > ${MOMENT} or \(TimeGenerated == ${MOMENT} and strcmp\(Id, ${STRING}\) > 0\)`,
)
const ORDER = pattern('sort by TimeGenerated asc, Id asc')
const TAKE = pattern(String.raw`take (\d+)`)

/**
 * Reads a query over AADProvisioningLogs. It is not an interpreter of KQL: operators in another
 * form than these give `null`, as a query with a mistake does.
 */
export function readQuery(text: string): Query | null {
  const [table, ...operators] = text.split(/\s*\n?\| /)
  if (table?.trim() !== 'AADProvisioningLogs') return null
  let query: Query = {
    jobId: null,
    since: -Infinity,
    until: Infinity,
    employee: null,
    after: null,
    top: 30_000,
  }
  for (const operator of operators) {
    const next = apply(query, operator.trim())
    if (next === null) return null
    query = next
  }
  return query
}

function apply(query: Query, operator: string): Query | null {
  if (SOURCE.test(operator) || ORDER.test(operator)) return query
  const job = JOB.exec(operator)
  if (job) return { ...query, jobId: textIn(job[1]) }
  const since = SINCE.exec(operator)
  if (since) return { ...query, since: Date.parse(since[1] ?? '') }
  const until = UNTIL.exec(operator)
  if (until) return { ...query, until: Date.parse(until[1] ?? '') }
  const employee = EMPLOYEE.exec(operator)
  if (employee) return { ...query, employee: textIn(employee[1]) }
  const after = AFTER.exec(operator)
  if (after) return { ...query, after: { at: Date.parse(after[1] ?? ''), id: textIn(after[3]) } }
  const take = TAKE.exec(operator)
  return take ? { ...query, top: Number(take[1]) } : null
}

const textIn = (literal: string | undefined): string => String(JSON.parse(literal ?? '""'))
