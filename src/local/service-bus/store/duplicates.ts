/**
 * The message ids an entity has seen within its window. Ids leave in the order they came, so
 * forgetting costs nothing per message.
 */
export class DuplicateWindow {
  private readonly seenUntil = new Map<string, number>()
  private windowMs: number

  constructor(windowMs: number) {
    this.windowMs = windowMs
  }

  /**
   * Undefined when `messageId` was seen within the window; otherwise it counts as seen from `now`
   * on, until the moment returned.
   */
  note(messageId: string, now: number): number | undefined {
    this.forget(now)
    if (this.seenUntil.has(messageId)) return undefined
    const until = now + this.windowMs
    this.seenUntil.set(messageId, until)
    return until
  }

  /** Call it in the order of the moments. */
  restore(messageId: string, until: number): void {
    this.seenUntil.set(messageId, until)
  }

  /** Ids seen from now on are kept for this long. */
  changeLength(windowMs: number): void {
    this.windowMs = windowMs
  }

  private forget(now: number): void {
    for (const [messageId, until] of this.seenUntil) {
      if (until > now) return
      this.seenUntil.delete(messageId)
    }
  }
}
