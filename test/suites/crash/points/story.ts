import { type History, type HistoryOptions, makeHistory, type Oracle } from '../../../fakes/history.ts'

/** Employees about whom the HR system knows more than its notices say. */
export const NOTICED = new Map([['30001', { mail: 'ann.noticed@contoso.com', job: 'Head' }]])

/** What a run is given, and what has to come of it. */
export interface Story {
  readonly lines: readonly string[]
  readonly events: number
  readonly oracle: Oracle
  readonly refused: number
  readonly dead: number
}

/** A history and nothing else. */
export const storyOf = ({ lines, events, oracle }: History): Story => ({
  lines,
  events,
  oracle,
  refused: 0,
  dead: 0,
})

/**
 * A history and one of each kind of trouble: a text that is not an event, a record that Entra
 * refuses, and a notice unless `notices` is false.
 */
export function makeStory({ notices = true, ...options }: HistoryOptions & { notices?: boolean }): Story {
  const { lines, events, oracle } = makeHistory(options)
  const event = (id: string, source: string, subject: string, type: string, data: object): string =>
    JSON.stringify({ specversion: '1.0', id, source, subject, type, time: '2026-01-05T09:00:00Z', data })
  const noticed = notices ? [...NOTICED] : []
  return {
    lines: [
      ...lines,
      'this is not an event',
      event('f-1', '/hr/made-up', '20001', 'worker.hired', { worker: { userName: 'a b@contoso.com' } }),
      ...noticed.map(([id]) => event(`n-${id}`, '/hr/notices', id, 'worker.updated', { mode: 'notice' })),
    ],
    events: events + 1 + noticed.length,
    oracle: new Map([
      ...oracle,
      ...noticed.map(([id, { mail, job }]) => {
        const expected = { active: true, userName: mail, title: job, department: null, managerId: null }
        return [id, expected] as const
      }),
    ]),
    refused: 1,
    dead: 1,
  }
}

/** `HR`: where the HR system and the webhook listen. */
export const CONFIG = `
notices: { waitMs: 0, pollMs: 50, attempts: 5, retryMs: 50 }
sources:
  - name: /hr/notices
    match: /hr/notices
    read:
      url: \${HR}/workers/{employee}
      allowHttp: true
      worker: '{ "userName": mail, "title": job, "active": true }'
      retryMs: 1
  - name: /hr/made-up
notifications:
  channels:
    duty:
      webhook: { url: "\${HR}/alerts", allowHttp: true }
  rules:
    - to: duty
`
