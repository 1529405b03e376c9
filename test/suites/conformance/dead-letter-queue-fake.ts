import { fakeShelf, shelved } from '../../fakes/shelf.ts'
import type { OpenShelf } from './dead-letter-queue.ts'

/** The fake is held to the same rules as the bus, so that what is tested with it holds. */
export const openFake: OpenShelf = async () => {
  const shelf = fakeShelf()
  return {
    shelf,
    sessions: false,
    deadLetters: true,
    ordered: true,
    put: async (messages) => {
      for (const { text, contentType, properties, reason, description } of messages)
        shelf.messages.push(
          shelved(shelf.messages.length + 1, {
            text,
            contentType: contentType ?? null,
            properties: properties ?? {},
            reason,
            description,
          }),
        )
    },
    lockFirst: async (count) => {
      const held = shelf.messages.slice(0, count).map(({ sequence }) => sequence)
      for (const sequence of held) shelf.locked.add(sequence)
      return async () => {
        shelf.messages.splice(0, count)
        shelf.locked.clear()
      }
    },
    arrived: async () =>
      shelf.copies.map(({ original, messageId, text, properties }) => ({
        messageId,
        text: text ?? '',
        contentType: original.contentType,
        sessionId: original.sessionId,
        properties: { ...original.properties, ...properties },
      })),
    lapse: async () => shelf.locked.clear(),
    rest: async () => shelf.messages.map(({ text }) => text ?? ''),
  }
}
