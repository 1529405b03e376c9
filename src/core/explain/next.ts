import { shellWord } from './shell-word.ts'
import type { AccessAnswer, Obstacle } from './access.ts'

/** The command to type next; `null` when there is nothing to do. */
export function nextCommand({
  employeeId,
  between,
}: Pick<AccessAnswer, 'employeeId' | 'between'>): string | null {
  const [first] = between
  return first ? commandFor(first, shellWord(employeeId)) : null
}

function commandFor(obstacle: Obstacle, employee: string): string | null {
  switch (obstacle.kind) {
    case 'restored':
      return 'rollcall findings list --code LedgerOlderThanDirectory'
    case 'block':
      return `rollcall blocks list --employee ${employee}`
    case 'foreign-change':
      return obstacle.finding === null
        ? `rollcall findings list --employee ${employee}`
        : `rollcall findings show ${obstacle.finding}`
    case 'brake':
    case 'brake-refused':
      return 'rollcall brake status'
    case 'pilot':
      return `rollcall plan --employee ${employee}`
    case 'refused-message':
      return 'rollcall dead-letters list --store bus'
    case 'incomplete':
      return `rollcall plan --employee ${employee}`
    case 'unread':
      return `rollcall trace ${shellWord(obstacle.event.id)}`
    case 'stopped':
      return 'rollcall instances'
    case 'hold':
      return obstacle.name === 'access' ? 'rollcall check' : 'rollcall status'
    case 'quota':
    case 'planning':
    case 'waiting':
      return 'rollcall status'
    case 'dead-letter':
      return `rollcall dead-letters list --employee ${employee}`
    case 'leaver-case':
    case 'sending':
    case 'unanswered':
    case 'no-outcome':
    case 'out-of-scope':
    case 'not-in-directory':
    case 'failed':
    case 'escrowed':
    case 'unexplained':
      return `rollcall trace ${employee}`
    case 'future':
      return null
  }
}
