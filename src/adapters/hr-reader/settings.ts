import { z } from 'zod'

/** How one HR system is read. Durations are milliseconds. */
export const HrSystemSettings = z.strictObject({
  url: z.string().min(1).meta({
    description: 'Address of one person; {employee}, {id}, {type} and {source} are put in, percent-encoded',
  }),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Headers, a secret among them as ${NAME}' }),
  allowHttp: z
    .boolean()
    .default(false)
    .meta({ description: 'Allow plain http to loopback, for a local double' }),
  worker: z
    .string()
    .min(1)
    .default('$')
    .meta({ description: 'JSONata that makes the worker attributes of the answer' }),
  at: z.string().min(1).optional().meta({
    description: 'JSONata for the instant the answer was true; an answer older than its notice is read again',
  }),
  timeoutMs: z.int().min(1).default(10_000).meta({ description: 'One HTTP attempt' }),
  tries: z.int().min(1).max(10).default(3).meta({ description: 'HTTP attempts in one read' }),
  retryMs: z
    .int()
    .min(0)
    .default(500)
    .meta({ description: 'Before the second attempt of a read; it doubles' }),
  maxBytes: z.int().min(1).default(1_000_000).meta({ description: 'A longer answer is not read' }),
})
export type HrSystemSettings = Readonly<z.output<typeof HrSystemSettings>>

/** How notices are worked off, whatever system they are of. Durations are milliseconds. */
export const NoticeSettings = z.strictObject({
  waitMs: z
    .int()
    .min(0)
    .default(5_000)
    .meta({ description: 'A notice is not read sooner: what is read too early is what was there before' }),
  concurrency: z.int().min(1).max(64).default(4).meta({ description: 'Reads on their way at once' }),
  attempts: z
    .int()
    .min(1)
    .default(8)
    .meta({ description: 'Reads of one notice before it dies as HydrateFailed' }),
  retryMs: z
    .int()
    .min(0)
    .default(5_000)
    .meta({ description: 'After a read that came to nothing; it doubles' }),
  retryCapMs: z.int().min(0).default(900_000).meta({ description: 'The longest such wait' }),
  pollMs: z.int().min(1).default(1_000).meta({ description: 'Between two looks for notices' }),
})
export type NoticeSettings = Readonly<z.output<typeof NoticeSettings>>
