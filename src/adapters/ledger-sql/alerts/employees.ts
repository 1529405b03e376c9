import { isErasedId } from '../../../core/leavers/erased-id.ts'
import type { AlertName } from '../../../core/ledger/port/alerts.ts'
import { notAccepted } from '../inspect/counts.ts'
import type { Sql } from '../driver/sql.ts'

/** Employee ids that an alert is about, each once; an erased employee is left out. */
export async function alertEmployees(
  sql: Sql,
  { code, cause }: AlertName,
  limit: number,
): Promise<readonly string[]> {
  const idsOf = async (text: string, ...parameters: readonly string[]): Promise<readonly string[]> => {
    const rows = await sql.all<{ employee: string }>(`${text} LIMIT ?`, [...parameters, limit])
    return [...new Set(rows.map(({ employee }) => employee))].filter((id) => !isErasedId(id))
  }
  switch (code) {
    case 'leaver.open':
      return idsOf(
        'SELECT employee FROM leaver_cases WHERE ended_at IS NULL AND cause = ? ORDER BY seq',
        cause,
      )
    case 'emergency.waits':
      return idsOf(
        'SELECT employee FROM leaver_cases WHERE ended_at IS NULL AND emergency_wait = ? ORDER BY opened_at',
        cause,
      )
    case 'brake.tripped':
      return idsOf('SELECT id AS employee FROM employees WHERE braked_at IS NOT NULL ORDER BY braked_at')
    case 'deadletter.new':
      return idsOf(
        `SELECT employee FROM events WHERE state = 'dead-lettered' AND archived_at IS NULL AND reason = ? ORDER BY seq`,
        cause,
      )
    case 'finding.new':
      return idsOf(
        `SELECT employee FROM findings WHERE code = ? AND settled_at IS NULL AND acknowledged_at IS NULL
         AND employee IS NOT NULL ORDER BY raised_at`,
        cause,
      )
    case 'record.refused':
      return (await notAccepted(sql)).employees.slice(0, limit).map(({ employeeId }) => employeeId)
    case 'job.failing':
      return idsOf(`SELECT employee FROM operations WHERE state = 'escrowed' ORDER BY accepted_at`)
    case 'bus.unreachable':
    case 'channel.down':
    case 'instance.lost':
    case 'job.stopped':
    case 'log.behind':
    case 'loop.missing':
    case 'quota.low':
    case 'stage.stuck':
    case 'submission.held':
      return []
  }
}
