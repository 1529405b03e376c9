import { createHash } from 'node:crypto'
import type { EventName } from '../../../core/model.ts'

/** What is left of an event that is gone: enough to know it when it comes again, too little to say whose it was. */
export const nameHash = ({ source, id }: EventName): string =>
  createHash('sha256').update(`${source}\n${id}`).digest('hex')
