import { z } from 'zod'
import { ORIGINAL } from '../intake/shape/message-view.ts'
import { COPY_DETAIL, COPY_OF, COPY_REASON, COPY_REVISION } from '../report/dead-letters/copies.ts'

/** With DEAD_LETTER_COPIES=reference, and of an event whose original is not kept. */
const Reference = z
  .object({ source: z.string(), id: z.string() })
  .meta({ description: 'The name of the event, which rollcall trace takes' })

const Encrypted = z
  .object({ alg: z.literal('A256GCM'), kid: z.string(), nonce: z.string(), data: z.string() })
  .meta({ description: 'The original message, encrypted with DEAD_LETTER_COPY_KEY' })

/** A copy that has the body of the original, as its sender wrote it, has the content type of that. */
export const CopyContract = z.union([Reference, Encrypted]).meta({
  title: 'Copy of a dead letter',
  description:
    'Body of the copy of an event that was dead-lettered in the ledger. A whole copy has the body of the original instead',
})

export const CopyProperties = z.object({
  [COPY_OF]: z
    .string()
    .regex(/^dl-\d+$/)
    .meta({ description: 'Name of the dead letter' }),
  [COPY_REVISION]: z.int().min(1),
  [COPY_REASON]: z.string().meta({ description: 'A code; docs/reference/reasons.md lists them' }),
  [COPY_DETAIL]: z.string().optional(),
  [ORIGINAL]: z
    .string()
    .optional()
    .meta({ description: 'Of a whole copy: names of the original message, as JSON' }),
})
