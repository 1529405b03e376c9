import { unreachable } from '../unreachable.ts'
import { withEveryField } from '../wire/complete.ts'
import { FRAME_CODES, readDisposition, readFlow, readTransfer } from '../wire/frames.ts'
import { ByteReader, MalformedError } from '../wire/reader.ts'
import { assertSane } from '../wire/sane.ts'
import { readFrame, readProtocolHeader, type RheaConnection, type RheaSession } from './rhea-types.ts'
import type { WireSession } from './session.ts'

/** Whose session a frame belongs to. */
type SessionOf = (rhea: RheaSession) => WireSession

/**
 * Frames that carry messages and settlements are read here; rhea reads the rest. Reading throws
 * `MalformedError`.
 */
export function takeOverFrames(rhea: RheaConnection, limit: number, sessionOf: SessionOf): void {
  const transport = rhea.amqp_transport
  const sizeAt = (buffer: Buffer, offset: number) => {
    const size = buffer.readUInt32BE(offset)
    if (size < 8 || size > limit)
      throw new MalformedError(`a frame of ${size} bytes is outside 8 to ${limit}`)
    return size
  }
  const encode = transport.encode.bind(transport)
  transport.encode = (frame) => {
    const { performative } = frame
    if (performative === undefined || !('described' in performative)) encode(frame)
    else encode({ ...frame, performative: withEveryField(performative.described()) })
  }
  transport.peek_size = (buffer) =>
    transport.header_received !== undefined && buffer.length >= 4 ? sizeAt(buffer, 0) : undefined
  transport.read = (buffer) => {
    let offset = 0
    if (transport.header_received === undefined) {
      if (buffer.length < 8) return 0
      const header = readProtocolHeader(buffer)
      if (header.protocol_id !== 0) throw new MalformedError(`unexpected protocol id ${header.protocol_id}`)
      transport.header_received = header
      offset = 8
    }
    while (offset + 4 <= buffer.length) {
      const size = sizeAt(buffer, offset)
      if (offset + size > buffer.length) break
      dispatch(rhea, buffer.subarray(offset, offset + size), sessionOf)
      offset += size
    }
    return offset
  }
}

function dispatch(rhea: RheaConnection, frame: Buffer, sessionOf: SessionOf): void {
  const body = (frame[4] ?? 0) * 4
  const code =
    frame[body] === 0x00 && frame[body + 1] === 0x53 && frame[5] === 0 ? frame[body + 2] : undefined
  if (code !== FRAME_CODES.transfer && code !== FRAME_CODES.disposition && code !== FRAME_CODES.flow) {
    // Only transfers carry more than their performative; a frame without any is a heartbeat.
    if (frame.length > body) assertSane(frame, body)
    const decoded = readFrame(frame)
    decoded?.performative?.dispatch(rhea, decoded)
    return
  }
  const channel = frame.readUInt16BE(6)
  const rheaSession = rhea.remote_channel_map[channel]
  if (rheaSession === undefined) throw new MalformedError(`there is no session on channel ${channel}`)
  const session = sessionOf(rheaSession)
  const reader = new ByteReader(frame, body + 3)
  switch (code) {
    case FRAME_CODES.transfer:
      session.onTransfer(readTransfer(reader))
      return
    case FRAME_CODES.disposition:
      session.onDisposition(readDisposition(reader))
      return
    case FRAME_CODES.flow:
      session.onFlow(readFlow(reader))
      return
    default:
      return unreachable(code)
  }
}
