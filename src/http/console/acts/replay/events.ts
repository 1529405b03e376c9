import type { Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { findRun } from '../../../../core/report/replay/run/run.ts'
import type { Guarded } from '../../../access/guard.ts'
import type { ConsoleContext } from '../../context.ts'

/** The most browsers that get events at once. Further ones ask every few seconds instead. */
const MOST_STREAMS = 20
const EVERY_MS = 500
/** After this time the browser connects again. */
const LONGEST_MS = 10 * 60_000

/**
 * Tells an open page that a run has gone on. It says no more than that: the page then asks for
 * itself anew, as it does every few seconds where no event arrives.
 */
export function serveProgress(app: Hono<Guarded>, context: ConsoleContext): void {
  let open = 0
  app.get('/replays/events', async (request) => {
    const id = Number(request.req.query('run'))
    const ledger = context.ledger()
    if (ledger === null || open >= MOST_STREAMS || !Number.isSafeInteger(id)) return noStream(request)
    const first = await findRun(ledger, id)
    if (first === null) return noStream(request)
    open += 1
    return streamSSE(request, async (stream) => {
      try {
        const until = context.now() + LONGEST_MS
        // At once too: the run may have gone on since the page was made.
        for (let told = ''; !stream.aborted && context.now() < until; await stream.sleep(EVERY_MS)) {
          const run = await findRun(ledger, id).catch(() => null)
          if (run === null || stream.aborted) return
          const state = JSON.stringify([run.counts, run.paused])
          if (state !== told) await stream.writeSSE({ event: 'progress', data: '' })
          if (run.endedAt !== null) return
          told = state
        }
      } finally {
        open -= 1
      }
    })
  })
}

/** 204 tells a browser not to connect again; the page then asks every few seconds. */
const noStream = (request: Context): Response => request.body(null, 204)
