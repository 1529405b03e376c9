import type { Typed } from '../amqp/rhea-types.ts'
import type { DeadLetter, Outcome, Properties } from '../store/contract.ts'
import type { DispositionState } from './frames.ts'
import { MalformedError } from './reader.ts'
import { assertSane } from './sane.ts'
import { readTyped } from './typed.ts'
import { unreachable } from '../unreachable.ts'

const NO_PROPERTIES: Properties = new Map()

/**
 * What a receiver's disposition asks for, in the terms of the Service Bus AMQP guide
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide):
 * accepted completes, modified abandons or defers, rejected dead-letters, released gives the
 * message back without counting (AMQP 1.0, 3.4.4). Undefined when it settles nothing.
 */
export function outcomeOf(state: DispositionState): Outcome | undefined {
  switch (state.kind) {
    case 'accepted':
      return { kind: 'complete' }
    case 'released':
      return { kind: 'abandon', properties: NO_PROPERTIES, counts: false }
    case 'modified': {
      const [, undeliverableHere, annotations] = listOf(state.encoded)
      const properties = mapOf(annotations)
      return undeliverableHere?.value === true
        ? { kind: 'defer', properties }
        : { kind: 'abandon', properties, counts: true }
    }
    case 'rejected':
      return { kind: 'deadLetter', ...deadLetterOf(listOf(state.encoded)[0]) }
    case 'none':
    case 'received':
      return undefined
    default:
      return unreachable(state)
  }
}

function deadLetterOf(error: Typed | undefined): DeadLetter {
  const [condition, description, info] = error === undefined || error.value === null ? [] : elementsOf(error)
  const properties = new Map(mapOf(info))
  const reason = textOf(properties.get('DeadLetterReason')) ?? foreignReason(condition)
  const detail = textOf(properties.get('DeadLetterErrorDescription')) ?? textOf(description)
  properties.delete('DeadLetterReason')
  properties.delete('DeadLetterErrorDescription')
  return { reason, description: detail, properties }
}

/** Other AMQP clients reject with a condition of their own, which becomes the reason. */
function foreignReason(condition: Typed | undefined): string | undefined {
  const text = textOf(condition)
  return text === 'com.microsoft:dead-letter' ? undefined : text
}

function listOf(encoded: Buffer): readonly (Typed | undefined)[] {
  assertSane(encoded)
  return elementsOf(readTyped(encoded))
}

function elementsOf(value: Typed): readonly (Typed | undefined)[] {
  if (!Array.isArray(value.value)) throw new MalformedError('expected a list')
  return value.value as readonly Typed[]
}

function mapOf(value: Typed | undefined): Properties {
  if (value === undefined || value.value === null) return NO_PROPERTIES
  const elements = elementsOf(value)
  const properties = new Map<string, Typed>()
  for (let index = 0; index + 1 < elements.length; index += 2) {
    const entry = elements[index + 1]
    if (entry !== undefined) properties.set(String(elements[index]?.value), entry)
  }
  return properties
}

function textOf(value: Typed | undefined): string | undefined {
  return typeof value?.value === 'string' ? value.value : undefined
}
