import { readArrived } from '../../core/intake/body/arrived.ts'
import type { ArrivedBody } from '../../core/intake/body/arrived.ts'
import type { Declared } from '../../core/intake/body/bytes.ts'
import type { SourceMessage } from '../../core/ports.ts'
import type { ReadBody, SentHead, SentMessages } from './protocol.ts'

/** A message whose body may not have been read yet. */
export type ArrivedMessage = SourceMessage & { readonly body?: ArrivedBody }

/** Copies messages for the thread, without reading their bodies. The messages stay as they are. */
export function sendable(messages: readonly ArrivedMessage[]): SentMessages {
  let length = 0
  for (const { body } of messages) if (body?.kind === 'bytes') length += body.bytes.length
  const bodies = new Uint8Array(length)
  let at = 0
  const heads = messages.map((message): SentHead => {
    const { body } = message
    if (body?.kind !== 'bytes') return headOf(message, readBodyOf(message), null)
    bodies.set(body.bytes, at)
    at += body.bytes.length
    return headOf(message, body.bytes.length, moreThanType(body.declared))
  })
  return { heads, bodies }
}

function headOf(message: SourceMessage, body: SentHead[10], declared: SentHead[11]): SentHead {
  const { entity, sequence, enqueuedAt, messageId, sessionId, contentType, properties } = message
  const { subject = null, correlationId = null, replyTo = null } = message
  return [
    entity,
    sequence,
    enqueuedAt,
    messageId,
    sessionId,
    contentType,
    subject,
    correlationId,
    replyTo,
    properties,
    body,
    declared,
  ]
}

function readBodyOf({ text, unreadable }: SourceMessage): ReadBody {
  if (text !== null) return { text }
  return { unreadable: unreadable ?? { code: 'BodyNotText', description: 'the body is not text; send JSON' } }
}

function moreThanType({ encodings, agreed }: Declared): SentHead[11] {
  if (encodings.length === 0 && agreed === undefined) return null
  return { encodings, ...(agreed === undefined ? {} : { agreed }) }
}

/** The messages again, in the thread, with the text of their bodies. */
export function received({ heads, bodies }: SentMessages): readonly SourceMessage[] {
  let at = 0
  return heads.map((head) => {
    const [entity, sequence, enqueuedAt, messageId, sessionId, contentType] = head
    const [, , , , , , subject, correlationId, replyTo, properties, body, declared] = head
    const names = { entity, sequence, enqueuedAt, messageId, sessionId, contentType }
    const rest = { subject, correlationId, replyTo, properties }
    if (typeof body !== 'number') return { ...names, ...rest, ...textOf(body) }
    const bytes = bodies.subarray(at, (at += body))
    const read = readArrived({ kind: 'bytes', bytes, declared: { encodings: [], ...declared, contentType } })
    return {
      ...names,
      ...rest,
      text: read.kind === 'text' ? read.text : null,
      unreadable: read.kind === 'unreadable' ? read : null,
    }
  })
}

function textOf(body: ReadBody): Pick<SourceMessage, 'text' | 'unreadable'> {
  return 'text' in body ? { text: body.text, unreadable: null } : { text: null, unreadable: body.unreadable }
}
