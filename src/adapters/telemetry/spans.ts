import {
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type { Telemetry, TraceParent } from '../../core/runtime.ts'
import { type Conventions, describeSpan } from './conventions.ts'
import { SPANS } from '../../core/telemetry/spans.ts'

/** Many origins a batch, and collectors cut long lists anyway. */
const MOST_LINKS = 128
const KINDS = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

/**
 * Spans on a tracer. The work of a stage on a batch is one span, in a trace of its own, that links
 * to its events. Each event that has a trace gets a span of the same stage there, which links to
 * the batch and takes as long: what the stage did is one call or one transaction for all of them.
 */
export function spansOn(
  tracer: Tracer,
  conventions: Conventions,
  now: () => number,
): Pick<Telemetry, 'span' | 'traces'> {
  return {
    traces: true,
    span: (stageName, options, work) => {
      const { name, attributes, ofEvents } = describeSpan(stageName, options, conventions)
      const kind = KINDS[SPANS[stageName].kind]
      const startTime = now()
      return tracer.startActiveSpan(name, { kind, startTime, attributes }, async (batch) => {
        const events = new Map<TraceParent, EventSpan>()
        const concerns = (all: readonly TraceParent[]): void => {
          for (const origin of all) {
            const parent = events.has(origin) ? null : spanContextOf(origin)
            if (parent === null) continue
            if (events.size < MOST_LINKS) batch.addLink({ context: parent })
            const span = tracer.startSpan(
              name,
              { kind, startTime, attributes: ofEvents, links: [{ context: batch.spanContext() }] },
              trace.setSpanContext(ROOT_CONTEXT, parent),
            )
            events.set(origin, { span, passedOn: traceParentOf(span) ?? origin })
          }
        }
        concerns(options.origins ?? [])
        const stage = {
          concerns,
          passedOn: (origin: TraceParent) => events.get(origin)?.passedOn ?? origin,
        }
        try {
          return await work(stage)
        } catch (error) {
          for (const span of [batch, ...spansOf(events)]) markFailed(span, error)
          throw error
        } finally {
          for (const span of [...spansOf(events), batch]) span.end()
        }
      })
    },
  }
}

interface EventSpan {
  readonly span: Span
  /** The context of the span. */
  readonly passedOn: TraceParent
}
const spansOf = (events: ReadonlyMap<TraceParent, EventSpan>): readonly Span[] =>
  [...events.values()].map(({ span }) => span)

function spanContextOf(traceparent: TraceParent): SpanContext | null {
  return trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent })) ?? null
}

function traceParentOf(span: Span): TraceParent | null {
  const carrier: { traceparent?: string } = {}
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier)
  return carrier.traceparent ?? null
}

/** The code of the error, never its message, which may quote a value. */
function markFailed(span: Span, error: unknown): void {
  const type =
    error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? error.code
      : error instanceof Error
        ? error.name
        : 'unknown'
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
