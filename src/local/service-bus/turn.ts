/** Something that has work left for the end of the turn. */
export interface EndOfTurn {
  endTurn(): void
}

/**
 * Gathers work to the end of the present turn of the event loop: first messages are handed to
 * receivers, then settlements are answered, then every connection writes what it has to say at
 * once. What one turn makes durable is durable before anything of it is acknowledged.
 */
export class Turn {
  private readonly deliveries = new Set<EndOfTurn>()
  private readonly answers = new Set<EndOfTurn>()
  private readonly outputs = new Set<EndOfTurn>()
  private scheduled: NodeJS.Immediate | undefined
  /** Makes the turn's changes durable; called before anything is written. */
  commit: () => void = () => {}

  /** Messages may have become deliverable. */
  deliver(work: EndOfTurn): void {
    this.deliveries.add(work)
    this.schedule()
  }

  /** There are answers to put into frames. */
  answer(work: EndOfTurn): void {
    this.answers.add(work)
    this.schedule()
  }

  /** There are frames to write. */
  write(work: EndOfTurn): void {
    this.outputs.add(work)
    this.schedule()
  }

  /** Does everything now. */
  run(): void {
    if (this.scheduled !== undefined) clearImmediate(this.scheduled)
    this.scheduled = undefined
    drain(this.deliveries)
    drain(this.answers)
    this.commit()
    drain(this.outputs)
  }

  private schedule(): void {
    this.scheduled ??= setImmediate(() => this.run())
  }
}

/** Runs everything in the set, including what is added while it runs. */
export function drain(work: Set<EndOfTurn>): void {
  for (const item of work) {
    work.delete(item)
    item.endTurn()
  }
}
