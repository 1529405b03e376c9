import { z } from 'zod'

/** How one HR system is read. Durations are milliseconds. */
export const HrSystemSettings = z.strictObject({
  url: z.string().min(1).meta({
    description:
      'Address of one employee. {employee}, {id}, {type} and {source} are replaced, percent-encoded',
  }),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Headers. Write a secret as ${NAME}' }),
  allowHttp: z
    .boolean()
    .default(false)
    .meta({ description: 'Allow plain HTTP to loopback, for a local double' }),
  worker: z
    .string()
    .min(1)
    .default('$')
    .meta({ description: 'JSONata over the answer that yields the worker attributes' }),
  at: z.string().min(1).optional().meta({
    description:
      'JSONata over the answer that yields the time it was true. An answer older than its notice is read again',
  }),
  timeoutMs: z.int().min(1).default(10_000).meta({ description: 'Longest time for one HTTP attempt' }),
  tries: z.int().min(1).max(10).default(3).meta({ description: 'HTTP attempts in one read' }),
  retryMs: z
    .int()
    .min(0)
    .default(500)
    .meta({ description: 'Wait before the second attempt of a read. It doubles each time' }),
  maxBytes: z.int().min(1).default(1_000_000).meta({ description: 'Largest answer' }),
})
export type HrSystemSettings = Readonly<z.output<typeof HrSystemSettings>>

/** How notices are worked off, whatever system they are of. Durations are milliseconds. */
export const NoticeSettings = z.strictObject({
  waitMs: z.int().min(0).default(5_000).meta({
    description: 'A notice is read after this wait, because an earlier read returns the old record',
  }),
  concurrency: z.int().min(1).max(64).default(4).meta({ description: 'Reads in progress at once' }),
  attempts: z
    .int()
    .min(1)
    .default(8)
    .meta({ description: 'Reads of one notice before it fails as HydrateFailed' }),
  retryMs: z
    .int()
    .min(0)
    .default(5_000)
    .meta({ description: 'Wait after a failed read. It doubles each time' }),
  retryCapMs: z.int().min(0).default(900_000).meta({ description: 'Longest such wait' }),
  pollMs: z.int().min(1).default(1_000).meta({ description: 'Time between two checks for notices' }),
})
export type NoticeSettings = Readonly<z.output<typeof NoticeSettings>>
