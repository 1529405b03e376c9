import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { RollcallError } from '../../../../core/errors.ts'
import type { Driver, Sql } from '../sql.ts'

const FILES = ['', '-wal', '-shm', '-lock'] as const
const LOOK_EVERY_MS = 1_000

/**
 * Detects that this process is no longer the only writer of the ledger at its path: a file was
 * deleted, moved or replaced, or another process became the writer, which is possible after the
 * lock file was removed. From then on nothing is written. The transaction in progress is reported
 * as failed, so that its work is repeated.
 */
export class SoleWriter {
  private readonly path: string
  private readonly id = randomUUID()
  private files: readonly (string | null)[] | null = null
  private reported: RollcallError | null = null
  private onLost: ((error: RollcallError) => void) | null = null
  private timer: NodeJS.Timeout | null = null

  constructor(path: string) {
    this.path = path
  }

  /**
   * Takes the ledger over from whichever process wrote before, and looks after its files from now
   * on.
   */
  async begin(driver: Driver): Promise<void> {
    await driver.transaction((sql) =>
      sql.run(
        `INSERT INTO leases (name, owner, until) VALUES ('writer', ?, 0)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner`,
        [this.id],
      ),
    )
    this.files = this.look()
    this.timer = setInterval(() => {
      try {
        this.expectFiles()
      } catch {
        // Reported already.
      }
    }, LOOK_EVERY_MS)
  }

  /** Reports the loss once, even if no transaction runs that would notice it. */
  watch(onLost: (error: RollcallError) => void): void {
    this.onLost = onLost
  }

  /** Throws `LedgerLost` when the files at the path are not the same as at the beginning. */
  expectFiles(): void {
    if (this.reported) throw this.reported
    if (!this.files) return
    const now = this.look()
    const index = this.files.findIndex((file, at) => file !== now[at])
    if (index === -1) return
    const what = now[index] === null ? 'was deleted or moved' : 'was replaced by another file'
    throw this.lost(`${this.path}${FILES[index] ?? ''} ${what} while this process ran on it`)
  }

  /**
   * Throws `LedgerLost` when another process became the writer. Called within a transaction that
   * writes.
   */
  async expectOwner(sql: Sql): Promise<void> {
    if (!this.files) return
    const [row] = await sql.all<{ owner: string }>(`SELECT owner FROM leases WHERE name = 'writer'`)
    if (row?.owner !== this.id)
      throw this.lost(`another process writes to the ledger ${this.path}, past its lock`)
  }

  end(): void {
    if (this.timer) clearInterval(this.timer)
  }

  private lost(what: string): RollcallError {
    this.end()
    this.reported = new RollcallError(
      'LedgerLost',
      `${what}, so it stops and writes nothing more: see that the right ledger is there and that one process runs on it, and start again`,
    )
    this.onLost?.(this.reported)
    return this.reported
  }

  private look(): readonly (string | null)[] {
    return FILES.map((suffix) => {
      const found = statSync(`${this.path}${suffix}`, { bigint: true, throwIfNoEntry: false })
      return found ? `${found.dev}:${found.ino}` : null
    })
  }
}
