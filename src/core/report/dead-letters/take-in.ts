import type { TakenIn } from '../../intake/message.ts'
import type { SourceMessage } from '../../ports.ts'

/** Reads a message the way intake would. */
export type TakeIn = (message: SourceMessage) => Promise<TakenIn>
