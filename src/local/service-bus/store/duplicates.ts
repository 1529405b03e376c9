/** The message ids an entity has seen within its window. Ids leave in the order they came, so forgetting costs nothing per message. */
export class DuplicateWindow {
  private readonly seenUntil = new Map<string, number>()
  private readonly windowMs: number

  constructor(windowMs: number) {
    this.windowMs = windowMs
  }

  /** True when `messageId` was seen within the window; otherwise it counts as seen from `now` on. */
  seen(messageId: string, now: number): boolean {
    this.forget(now)
    if (this.seenUntil.has(messageId)) return true
    this.seenUntil.set(messageId, now + this.windowMs)
    return false
  }

  private forget(now: number): void {
    for (const [messageId, until] of this.seenUntil) {
      if (until > now) return
      this.seenUntil.delete(messageId)
    }
  }
}
