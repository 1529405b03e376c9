import type { Attributes } from '@opentelemetry/api'
import type { SpanOptions } from '../../core/runtime.ts'
import { type SpanName, SPANS } from '../../core/telemetry/spans.ts'

/**
 * The semantic conventions that spans follow beside Rollcall's own names. `both` keeps the own
 * attributes too.
 */
export interface Conventions {
  readonly messaging: 'none' | 'only' | 'both'
  readonly http: boolean
}

/** Reads `OTEL_SEMCONV_STABILITY_OPT_IN`: a list of names, each maybe followed by `/dup`. */
export function conventionsOf(optIn: string | undefined): Conventions {
  const names = new Set(optIn?.split(',').map((name) => name.trim()))
  const messaging = names.has('messaging') ? 'only' : 'none'
  return {
    messaging: names.has('messaging/dup') ? 'both' : messaging,
    http: names.has('http') || names.has('http/dup'),
  }
}

/** The span of a batch, and what of it holds for each of its events. */
export interface DescribedSpan {
  readonly name: string
  readonly attributes: Attributes
  readonly ofEvents: Attributes
}

/**
 * Of a span that handles messages, as
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ names it.
 */
export function describeSpan(
  name: SpanName,
  { messages, attributes = {} }: SpanOptions,
  { messaging }: Conventions,
): DescribedSpan {
  const own = { ...attributes, ...(messages ? { 'rollcall.messages': messages.count } : {}) }
  if (!messages || messaging === 'none') return { name, attributes: own, ofEvents: {} }
  const { count, queue } = messages
  const operation = SPANS[name].kind === 'producer' ? 'send' : 'process'
  const ofEvents: Attributes = {
    'messaging.system': 'servicebus',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    ...(queue === null ? {} : { 'messaging.destination.name': queue }),
  }
  return {
    name: queue === null ? operation : `${operation} ${queue}`,
    attributes: {
      ...(messaging === 'both' ? own : attributes),
      ...ofEvents,
      'messaging.batch.message_count': count,
    },
    ofEvents,
  }
}
