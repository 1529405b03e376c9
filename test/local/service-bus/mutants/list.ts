/** A way to break the double: in `file` of its sources, `find` becomes `replace`. */
export interface Mutant {
  readonly breaks: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const mutants: readonly Mutant[] = [
  {
    breaks: 'an abandoned message does not count its delivery',
    file: 'store/queue.ts',
    find: 'if (counts) this.countDelivery(message)',
    replace: '',
  },
  {
    breaks: 'a message is dead-lettered one delivery late',
    file: 'store/queue.ts',
    find: 'message.deliveryCount >= this.spec.maxDeliveryCount',
    replace: 'message.deliveryCount > this.spec.maxDeliveryCount',
  },
  {
    breaks: 'a lock that is not held any more still settles',
    file: 'store/holdings.ts',
    find: 'message.lock === reference.lock && message.lockedUntil > now',
    replace: 'message.lock !== 0',
  },
  {
    breaks: 'a returned message goes behind the others',
    file: 'store/ready.ts',
    find: 'front === undefined || back.sequence < front.sequence ? back : front',
    replace: 'front === undefined ? back : front',
  },
  {
    breaks: 'closing a session counts as a failed delivery',
    file: 'store/queue.ts',
    find: 'this.endSession(session, false, now)',
    replace: 'this.endSession(session, true, now)',
  },
  {
    breaks: 'a session can be held twice',
    file: 'store/sessions.ts',
    find: 'if (session.lock !== 0 && session.lockedUntil > now) return undefined',
    replace: '',
  },
  {
    breaks: 'renewing a session does not renew what is held under it',
    file: 'store/sessions.ts',
    find: 'message.lockedUntil = session.lockedUntil',
    replace: 'void message',
  },
  {
    breaks: 'unlike outcomes share a disposition',
    file: 'wire/disposition-run.ts',
    find: 'if (this.state === state && id === this.last + 1) {',
    replace: 'if (this.state !== undefined && id === this.last + 1) {',
  },
  {
    breaks: 'a receiver gets more than it asked for',
    file: 'amqp/egress.ts',
    find: 'return this.link.credit > 0 && this.session.hasRoom',
    replace: 'return this.session.hasRoom',
  },
  {
    breaks: 'a drain is not answered when no credit is left',
    file: 'amqp/session.ts',
    find: 'link._get_drain = () => true',
    replace: 'link._get_drain = () => false',
  },
  {
    breaks: 'a batch loses its last message',
    file: 'wire/message.ts',
    find: "if (envelopes.length === 0) throw new MalformedError('received a batch message with no data in it')",
    replace: 'envelopes.length = Math.max(1, envelopes.length - 1)',
  },
  {
    breaks: 'lock tokens are in the wrong byte order',
    file: 'amqp/egress.ts',
    find: '      reorderGuid(token),',
    replace: '      token,',
  },
  {
    breaks: 'a duplicate is stored',
    file: 'store/duplicates.ts',
    find: 'if (this.seenUntil.has(messageId)) return undefined',
    replace: '',
  },
  {
    breaks: 'duplicates are remembered for ever',
    file: 'store/duplicates.ts',
    find: 'if (until > now) return',
    replace: 'if (until > 0) return',
  },
  {
    breaks: 'a scheduled message keeps its sequence number',
    file: 'store/queue.ts',
    find: '      sequence: undefined,\n      enqueuedAt: now,',
    replace: '      sequence: message.sequence,\n      enqueuedAt: now,',
  },
  {
    breaks: 'expired messages are dropped instead of dead-lettered',
    file: 'store/queue.ts',
    find: 'if (!this.spec.deadLetterOnExpiration) {',
    replace: 'if (this.spec.deadLetterOnExpiration) {',
  },
  {
    breaks: 'an unknown condition lets a message through',
    file: 'rules/evaluate.ts',
    find: 'return truth(expression, lookup) === true',
    replace: 'return truth(expression, lookup) !== false',
  },
  {
    breaks: 'a rule action changes the message for everybody',
    file: 'entities/topic.ts',
    find: 'else copies.push(rule.act(view))',
    replace: 'else copies.push(view.envelope)',
  },
  {
    breaks: 'abandoning forgets the properties given',
    file: 'store/queue.ts',
    find: 'if (properties.size === 0) return',
    replace: 'if (properties.size >= 0) return',
  },
  {
    breaks: 'a dead letter names its own queue as source',
    file: 'entities/forwarding.ts',
    find: 'deadLetterSource: message.deadLetterSource,',
    replace: "deadLetterSource: 'cf-queue',",
  },
  {
    breaks: 'a sequence number does not say its partition',
    file: 'store/sequence-number.ts',
    find: 'Math.floor(sequence / SPAN) * WIRE_STEP * 0x1_0000 +',
    replace: '0 +',
  },
  {
    breaks: 'a partition key does not choose the partition',
    file: 'store/sequence-number.ts',
    find: 'const key = sessionId ?? partitionKey ??',
    replace: 'const key = sessionId ??',
  },
  {
    breaks: 'a flow goes out before what it belongs to',
    file: 'amqp/session.ts',
    find: 'this.owedFlows.add(link)',
    replace: 'this.rhea._write_flow(link)',
  },
  {
    breaks: 'a boolean in its long form is not one',
    file: 'wire/typed.ts',
    find: 'if (type.typecode === longBoolean) {',
    replace: 'if (type.typecode === 0) {',
  },
  {
    breaks: 'nulls at the end of a performative are left out',
    file: 'wire/complete.ts',
    find: 'if (descriptor === undefined || count === undefined) return typed',
    replace: 'if (descriptor !== undefined) return typed',
  },
  {
    breaks: 'the filter of a session is answered bare',
    file: 'amqp/session-link.ts',
    find: 'isTyped(given) && given.descriptor !== undefined',
    replace: 'isTyped(undefined)',
  },
  {
    breaks: 'the answer to a request overtakes its acceptance',
    file: 'amqp/control.ts',
    find: 'this.pending.push(message)\n    this.session.afterAnswers(this)',
    replace: 'this.pending.push(message)\n    this.endTurn()',
  },
  {
    breaks: 'every settlement is answered as accepted',
    file: 'amqp/egress.ts',
    find: 'return answerTo(outcome)',
    replace: "return { kind: 'accepted' }",
  },
  {
    breaks: 'a dead-letter queue counts deliveries',
    file: 'store/queue.ts',
    find: 'if (!this.spec.isDeadLetterQueue) message.deliveryCount += 1',
    replace: 'message.deliveryCount += 1',
  },
  {
    breaks: 'a link is known by its name alone',
    file: 'amqp/rhea-attach.ts',
    find: 'known.is_receiver() !== peerReceives',
    replace: 'known.is_receiver() !== undefined',
  },
  {
    breaks: 'a token is given for what does not exist',
    file: 'entities/namespace.ts',
    find: "return pathOf(audience) === '' || this.resolve(audience) !== undefined",
    replace: 'return true',
  },
]
