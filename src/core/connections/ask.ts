import type { Runtime } from '../runtime.ts'
import {
  type ConnectionAnswer,
  type ConnectionRefusal,
  isFoundBy,
  isRefusal,
  type Link,
  linkOf,
  type ObjectConnections,
} from './connection.ts'
import { refusalInWords } from './words.ts'

export interface Inquiry {
  readonly connections: ObjectConnections
  /** An employee whose account the log has named, so that the job has a connection. */
  readonly control: () => Promise<string | null>
  /** Waited before each request. */
  readonly pause: () => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Asks the service about these employees, one after the other. A refusal ends the round, because the
 * next request would be refused too; employees who were not asked about are missing in the answer. A
 * 404 counts only if a connection was found by an employee id in this round. If none was, the
 * service is asked about an employee who must have one.
 */
export async function askAbout(
  employeeIds: readonly string[],
  { connections, control, pause, signal }: Inquiry,
): Promise<ReadonlyMap<string, Link>> {
  const ask = async (employeeId: string): Promise<ConnectionAnswer> => {
    await pause()
    return connections.find(employeeId, signal)
  }
  const answers = new Map<string, ConnectionAnswer>()
  for (const employeeId of new Set(employeeIds)) {
    const answer = await ask(employeeId)
    answers.set(employeeId, answer)
    if (isRefusal(answer)) break
  }
  const isAnswered = [...answers].some(([employeeId, answer]) => isFoundBy(answer, employeeId))
  const all = [...answers.values()]
  const mayAsk = all.some(({ kind }) => kind === 'none') && !all.some(isRefusal)
  const other = mayAsk && !isAnswered ? await control() : null
  const proven = isAnswered || (other !== null && isFoundBy(await ask(other), other))
  return new Map([...answers].map(([employeeId, answer]) => [employeeId, linkOf(answer, employeeId, proven)]))
}

/** Logs once that the service refuses to say, and once that it says it again. */
export function sayingRefusals(connections: ObjectConnections, log: Runtime['log']): ObjectConnections {
  let before: ConnectionRefusal['kind'] | null = null
  return {
    find: async (id, signal) => {
      const answer = await connections.find(id, signal)
      const refusal = isRefusal(answer) ? answer : null
      const kind = refusal?.kind ?? null
      if (kind !== before && refusal)
        log.warn('connections.refused', { answer: kind, what: refusalInWords(refusal) })
      if (kind !== before && !refusal) log.info('connections.answered')
      before = kind
      return answer
    },
  }
}
