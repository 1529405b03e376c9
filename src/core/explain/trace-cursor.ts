import type { TraceCursor } from '../ledger/port/views/trace.ts'

/** A cursor as an argument: `e12-o7` for what is older, `m20` for further matches. */
export function cursorText(cursor: TraceCursor): string {
  return cursor.kind === 'older' ? `e${cursor.event}-o${cursor.operation}` : `m${cursor.skip}`
}

/** `null` for a text that is none. */
export function cursorOf(text: string): TraceCursor | null {
  const [, event, operation, skip] = /^(?:e(\d{1,15})-o(\d{1,15})|m(\d{1,9}))$/.exec(text) ?? []
  if (skip !== undefined) return { kind: 'further', skip: Number(skip) }
  return event === undefined ? null : { kind: 'older', event: Number(event), operation: Number(operation) }
}
